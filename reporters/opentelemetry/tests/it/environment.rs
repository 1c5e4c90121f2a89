//! What the environment says, from outside.

use telemetry_metrics::counter;
use telemetry_opentelemetry::{OpenTelemetry, OpenTelemetryError};

use crate::support::{Receiver, SOON, aggregator, alone, emit};

fn from<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        let found = variables.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn the_environment_alone_is_enough() {
    let _alone = alone();
    let receiver = Receiver::new();
    let url = receiver.url();
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTLP_ENDPOINT"] {
        let aggregator = aggregator([counter("otlp.environment.count").unchecked()]);
        let variables = [
            (name, url.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue%20sky"),
            ("OTEL_METRICS_EXPORTER", "none"),
        ];
        let otel = OpenTelemetry::builder(&aggregator)
            .environment_from(from(&variables))
            .start()
            .unwrap();
        assert!(otel.health().metrics.is_none());
        emit(1);
        otel.stop(SOON).unwrap();
        receiver.taken(|taken| assert_eq!(taken.headers["x-tenant"], "blue sky"));
    }
    receiver.taken(|taken| {
        assert_eq!(taken.different(), 2);
        assert!(taken.metrics.is_empty());
    });
}

#[test]
fn what_is_disabled_does_nothing_and_says_so() {
    let _alone = alone();
    let aggregator = aggregator([]);
    let otel = OpenTelemetry::builder(&aggregator)
        .environment_from(from(&[("OTEL_SDK_DISABLED", "true")]))
        .start()
        .unwrap();
    emit(1);
    let health = otel.health();
    assert!(health.traces.is_none() && health.metrics.is_none());
    otel.flush(SOON).unwrap();
    otel.stop(SOON).unwrap();
    assert!(aggregator.health().is_empty());
}

#[test]
fn all_problems_are_told_and_nothing_is_started() {
    let _alone = alone();
    let before = telemetry::list_handlers("otlp.it.work").len();
    let aggregator = aggregator([]);
    let error = OpenTelemetry::builder(&aggregator)
        .endpoint("localhost:4318")
        .ca_certificate("none")
        .environment_from(from(&[("OTEL_BSP_SCHEDULE_DELAY", "5s")]))
        .start()
        .unwrap_err();
    let OpenTelemetryError::Settings(problems) = &error else {
        panic!("{error}");
    };
    assert_eq!(problems.len(), 2, "{error}");
    let told = error.to_string();
    assert!(told.starts_with("2 problems in the settings of the OpenTelemetry reporter:\n"));
    assert!(told.contains("write `http://localhost:4318`"), "{told}");
    assert_eq!(telemetry::list_handlers("otlp.it.work").len(), before);
    assert!(aggregator.health().is_empty());
}

#[cfg(feature = "tls")]
#[test]
fn certificates_that_are_none_are_told() {
    let aggregator = aggregator([]);
    let error = OpenTelemetry::builder(&aggregator)
        .endpoint("https://localhost:1")
        .ca_certificate("none")
        .start()
        .unwrap_err();
    // Once, though it is wrong for both signals.
    assert!(error.to_string().starts_with("1 problem "), "{error}");
}
