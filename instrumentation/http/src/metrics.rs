//! The definitions that most people want.

use telemetry_metrics::{Metric, counter, distribution};

/// Metrics of the events of a [`TelemetryLayer`](crate::TelemetryLayer) with this prefix: how
/// many requests were answered and how, how many panicked, and how long they took.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator =
///     Aggregator::builder().metrics(telemetry_http::metrics("shop.endpoint")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics(prefix: &str) -> Vec<Metric> {
    let stop = format!("{prefix}.stop");
    let exception = format!("{prefix}.exception");
    vec![
        counter(format!("{stop}.count"))
            .tags(["method", "route", "status", "outcome"])
            .description("Requests answered, or given up by the client"),
        counter(format!("{exception}.count"))
            .tags(["method", "route"])
            .description("Requests whose handler or body panicked"),
        distribution(format!("{prefix}.duration"))
            .events([&stop, &exception])
            .tags(["route", "outcome"])
            .description("Time from a request to the end of its answer"),
        distribution(format!("{prefix}.headers_time"))
            .events([stop])
            .tags(["route", "outcome"])
            .description("Time from a request to the headers of its answer"),
    ]
}
