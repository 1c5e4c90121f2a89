//! The share of new traces is one setting for the whole process, so this is a process of its own.

use std::time::Duration;

use telemetry::{SpanContext, SpanId, TraceId};
use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::{OpenTelemetry, OpenTelemetryBuilder, Sampler};

/// How many of a hundred new traces are recorded, and whether those are that began elsewhere, if they are
/// sampled and if they are not.
fn recorded(set: impl FnOnce(OpenTelemetryBuilder<'_>) -> OpenTelemetryBuilder<'_>) -> [usize; 3] {
    let aggregator = Aggregator::builder().start().unwrap();
    let builder = OpenTelemetry::builder(&aggregator)
        // Where nobody listens: what is recorded stays in the queue.
        .endpoint("http://127.0.0.1:9")
        .without_metrics()
        .batch_delay(Duration::from_secs(3_600));
    let otel = set(builder).start().unwrap();
    let queued = || otel.health().queued_spans;
    for _ in 0..100 {
        telemetry::span!("otlp.sampled.new").finish();
    }
    let new = queued();
    let elsewhere = |is_sampled| {
        let before = queued();
        // By the rule, the share of this trace is the last to be sampled.
        let trace = TraceId::new(1 << 64).unwrap();
        let parent = SpanContext::new(trace, SpanId::new(7).unwrap(), is_sampled);
        telemetry::span!(parent: parent, "otlp.sampled.below").finish();
        queued() - before
    };
    let counts = [new, elsewhere(true), elsewhere(false)];
    let _ = otel.stop(Duration::ZERO);
    counts
}

#[test]
fn a_sampler_says_what_is_recorded() {
    assert_eq!(recorded(|otel| otel), [100, 1, 0]);
    assert_eq!(recorded(|otel| otel.sampler(Sampler::AlwaysOff)), [0, 0, 0]);
    let none_of_new = Sampler::parent_based(Sampler::AlwaysOff);
    assert_eq!(recorded(|otel| otel.sampler(none_of_new)), [0, 1, 0]);
    // Nobody says anything: what was chosen for the process stays.
    assert_eq!(recorded(|otel| otel), [0, 1, 0]);
    let half = Sampler::parent_based(Sampler::Ratio(0.5));
    let [new, sampled, not] = recorded(|otel| otel.sampler(half));
    assert!((10..=90).contains(&new), "{new}");
    assert_eq!((sampled, not), (1, 0));
    assert_eq!(
        recorded(|otel| otel.sampler(Sampler::AlwaysOn)),
        [100, 1, 1]
    );
    let environment = |name: &str| (name == "OTEL_TRACES_SAMPLER").then(|| "always_off".to_owned());
    let from_environment = recorded(|otel| otel.environment_from(environment));
    assert_eq!(from_environment, [0, 0, 0]);
}
