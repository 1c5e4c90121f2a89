//! The definitions that most people want of channels.

use telemetry_metrics::{Metric, counter, distribution, last_value, sum};

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
