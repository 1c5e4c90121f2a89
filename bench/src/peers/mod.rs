//! The peers, each doing the same work in the cheapest way that its documentation offers.

mod dogstatsd;
mod emit;
mod fastrace;
mod log;
mod memory;
mod metrics;
mod opentelemetry;
mod prometheus;
mod prometheus_client;
mod scrape;
mod statsd;
mod trace_layer;
mod traced_fastrace;
mod traced_opentelemetry;
mod tracing;
mod tracing_span;

use crate::harness::{Case, Weight};

/// All cases of all peers.
pub fn cases() -> Vec<Case> {
    let mut cases = tracing::cases();
    cases.extend(tracing_span::cases());
    cases.extend(log::cases());
    cases.extend(metrics::cases());
    cases.extend(emit::cases());
    cases.extend(fastrace::cases());
    cases.extend(opentelemetry::cases());
    cases.extend(prometheus_client::cases());
    cases.extend(prometheus::cases());
    cases.extend(dogstatsd::cases());
    cases.extend(statsd::cases());
    cases.extend(scrape::cases());
    cases.extend(trace_layer::cases());
    cases.extend(traced_opentelemetry::cases());
    cases.extend(traced_fastrace::cases());
    cases
}

/// What is weighed of them.
pub fn weights() -> Vec<Weight> {
    memory::weights()
}
