//! What an instrumented application emits, with the keys of `telemetry-http` and `telemetry-sqlx`.

use std::sync::LazyLock;
use std::time::Duration;

use telemetry::{SpanContext, completion_span, span};
use telemetry_traces::{NPlusOne, NPlusOneBuilder};

/// One for all tests: each detector that listens tells of what it finds.
static DETECTOR: LazyLock<NPlusOne> = LazyLock::new(|| {
    let spans = [
        "nplus.endpoint.*",
        "nplus.repo.*",
        "nplus.users.*",
        "nplus.task.*",
    ];
    patient().spans(spans).start().unwrap()
});

/// A busy machine may stop a thread in the middle of a loop.
pub(crate) fn patient() -> NPlusOneBuilder {
    NPlusOne::builder().gap(Duration::from_secs(30))
}

/// The application runs with a detector.
pub(crate) fn detected() -> &'static NPlusOne {
    &DETECTOR
}

pub(crate) const ITEMS: &str = "SELECT title FROM items WHERE user_id = $1 ORDER BY id";

/// A request, and what it does.
pub(crate) fn request<R>(route: &str, work: impl FnOnce() -> R) -> R {
    span!("nplus.endpoint", { method: "GET", route, version: "1.1" }).in_scope(work)
}

pub(crate) fn query(statement: &str) {
    query_below(SpanContext::current(), statement);
}

pub(crate) fn query_below(parent: Option<SpanContext>, statement: &str) {
    let span = completion_span!(parent: parent, "nplus.repo.query", {
        repo: "repo", source: "items", command: "SELECT", statement
    });
    span.measure("rows", 3);
    span.measure("total_time", Duration::from_micros(250));
    span.finish();
}

pub(crate) fn queries(statement: &str, count: usize) {
    for _ in 0..count {
        query(statement);
    }
}

pub(crate) fn transaction(work: impl FnOnce()) {
    completion_span!("nplus.repo.transaction", { repo: "repo", savepoint: false }).in_scope(work);
}
