//! The definitions that most people want.

use telemetry_metrics::{Metric, counter, distribution, last_value, sum};

/// Seconds. Many statements are over before the first bucket of a request would be.
const BUCKETS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Metrics of the events of a [`Pool`](crate::Pool) or [`Connection`](crate::Connection) with this
/// prefix: how many statements and transactions there were and how they ended, how long they took
/// and how long they waited for a connection, and how the pool is doing.
///
/// Savepoints are not counted as transactions. The pool's figures need somebody who asks for them
/// now and then, see [`Pool::measurement`](crate::Pool::measurement).
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder().metrics(telemetry_sqlx::metrics("shop.repo")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics(prefix: &str) -> Vec<Metric> {
    let query = format!("{prefix}.query");
    let transaction = format!("{prefix}.transaction");
    let mut metrics = vec![
        counter(format!("{query}.count"))
            .tags(["repo", "source", "command", "outcome"])
            .description("Statements, by how they ended"),
        distribution(format!("{query}.total_time"))
            .tags(["repo", "system", "source", "command"])
            .buckets(BUCKETS)
            .option("otel_name", "db.client.operation.duration")
            .description("Time of a statement, waiting for a connection included"),
        distribution(format!("{query}.queue_time"))
            .tags(["repo"])
            .buckets(BUCKETS)
            .option("otel_name", "db.client.connection.wait_time")
            .description("Time that a statement waited for a connection")
            // A statement on a connection that was there already waited for none.
            .drop_when(|event| event.measurement("queue_time").is_none()),
        sum(format!("{query}.rows"))
            .tags(["repo", "source", "command", "outcome"])
            .description("Rows that statements returned")
            // A statement that never had a connection says nothing of rows.
            .drop_when(|event| event.measurement("rows").is_none()),
        counter(format!("{transaction}.count"))
            .tags(["repo", "ended"])
            .description("Transactions, by how they ended")
            .drop_when(|event| event.metadata_is("savepoint", true)),
        distribution(format!("{transaction}.duration"))
            .tags(["repo", "ended"])
            .buckets(BUCKETS)
            .description("Time of a transaction, waiting for a connection included")
            .drop_when(|event| event.metadata_is("savepoint", true)),
    ];
    metrics.extend(
        [
            ("size", "Connections of the pool"),
            ("idle", "Connections that nobody uses"),
            ("in_use", "Connections that somebody uses"),
            ("waiting", "Tasks that wait for a connection"),
            ("max", "Connections that there can be"),
        ]
        .map(|(figure, description)| {
            let metric = last_value(format!("{prefix}.pool.{figure}"))
                .tags(["repo"])
                .description(description);
            conventional(metric, figure)
        }),
    );
    metrics
}

/// What OpenTelemetry calls a figure of the pool, where it has a name for it.
fn conventional(metric: Metric, figure: &str) -> Metric {
    let (name, state) = match figure {
        "idle" => ("count", Some("idle")),
        "in_use" => ("count", Some("used")),
        "waiting" => ("pending_requests", None),
        "max" => ("max", None),
        _ => return metric,
    };
    let metric = metric.option("otel_name", format!("db.client.connection.{name}"));
    match state {
        Some(state) => metric.option(
            "otel_attributes",
            format!("db.client.connection.state={state}"),
        ),
        None => metric,
    }
}
