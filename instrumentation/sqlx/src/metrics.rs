//! The definitions that most people want.

use telemetry_metrics::{Metric, counter, distribution, summary};

/// Metrics of the events of a [`Pool`](crate::Pool) with this prefix: how many statements ran and
/// how they ended, how long they took, and how long they waited for a connection.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder().metrics(telemetry_sqlx::metrics("shop.repo")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics(prefix: &str) -> Vec<Metric> {
    let query = format!("{prefix}.query");
    vec![
        counter(format!("{query}.count"))
            .tags(["repo", "source", "command", "outcome"])
            .description("Statements, by how they ended"),
        summary(format!("{query}.total_time"))
            .tags(["repo", "source", "command"])
            .description("Time of a statement, waiting for a connection included"),
        distribution(format!("{query}.queue_time"))
            .tags(["repo"])
            .description("Time that a statement waited for a connection")
            // A statement on a connection that was there already waited for none.
            .drop_when(|event| event.measurement("queue_time").is_none()),
    ]
}
