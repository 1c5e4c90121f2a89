//! What several tests need.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telemetry::{Span, SpanContext, SpanId, TraceId};
use telemetry_traces::{Row, Trace, Traces, TracesBuilder};

/// A store that sees the spans of one test only: they take turns.
pub(crate) struct Alone {
    pub(crate) traces: Traces,
    _turn: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Alone {
    type Target = Traces;

    fn deref(&self) -> &Traces {
        &self.traces
    }
}

pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn start(builder: TracesBuilder) -> Alone {
    let turn = turn();
    let traces = builder.start().unwrap();
    Alone {
        traces,
        _turn: turn,
    }
}

/// Nothing is slow but what is called so, however slow the machine is.
pub(crate) fn patient() -> TracesBuilder {
    Traces::builder()
        .slow(Duration::MAX)
        .slow_for("store.slow", Duration::ZERO)
}

pub(crate) fn trace_of(span: &Span) -> TraceId {
    span.context().unwrap().trace_id()
}

/// A trace of one span that has ended.
pub(crate) fn quick() -> TraceId {
    let span = telemetry::span!("store.quick", { route: "/quick" });
    let id = trace_of(&span);
    span.finish();
    id
}

pub(crate) fn slow() -> TraceId {
    let span = telemetry::span!("store.slow");
    let id = trace_of(&span);
    span.finish();
    id
}

pub(crate) fn failed() -> TraceId {
    let span = telemetry::span!("store.failed");
    let id = trace_of(&span);
    span.fail("no luck");
    span.finish();
    id
}

pub(crate) fn remote(trace: u128, span: u64, sampled: bool) -> SpanContext {
    SpanContext::new(
        TraceId::new(trace).unwrap(),
        SpanId::new(span).unwrap(),
        sampled,
    )
}

/// `name` or `?`, with two spaces per depth.
pub(crate) fn outline(trace: &Trace) -> Vec<String> {
    let line = |row: Row<'_>| {
        let name = match row {
            Row::Span(span) => span.name(),
            _ => "?",
        };
        format!("{:indent$}{name}", "", indent = 2 * row.depth())
    };
    trace.rows().map(line).collect()
}
