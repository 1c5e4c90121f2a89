//! The lists that the instrumentation ships.

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::Metric as Sent;
use telemetry_metrics::Metric;

use super::support::{attributes, collector, deliver, find, histograms, label, numbers, start};
use crate::metrics::Temporality::{Cumulative, Delta};
use crate::metrics::conventions;

fn lists() -> Vec<Metric> {
    let mut metrics = telemetry_http::metrics("otel.ready.web");
    metrics.extend(telemetry_http::client_metrics("otel.ready.api"));
    metrics.extend(telemetry_sqlx::metrics("otel.ready.repo"));
    metrics.extend(telemetry_jobs::metrics("otel.ready.jobs"));
    metrics.extend(telemetry_poller::metrics());
    metrics
}

fn labels(metrics: &[Sent], name: &str) -> Vec<String> {
    let points = numbers(metrics, name).iter();
    points.map(|point| label(&point.attributes)).collect()
}

#[test]
fn ready_made_names_are_conventional_and_fit() {
    let aggregator = start(lists());
    // It would say what does not.
    collector(&aggregator, Cumulative);
    let mut named = 0;
    for definition in aggregator.definitions() {
        let options = definition.options().iter();
        for (_, name) in options.filter(|(key, _)| key == "otel_name") {
            named += 1;
            let known = conventions::find(name);
            assert!(known.is_some_and(|known| known.fits(definition)), "{name}");
        }
    }
    assert_eq!(named, 20);
}

#[test]
fn ready_made_metrics_are_told_as_the_conventions_have_them() {
    let aggregator = start(lists());
    let mut collector = collector(&aggregator, Delta);
    let duration = Duration::from_millis(7);
    let seconds = duration;
    telemetry::execute!(
        "otel.ready.web.stop",
        { duration, headers_time: seconds, request_size: 3, response_size: 5 },
        { method: "GET", route: "/", status: 503, status_class: "5xx", outcome: "error" }
    );
    telemetry::execute!("otel.ready.web.in_flight", { count: 2, peak: 3 });
    telemetry::execute!(
        "otel.ready.api.stop", { duration }, { method: "GET", host: "a.example", outcome: "ok" }
    );
    telemetry::execute!(
        "otel.ready.repo.query",
        { total_time: duration, queue_time: seconds, duration },
        { repo: "main", system: "sqlite", source: "todos", command: "SELECT", outcome: "ok" }
    );
    telemetry::execute!(
        "otel.ready.repo.pool",
        { size: 3, idle: 2, in_use: 1, waiting: 0, max: 5 },
        { repo: "main" }
    );
    telemetry::execute!("otel.ready.jobs.enqueued", {}, { queue: "mail", worker: "Send" });
    let metrics = deliver(&mut collector);

    let attributes_of = |name: &str| {
        let [point] = histograms(&metrics, name) else {
            panic!("{name}: {metrics:?}");
        };
        label(&point.attributes)
    };
    assert_eq!(
        attributes_of("http.server.request.duration"),
        "error.type=503,http.request.method=GET,http.response.status_code=int 503,http.route=/"
    );
    assert_eq!(
        attributes_of("http.client.request.duration"),
        "http.request.method=GET,server.address=a.example"
    );
    assert_eq!(
        attributes_of("db.client.operation.duration"),
        "db.collection.name=todos,db.operation.name=SELECT,db.system.name=sqlite,repo=main"
    );
    let pool = "db.client.connection.pool.name=main";
    assert_eq!(attributes_of("db.client.connection.wait_time"), pool);
    assert_eq!(
        labels(&metrics, "db.client.connection.count"),
        ["idle", "used"].map(|state| format!("{pool},db.client.connection.state={state}"))
    );
    for (name, unit) in [
        ("http.server.active_requests", "{request}"),
        ("http.server.request.duration", "s"),
        ("http.server.request.body.size", "By"),
        ("db.client.connection.count", "{connection}"),
        ("db.client.connection.wait_time", "s"),
        ("messaging.client.sent.messages", "{message}"),
    ] {
        assert_eq!(find(&metrics, name).unwrap().unit, unit, "{name}");
    }
    let sent = numbers(&metrics, "messaging.client.sent.messages");
    let sent = attributes(&sent[0].attributes);
    assert_eq!(sent["messaging.destination.name"], "mail");
    assert_eq!(sent["messaging.operation.name"], "send");
    assert_eq!(sent["messaging.system"], "telemetry_jobs");
    // What the conventions have no name for keeps its own.
    assert_eq!(labels(&metrics, "otel.ready.repo.pool.size"), ["repo=main"]);
}
