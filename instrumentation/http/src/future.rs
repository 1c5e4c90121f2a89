//! [`ResponseFuture`]: from the request to the headers of its response.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::ResponseBody;
use crate::exchange::Exchange;
use crate::left::Left;

pin_project! {
    /// The response to come, of a [`TelemetryService`](crate::TelemetryService).
    ///
    /// Dropped before it is ready, it ends the span as `cancelled`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Both until the response is there.
        #[pin]
        inner: Option<F>,
        exchange: Option<Exchange>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(exchange) = this.exchange.take() else {
                return;
            };
            // What the future owns is dropped as the request's work.
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let _entered = exchange.enter();
                this.inner.set(None);
            }));
            match dropped {
                Ok(()) => exchange.cancel(),
                Err(payload) => exchange.end_with_panic(payload),
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, exchange: Exchange) -> Self {
        Self {
            inner: Some(inner),
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
        let mut this = self.project();
        let Some(exchange) = this.exchange.as_ref() else {
            // It was ready, or panicked, and says no more.
            return Poll::Pending;
        };
        // Set from inside: responses are large, and handing them out would move them once more.
        let mut polled = Poll::Pending;
        let mut left = Left::Unknown;
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _entered = exchange.enter();
            if let Some(inner) = this.inner.as_mut().as_pin_mut() {
                polled = inner.poll(cx);
            }
            if let Poll::Ready(ready) = &polled {
                // What the body says of itself is the service's code too, so it is asked in here;
                // and so is what the future still owns.
                if let Ok(response) = ready {
                    left = Left::of(response, exchange.method);
                }
                this.inner.set(None);
            }
        }));
        if caught.is_ok() && polled.is_pending() {
            return Poll::Pending;
        }
        let Some(mut exchange) = this.exchange.take() else {
            return Poll::Pending;
        };
        match (caught, polled) {
            (Err(payload), _) => exchange.end_with_panic(payload),
            (Ok(()), Poll::Ready(Ok(mut response))) => {
                exchange.respond(&mut response, left);
                Poll::Ready(Ok(
                    response.map(|body| ResponseBody::new(body, exchange, left))
                ))
            }
            (Ok(()), Poll::Ready(Err(error))) => {
                exchange.fail(&error);
                Poll::Ready(Err(error))
            }
            (Ok(()), Poll::Pending) => Poll::Pending,
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
