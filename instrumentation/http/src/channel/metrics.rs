//! The definitions that most people want of channels.

use telemetry_metrics::{Metric, counter, distribution, last_value, sum};

/// Seconds. Most messages are small talk.
const BUCKETS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Metrics of the events of [`Channels`](crate::Channels) with this prefix: joins, messages and how
/// long they took, ends, and how many channels are open.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator =
///     Aggregator::builder().metrics(telemetry_http::channel_metrics("shop.socket")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn channel_metrics(prefix: &str) -> Vec<Metric> {
    vec![
        counter(format!("{prefix}.joined.count"))
            .tags(["channel", "outcome"])
            .description("Joins that were decided"),
        distribution(format!("{prefix}.joined.duration"))
            .tags(["channel", "outcome"])
            .description("Time that joins took"),
        counter(format!("{prefix}.handle_in.count"))
            .tags(["channel", "event", "outcome"])
            .description("Messages that came in"),
        distribution(format!("{prefix}.handle_in.duration"))
            .tags(["channel", "event", "outcome"])
            .buckets(BUCKETS)
            .description("Time that messages took to be handled"),
        counter(format!("{prefix}.closed.count"))
            .tags(["channel", "reason"])
            .description("Channels that came to their end"),
        sum(format!("{prefix}.closed.messages_out"))
            .tags(["channel"])
            .description("Messages that went out through channels that are closed"),
        last_value(format!("{prefix}.open.count")).description("Channels that are open"),
    ]
}
