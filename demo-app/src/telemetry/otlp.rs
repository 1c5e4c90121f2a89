//! Spans and metrics to an OpenTelemetry collector.

use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::{OpenTelemetry, OpenTelemetryError};

use crate::Config;

/// Any of these says where a collector is. Without, nothing is sent: it would go to whatever listens on
/// this machine.
const WHERE: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
];

/// Starts to send, if it is said where to.
pub(super) fn start(
    config: &Config,
    aggregator: &Aggregator,
) -> Result<Option<OpenTelemetry>, OpenTelemetryError> {
    let variable = |name: &str| {
        let text = std::env::var(name).ok().filter(|text| !text.is_empty());
        text.filter(|_| config.otel_variables)
    };
    // Set to nothing it is off, see the flags.
    let given = config.otlp.as_deref().filter(|url| !url.is_empty());
    if given.is_none() && !WHERE.iter().any(|name| variable(name).is_some()) {
        return Ok(None);
    }
    let builder = OpenTelemetry::builder(aggregator).environment_from(|name| match name {
        // The flag's own variable, read already.
        "OTLP_ENDPOINT" => None,
        "OTEL_SERVICE_NAME" => {
            variable(name).or_else(|| own_name(variable("OTEL_RESOURCE_ATTRIBUTES")))
        }
        _ => variable(name),
    });
    let builder = match given {
        Some(url) => builder.endpoint(url),
        None => builder,
    };
    builder.start().map(Some)
}

/// What the service is called, unless its attributes say it.
fn own_name(attributes: Option<String>) -> Option<String> {
    let named = attributes.is_some_and(|attributes| attributes.contains("service.name="));
    (!named).then(|| env!("CARGO_PKG_NAME").to_owned())
}
