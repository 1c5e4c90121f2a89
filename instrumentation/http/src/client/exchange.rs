//! A call that has begun, as far as it is the same for a service and for one made by hand.

use std::any::Any;
use std::mem;
use std::panic::resume_unwind;

use http::StatusCode;
use telemetry::Span;

use super::reason::STATUS;
use crate::labels;

/// The span of a call, and what its end has to know. Dropped, it ends the span as one that was dropped.
pub(super) struct Exchange {
    pub(super) span: Span,
    /// Bytes of the answer's body; `None` until there is an answer.
    received: Option<u64>,
    /// The first failure is what went wrong; what follows, as the body of a 500 that breaks off,
    /// followed from it.
    failed: bool,
}

impl Exchange {
    pub(super) fn begin(span: Span) -> Self {
        Self {
            span,
            received: None,
            failed: false,
        }
    }

    pub(super) fn has_answer(&self) -> bool {
        self.received.is_some()
    }

    /// Notes the head of the answer.
    pub(super) fn answered(&mut self, status: u16) {
        self.span.measure("headers_time", self.span.elapsed());
        self.span.set("status", status);
        let class = StatusCode::from_u16(status).map(labels::status_class);
        self.span.set("status_class", class.ok());
        self.received = Some(0);
        if status >= 400 {
            self.fail(STATUS);
        }
    }

    /// The body goes on until somebody has enough.
    pub(super) fn streamed(&mut self) {
        self.span.set("streamed", true);
    }

    pub(super) fn received(&mut self, bytes: u64) {
        if let Some(received) = &mut self.received {
            *received = received.saturating_add(bytes);
        }
    }

    pub(super) fn fail(&mut self, reason: &'static str) {
        if !self.failed {
            self.failed = true;
            self.span.fail(reason);
        }
    }

    pub(super) fn finish(self) {
        self.into_span().finish();
    }

    /// Ends the span with the panic that its work was caught in, and lets the panic go on.
    pub(super) fn end_with_panic<R>(self, payload: Box<dyn Any + Send>) -> R {
        self.into_span().in_scope(|| resume_unwind(payload))
    }

    fn into_span(mut self) -> Span {
        self.measure();
        mem::replace(&mut self.span, Span::unobserved())
    }

    fn measure(&mut self) {
        if let Some(received) = self.received.take() {
            self.span.measure("response_size", received);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.measure();
    }
}
