//! The definitions that most people want.

use telemetry_metrics::{Metric, counter, distribution, last_value};

/// Seconds. A job may well wait longer, and take longer, than a request.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0, 1800.0,
];

/// Metrics of the events of [`Jobs`](crate::Jobs) with this prefix: how many jobs were enqueued,
/// started, done (and how), tried again, given up and lost; how long they took and waited; and how
/// many wait and run, if [`Jobs::poll`](crate::Jobs::poll) is called now and then.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder().metrics(telemetry_jobs::metrics("shop.jobs")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics(prefix: &str) -> Vec<Metric> {
    let attempt = format!("{prefix}.attempt");
    let batch = format!("{prefix}.batch");
    let ends = |span: &str| [format!("{span}.stop"), format!("{span}.exception")];
    let job = |event: &str, description: &str| {
        counter(format!("{event}.count"))
            .tags(["queue", "worker"])
            .description(description)
    };
    let time = |name: String, span: &str, description: &str| {
        distribution(name)
            .events(ends(span))
            .tags(["queue", "worker", "outcome"])
            .buckets(BUCKETS)
            .description(description)
    };
    vec![
        messaging(
            job(&format!("{prefix}.enqueued"), "Jobs put into a queue"),
            "client.sent.messages",
            "send",
        ),
        messaging(
            job(&format!("{attempt}.start"), "Attempts begun"),
            "client.consumed.messages",
            "process",
        ),
        job(
            &format!("{attempt}.stop"),
            "Attempts ended without a panic, by how they did",
        )
        .tags(["queue", "worker", "outcome"]),
        job(&format!("{attempt}.exception"), "Attempts that panicked"),
        messaging(
            time(
                format!("{attempt}.duration"),
                &attempt,
                "Time that an attempt took",
            ),
            "process.duration",
            "process",
        ),
        time(
            format!("{attempt}.queue_time"),
            &attempt,
            "Time that a job had been due when it was begun",
        )
        .tags(["queue", "worker"]),
        job(&format!("{prefix}.retried"), "Jobs to be tried again"),
        job(&format!("{prefix}.discarded"), "Jobs given up for good"),
        job(
            &format!("{prefix}.dropped"),
            "Jobs lost before they were begun",
        ),
        last_value(format!("{prefix}.queue.depth"))
            .tags(["queue"])
            .description("Jobs that wait")
            // Of a queue that is kept elsewhere, a poll knows only what runs; and who reports its
            // depth does not know that.
            .drop_when(|event| event.measurement("depth").is_none()),
        last_value(format!("{prefix}.queue.running"))
            .tags(["queue"])
            .description("Attempts that run")
            .drop_when(|event| event.measurement("running").is_none()),
        time(
            format!("{batch}.duration"),
            &batch,
            "Time that a batch took",
        ),
        batch_sum(&batch, "messages", "Messages in batches"),
        batch_sum(&batch, "failed", "Messages that failed in batches"),
    ]
}

/// What OpenTelemetry calls it.
fn messaging(metric: Metric, name: &str, operation: &str) -> Metric {
    let system = "messaging.system=telemetry_jobs";
    metric
        .option("otel_name", format!("messaging.{name}"))
        .option(
            "otel_attributes",
            format!("messaging.operation.name={operation},{system}"),
        )
}

fn batch_sum(batch: &str, measurement: &str, description: &str) -> Metric {
    telemetry_metrics::sum(format!("{batch}.{measurement}"))
        .events([format!("{batch}.stop"), format!("{batch}.exception")])
        .tags(["queue", "worker", "outcome"])
        .description(description)
}
