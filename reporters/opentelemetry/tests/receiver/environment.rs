//! A reporter that is told everything by the environment.

use telemetry_metrics::{Aggregator, counter};
use telemetry_opentelemetry::OpenTelemetry;
use telemetry_otlp_receiver::{Receiver, Temporality};

use crate::support::{SOON, alone};

fn arrives(receiver: &Receiver, variables: &[(&str, String)]) {
    receiver.clear();
    let about_us = [
        ("OTEL_SERVICE_NAME", "shop ä"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=nobody,team=blue%2Csky",
        ),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "DELTA"),
    ];
    let lookup = |name: &str| {
        let variables = variables.iter().map(|(one, value)| (*one, value.as_str()));
        let found = variables.chain(about_us).find(|(one, _)| *one == name);
        found.map(|(_, value)| value.to_owned())
    };
    let orders = counter("environment.order.count").unchecked();
    let aggregator = Aggregator::builder().metrics([orders]).start().unwrap();
    let otel = OpenTelemetry::builder(&aggregator)
        .environment_from(lookup)
        .start()
        .unwrap();
    telemetry::span!("environment.checkout", { basket: 7 }).finish();
    telemetry::execute!("environment.order");
    otel.stop(SOON).unwrap();

    let received = receiver.received();
    let span = received.span("environment.checkout");
    assert_eq!(span.attributes["basket"], 7.into());
    let metric = received.metric("environment.order.count");
    assert_eq!(metric.temporality, Some(Temporality::Delta));
    for resource in [&span.resource, &metric.resource] {
        assert_eq!(resource.attributes["service.name"], "shop ä".into());
        assert_eq!(resource.attributes["team"], "blue,sky".into());
    }
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn the_environment_alone_leads_there_over_http() {
    let _alone = alone();
    let receiver = Receiver::start();
    arrives(
        &receiver,
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http())],
    );
    arrives(&receiver, &[("OTLP_ENDPOINT", receiver.http())]);
    let traces = format!("{}/v1/traces", receiver.http());
    let metrics = format!("{}/v1/metrics", receiver.http());
    arrives(
        &receiver,
        &[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", metrics),
        ],
    );
}

#[cfg(feature = "grpc")]
#[test]
#[ignore = "needs ddapm-test-agent"]
fn the_environment_alone_leads_there_over_grpc() {
    let _alone = alone();
    let receiver = Receiver::start();
    let grpc = || ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned());
    arrives(
        &receiver,
        &[grpc(), ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.grpc())],
    );
    // As gRPC's own libraries have it.
    let without_scheme = receiver.grpc().replace("http://", "");
    arrives(
        &receiver,
        &[
            grpc(),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", without_scheme),
            ("OTEL_EXPORTER_OTLP_INSECURE", "true".into()),
        ],
    );
    // Each signal its own way.
    let traces = format!("{}/v1/traces", receiver.http());
    arrives(
        &receiver,
        &[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc".into()),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", receiver.grpc()),
        ],
    );
}
