//! [`ResponseFuture`]: from the request to the headers of its response.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use telemetry::InContext;

use crate::ResponseBody;
use crate::exchange::Exchange;
use crate::left::Left;

pin_project! {
    /// The response to come, of a [`TelemetryService`](crate::TelemetryService).
    ///
    /// Dropped before it is ready, it ends the span as `cancelled`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Declared before the exchange: its destructor is still the request's work.
        #[pin]
        inner: InContext<F>,
        // Until the response is there.
        exchange: Option<Exchange>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: InContext<F>, exchange: Exchange) -> Self {
        Self {
            inner,
            exchange: Some(exchange),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(mut exchange) = this.exchange.take() else {
            // It was ready already; what a service says to that is its own matter.
            return this
                .inner
                .poll(cx)
                .map_ok(|response| response.map(ResponseBody::ended));
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            this.inner.poll(cx).map_ok(|response| {
                // What the body says of itself is the service's code too, so it is asked in here.
                let _entered = exchange.enter();
                let left = Left::of(&response, exchange.method);
                (response, left)
            })
        }));
        match polled {
            Ok(Poll::Pending) => {
                *this.exchange = Some(exchange);
                Poll::Pending
            }
            Ok(Poll::Ready(Ok((mut response, left)))) => {
                exchange.respond(&mut response);
                Poll::Ready(Ok(
                    response.map(|body| ResponseBody::new(body, exchange, left))
                ))
            }
            Ok(Poll::Ready(Err(error))) => {
                exchange.fail(&error);
                Poll::Ready(Err(error))
            }
            Err(payload) => exchange.end_with_panic(payload),
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("span", &self.exchange)
            .finish_non_exhaustive()
    }
}
