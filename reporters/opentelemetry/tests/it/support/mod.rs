//! What the tests share.

mod receiver;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use telemetry_metrics::{Aggregator, HealthReport, Metric};
use telemetry_opentelemetry::{OpenTelemetry, OpenTelemetryBuilder};

pub(crate) use receiver::{Act, Receiver, Taken, nobody};

/// How long anything may take before it counts as stuck.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A time at which no test ends.
pub(crate) const NEVER: Duration = Duration::from_secs(3_600);

/// Held by a test as long as it must not meet the spans of another.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed has left nothing behind that matters.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn aggregator(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

/// A reporter of spans that sends nothing unless it is asked to.
pub(crate) fn spans_to<'a>(endpoint: &str, aggregator: &'a Aggregator) -> OpenTelemetryBuilder<'a> {
    OpenTelemetry::builder(aggregator)
        .endpoint(endpoint)
        .without_metrics()
        .batch_delay(NEVER)
        .interval(NEVER)
}

/// `(sent, dropped)`.
pub(crate) fn counts(report: &HealthReport) -> (u64, u64) {
    (report.sent, report.dropped)
}

/// The account of the spans.
pub(crate) fn spans_of(aggregator: &Aggregator) -> HealthReport {
    report_of(aggregator, "otlp-traces")
}

pub(crate) fn report_of(aggregator: &Aggregator, name: &str) -> HealthReport {
    let mut all = aggregator.health().into_iter();
    all.find(|report| report.reporter == name).unwrap()
}

pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Ends so many spans.
pub(crate) fn emit(count: u64) {
    for number in 0..count {
        telemetry::span!("otlp.it.work", { number }).finish();
    }
}
