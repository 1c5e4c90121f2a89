//! OpenTelemetry reporter: every span as a span, every metric as a metric, over OTLP.

mod metrics;
mod proto;
mod spans;
mod transport;
mod worker;
