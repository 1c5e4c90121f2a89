//! The definitions that most people want of outgoing calls.

use telemetry_metrics::{Metric, counter, distribution};

/// Metrics of the events of [`Calls`](crate::Calls) with this prefix.
///
/// | metric of `shop.api` | kind | tags |
/// |---|---|---|
/// | `shop.api.stop.count` | counter | `method`, `host`, `status_class`, `outcome` |
/// | `shop.api.failure.count` | counter | `method`, `host`, `reason` |
/// | `shop.api.exception.count` | counter | `method`, `host` |
/// | `shop.api.duration` | distribution | `method`, `host`, `status`, `outcome` |
/// | `shop.api.headers_time` | distribution | `host`, `outcome` |
///
/// `duration` is that of all calls, panics included, but of those that are `streamed`. Calls that
/// succeeded are those whose `outcome` is `ok`, those that failed are counted by reason as well.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator =
///     Aggregator::builder().metrics(telemetry_http::client_metrics("shop.api")).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn client_metrics(prefix: &str) -> Vec<Metric> {
    let stop = format!("{prefix}.stop");
    let exception = format!("{prefix}.exception");
    vec![
        counter(format!("{stop}.count"))
            .tags(["method", "host", "status_class", "outcome"])
            .description("Outgoing calls that were answered, failed or given up"),
        counter(format!("{prefix}.failure.count"))
            .event(&stop)
            .tags(["method", "host", "reason"])
            .keep(|event| event.metadata_is("outcome", "error"))
            .description("Outgoing calls that failed"),
        counter(format!("{exception}.count"))
            .tags(["method", "host"])
            .description("Outgoing calls whose client panicked"),
        distribution(format!("{prefix}.duration"))
            .events([&stop, &exception])
            .tags(["method", "host", "status", "outcome"])
            .drop_when(|event| event.metadata("streamed").is_some())
            .option("otel_name", "http.client.request.duration")
            .description("Time from a call to the end of its answer, unless that is a stream"),
        distribution(format!("{prefix}.headers_time"))
            .events([stop])
            .tags(["host", "outcome"])
            // There may have been no answer, which is nothing for the count of what was skipped.
            .keep(|event| event.measurement("headers_time").is_some())
            .description("Time from an outgoing call to the headers of its answer"),
    ]
}
