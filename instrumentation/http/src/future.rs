//! [`ResponseFuture`]: from the request to the headers of its response.

use std::any::Any;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{Method, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use telemetry::Span;

use crate::ResponseBody;
use crate::body::Left;
use crate::labels::Brief;

/// A request that has been observed from its beginning and has no response yet.
pub(crate) struct Exchange {
    pub(crate) span: Span,
    started: Instant,
    method: Bodiless,
}

/// What the method says about the body of the response.
#[derive(Clone, Copy)]
pub(crate) enum Bodiless {
    /// Nothing.
    No,
    /// The method is `HEAD`: no response has one.
    Always,
    /// The method is `CONNECT`: after a `2xx` a tunnel follows instead.
    OnSuccess,
}

impl Exchange {
    pub(crate) fn begin(span: Span, method: &Method) -> Self {
        let method = match *method {
            Method::HEAD => Bodiless::Always,
            Method::CONNECT => Bodiless::OnSuccess,
            _ => Bodiless::No,
        };
        Self {
            span,
            started: Instant::now(),
            method,
        }
    }

    /// Notes the head of the response, and hands the span to its body.
    fn respond<B>(self, response: Response<B>, left: Left) -> Response<ResponseBody<B>> {
        let Self { span, started, .. } = self;
        let status = response.status();
        span.measure("headers_time", started.elapsed());
        span.set("status", status.as_u16());
        // Codes above 599 are invalid, and RFC 9110 wants invalid ones treated as 5xx.
        if status.as_u16() >= 500 {
            span.fail(&status);
        }
        response.map(|body| ResponseBody::observed(body, span, left))
    }
}

/// Ends a span with the panic that its work was caught in, and lets the panic go on.
pub(crate) fn end_with_panic<R>(span: Span, payload: Box<dyn Any + Send>) -> R {
    // Set if the body panicked. But a panic is told apart by having no status, rather than by
    // having that of an answer that never was whole.
    span.set("status", None::<u16>);
    span.in_scope(|| resume_unwind(payload))
}

pin_project! {
    /// The response to come, of a [`TelemetryService`](crate::TelemetryService).
    ///
    /// Dropped before it is ready, it ends the span as `cancelled`.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Declared before the span: its destructor is still the request's work.
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn unobserved(inner: F) -> Self {
        Self {
            inner,
            exchange: None,
        }
    }

    pub(crate) fn observed(inner: F, exchange: Exchange) -> Self {
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
        let Some(exchange) = this.exchange.take() else {
            return this
                .inner
                .poll(cx)
                .map_ok(|response| response.map(ResponseBody::unobserved));
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            this.inner.poll(cx).map_ok(|response| {
                // What the body says of itself is the service's code too, so it is asked in here.
                let left = Left::of(&response, exchange.method);
                (response, left)
            })
        }));
        match polled {
            Ok(Poll::Pending) => {
                *this.exchange = Some(exchange);
                Poll::Pending
            }
            Ok(Poll::Ready(Ok((response, left)))) => {
                Poll::Ready(Ok(exchange.respond(response, left)))
            }
            Ok(Poll::Ready(Err(error))) => {
                exchange.span.fail(&Brief(&error));
                exchange.span.finish();
                Poll::Ready(Err(error))
            }
            Err(payload) => end_with_panic(exchange.span, payload),
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field(
                "span",
                &self.exchange.as_ref().map(|exchange| &exchange.span),
            )
            .finish_non_exhaustive()
    }
}
