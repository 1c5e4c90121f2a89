//! What the tests share.

use std::time::Duration;
#[cfg(feature = "statsd")]
use std::time::Instant;

use telemetry_bridge::Bridge;
use telemetry_metrics::{Aggregator, HealthReport, Metric};

use crate::recording::Recording;

/// How long anything may take before it counts as stuck.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// An interval in which no test ends.
pub(crate) const NEVER: Duration = Duration::from_secs(3_600);

pub(crate) fn aggregator(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

/// A bridge to what remembers all that it is told, and feeds when it is asked to.
pub(crate) fn start(aggregator: &Aggregator) -> (Bridge<Recording>, Recording) {
    let recording = Recording::default();
    let bridge = Bridge::builder(aggregator, recording.clone())
        .interval(NEVER)
        .start()
        .unwrap();
    (bridge, recording)
}

/// The account of the only reporter.
pub(crate) fn health(aggregator: &Aggregator) -> HealthReport {
    let mut reports = aggregator.health();
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// Sent, failed, dropped.
pub(crate) fn counts(aggregator: &Aggregator) -> (u64, u64, u64) {
    let health = health(aggregator);
    (health.sent, health.failed, health.dropped)
}

#[cfg(feature = "statsd")]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Runs `work` on four threads at once.
pub(crate) fn on_four_threads(work: impl Fn(u64) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}
