//! [`Exchange`]: a request and its answer, from the beginning to the end.

use std::any::Any;
use std::fmt::Display;
use std::panic::resume_unwind;
use std::time::Instant;

use http::Response;
use telemetry::{ContextGuard, Span, SpanContext};

use crate::brief::Brief;
use crate::in_flight::Counted;
use crate::labels;
use crate::left::Bodiless;
use crate::streamed::is_streamed;
use crate::traces::Traces;

/// A request that has begun and whose answer is not at its end. Dropped, it was cancelled.
pub(crate) struct Exchange {
    // Declared before the span: whoever sees the terminal event finds the request counted off.
    in_flight: Counted,
    span: Span,
    /// Of one that is observed.
    started: Option<Instant>,
    pub(crate) method: Bodiless,
    traces: Traces,
    /// Bytes of the answer's body that were handed over; `None` before there is one.
    size: Option<u64>,
}

impl Exchange {
    pub(crate) fn begin(in_flight: Counted, span: Span, method: Bodiless, traces: Traces) -> Self {
        Self {
            started: span.is_observed().then(Instant::now),
            in_flight,
            span,
            method,
            traces,
            size: None,
        }
    }

    /// Makes the request's span current, or what it is below if nobody observes it.
    pub(crate) fn enter(&self) -> ContextGuard {
        self.span.enter()
    }

    /// What remains current when the span has ended.
    pub(crate) fn context(&self) -> Option<SpanContext> {
        self.span.context()
    }

    /// Notes the head of the response, and puts the ids into it.
    pub(crate) fn respond<B>(&mut self, response: &mut Response<B>) {
        self.size = Some(0);
        let Some(started) = self.started else {
            return;
        };
        self.span.measure("headers_time", started.elapsed());
        let status = response.status();
        self.span.set("status", status.as_u16());
        self.span.set("status_class", labels::status_class(status));
        // Codes above 599 are invalid, and RFC 9110 wants invalid ones treated as 5xx.
        if status.as_u16() >= 500 {
            self.span.fail(&status);
        }
        if is_streamed(response) {
            self.span.set("streamed", true);
        }
        self.traces
            .answer(self.span.context(), response.headers_mut());
    }

    /// Notes that so many bytes of the body were handed over.
    pub(crate) fn hand_over(&mut self, bytes: u64) {
        self.size = self.size.map(|size| size.saturating_add(bytes));
    }

    /// All was handed over.
    pub(crate) fn finish(self) {
        self.into_span().finish();
    }

    /// The service, or its body, failed.
    pub(crate) fn fail(self, error: &impl Display) {
        let span = self.into_span();
        span.fail(&Brief(error));
        span.finish();
    }

    /// Nobody wants the rest.
    pub(crate) fn cancel(self) {
        drop(self.into_span());
    }

    /// Ends with the panic that the work was caught in, and lets the panic go on.
    pub(crate) fn end_with_panic<R>(self, payload: Box<dyn Any + Send>) -> R {
        let span = self.into_span();
        // Set if the body panicked. But a panic is told apart by having no status, rather than by
        // having that of an answer that never was whole.
        span.set("status", None::<u16>);
        span.set("status_class", None::<&str>);
        span.in_scope(|| resume_unwind(payload))
    }

    /// The span, with everything measured; the request is not in flight any more.
    fn into_span(self) -> Span {
        let Self {
            in_flight,
            span,
            size,
            ..
        } = self;
        drop(in_flight);
        if let Some(size) = size {
            span.measure("response_size", size);
        }
        span
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.span.fmt(f)
    }
}
