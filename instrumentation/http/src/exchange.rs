//! [`Exchange`]: a request and its answer, from the beginning to the end.

use std::any::Any;
use std::fmt::Display;
use std::panic::resume_unwind;
use std::time::Duration;

use http::{Response, StatusCode};
use telemetry::{ContextGuard, Number, Span, SpanContext, ToNumber, Value};

use crate::brief::Brief;
use crate::in_flight::Counted;
use crate::labels;
use crate::left::{Bodiless, Left};
use crate::streamed::is_streamed;
use crate::traces::Traces;

/// A request that has begun and whose answer is not at its end.
///
/// What is known of it is kept here and told to the span with its end: decorating it on the way
/// would cost more.
pub(crate) struct Exchange {
    // Declared before the span: whoever sees the terminal event finds the request counted off.
    in_flight: Counted,
    pub(crate) span: Span,
    /// As it was announced.
    pub(crate) request_size: Option<u64>,
    /// Of one that is observed, once it is answered.
    head: Option<Head>,
    pub(crate) method: Bodiless,
    traces: Traces,
}

/// What is known of an answer.
struct Head {
    headers_time: Duration,
    status: StatusCode,
    streamed: bool,
    /// Bytes of the body that were handed over.
    size: u64,
}

impl Exchange {
    #[inline]
    pub(crate) fn begin(in_flight: Counted, span: Span, method: Bodiless, traces: Traces) -> Self {
        Self {
            in_flight,
            span,
            request_size: None,
            head: None,
            method,
            traces,
        }
    }

    /// Makes the request's span current, or what it is below if nobody observes it.
    #[inline]
    pub(crate) fn enter(&self) -> Option<ContextGuard> {
        let has_any = self.span.is_observed() || self.span.context().is_some();
        has_any.then(|| self.span.enter())
    }

    /// What remains current when the span has ended.
    pub(crate) fn context(&self) -> Option<SpanContext> {
        self.span.context()
    }

    /// Notes the head of the response, and puts the ids into it.
    pub(crate) fn respond<B>(&mut self, response: &mut Response<B>, left: Left) {
        let Some(headers_time) = self.span.elapsed() else {
            return;
        };
        self.head = Some(Head {
            headers_time,
            status: response.status(),
            // What has a length, or no body, comes to its end by itself.
            streamed: left == Left::Unknown && is_streamed(response),
            size: 0,
        });
        self.traces
            .answer(self.span.context(), response.headers_mut());
    }

    /// Notes that so many bytes of the body were handed over.
    #[inline]
    pub(crate) fn hand_over(&mut self, bytes: u64) {
        if let Some(head) = &mut self.head {
            head.size = head.size.saturating_add(bytes);
        }
    }

    /// All was handed over.
    pub(crate) fn finish(self) {
        let Self {
            in_flight,
            span,
            request_size,
            head,
            ..
        } = self;
        drop(in_flight);
        if let Some(head) = &head {
            head.judge(&span);
        }
        told(request_size, head.as_ref(), |measurements, metadata| {
            span.finish_with(measurements, metadata);
        });
    }

    /// The service, or its body, failed.
    pub(crate) fn fail(self, error: &impl Display) {
        let span = self.into_span(false);
        span.fail(&Brief(error));
        span.finish();
    }

    /// Nobody wants the rest, or whoever wanted it panics.
    pub(crate) fn cancel(self) {
        drop(self.into_span(std::thread::panicking()));
    }

    /// Ends with the panic that the work was caught in, and lets the panic go on.
    pub(crate) fn end_with_panic<R>(self, payload: Box<dyn Any + Send>) -> R {
        let span = self.into_span(true);
        span.in_scope(|| resume_unwind(payload))
    }

    /// The span, told everything; the request is not in flight any more.
    #[cold]
    fn into_span(self, panicked: bool) -> Span {
        let Self {
            in_flight,
            span,
            request_size,
            head,
            ..
        } = self;
        drop(in_flight);
        if let Some(head) = &head {
            head.judge(&span);
        }
        told(request_size, head.as_ref(), |measurements, metadata| {
            for (key, number) in measurements {
                span.measure(key, *number);
            }
            for (key, value) in metadata {
                span.set(key, *value);
            }
        });
        if panicked {
            // A panic is told apart by having no status, rather than by having that of an answer
            // that never was whole.
            span.set("status", None::<u16>);
            span.set("status_class", None::<&str>);
        }
        span
    }
}

impl Head {
    /// Codes above 599 are invalid, and RFC 9110 wants invalid ones treated as 5xx.
    fn judge(&self, span: &Span) {
        if self.status.as_u16() >= 500 {
            span.fail(&self.status);
        }
    }
}

type Measured = (&'static str, Option<Number>);
type Told<'v> = (&'static str, Option<Value<'v>>);

/// Hands over what is to be told of an exchange. What is not known is left out, because somebody
/// further inside may have told it.
#[inline]
fn told(
    request_size: Option<u64>,
    head: Option<&Head>,
    tell: impl FnOnce(&[Measured], &[Told<'_>]),
) {
    let asked = ("request_size", request_size.to_number());
    let begin = usize::from(request_size.is_none());
    let Some(head) = head else {
        return tell(&[asked][begin..], &[]);
    };
    let measurements = [
        asked,
        ("headers_time", head.headers_time.to_number()),
        ("response_size", head.size.to_number()),
    ];
    let class = labels::status_class(head.status);
    let metadata = [
        ("status", Some(Value::Unsigned(head.status.as_u16().into()))),
        ("status_class", Some(Value::Str(class))),
        ("streamed", Some(Value::Bool(true))),
    ];
    let end = if head.streamed { 3 } else { 2 };
    tell(&measurements[begin..], &metadata[..end]);
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.span.fmt(f)
    }
}
