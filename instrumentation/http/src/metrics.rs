//! The definitions that most people want.

use telemetry::Event;
use telemetry_metrics::{Metric, counter, distribution, last_value};

/// Metrics of the events of a [`TelemetryLayer`](crate::TelemetryLayer) with this prefix.
///
/// | metric of `shop.endpoint` | kind | tags |
/// |---|---|---|
/// | `shop.endpoint.stop.count` | counter | `method`, `route`, `status`, `status_class`, `outcome` |
/// | `shop.endpoint.exception.count` | counter | `method`, `route` |
/// | `shop.endpoint.duration` | distribution | `method`, `route`, `status`, `outcome` |
/// | `shop.endpoint.headers_time` | distribution | `route`, `outcome` |
/// | `shop.endpoint.request_size`, `shop.endpoint.response_size` | distributions | `route` |
/// | `shop.endpoint.in_flight.count`, `shop.endpoint.in_flight.peak` | last values | |
///
/// `duration` is that of all requests, panics included, but of those that are `streamed`: how long
/// somebody watched a stream of events is no latency. Their `headers_time` is, and is counted with
/// that of the others. The last two stay empty until somebody
/// [emits](crate::InFlight::emit) the count now and then.
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
            .tags(["method", "route", "status", "status_class", "outcome"])
            .description("Requests answered, or given up by the client"),
        counter(format!("{exception}.count"))
            .tags(["method", "route"])
            .description("Requests whose handler or body panicked"),
        distribution(format!("{prefix}.duration"))
            .events([&stop, &exception])
            .tags(["method", "route", "status", "outcome"])
            .drop_when(|event| event.metadata("streamed").is_some())
            .option("otel_name", "http.server.request.duration")
            .description("Time from a request to the end of its answer, unless that is a stream"),
        distribution(format!("{prefix}.headers_time"))
            .events([&stop])
            .tags(["route", "outcome"])
            .keep(has("headers_time"))
            .description("Time from a request to the headers of its answer"),
        distribution(format!("{prefix}.request_size"))
            .events([&stop])
            .tags(["route"])
            .bytes()
            .keep(has("request_size"))
            .option("otel_name", "http.server.request.body.size")
            .description("Bytes of the request's body"),
        distribution(format!("{prefix}.response_size"))
            .events([&stop])
            .tags(["route"])
            .bytes()
            .keep(has("response_size"))
            .option("otel_name", "http.server.response.body.size")
            .description("Bytes of the answer's body"),
        last_value(format!("{prefix}.in_flight.count"))
            .option("otel_name", "http.server.active_requests")
            .description("Requests in flight"),
        last_value(format!("{prefix}.in_flight.peak"))
            .description("The most requests in flight at once since the last time"),
    ]
}

/// Whether an event has a measurement that it may lack: nobody ever answered a request that was
/// cancelled, and that is nothing for the count of what was skipped.
fn has(key: &'static str) -> impl Fn(&Event<'_>) -> bool + Send + Sync + 'static {
    move |event| event.measurement(key).is_some()
}
