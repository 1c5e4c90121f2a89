//! The definitions: that they fit what is emitted, and what they make of it.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use futures_util::{FutureExt, stream};
use telemetry_http::TelemetryLayer;
use telemetry_metrics::{Aggregator, Amount, Check, Data};
use telemetry_prometheus::Prometheus;
use tower::ServiceExt;

use crate::record::{ask, request};

fn app(layer: TelemetryLayer) -> Router {
    Router::new()
        .route("/users/{id}", get(|| async { "Ada" }))
        .route("/upload", post(|text: String| async move { text }))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("out")
                }
            }),
        )
        .route("/wait", get(std::future::pending::<()>))
        .route(
            "/events",
            get(|| async { Sse::new(stream::pending::<Result<Event, Infallible>>()) }),
        )
        .layer(layer)
}

async fn visit(layer: TelemetryLayer) {
    let app = app(layer);
    ask(&app, "GET", "/users/7").await;
    ask(&app, "GET", "/users/8").await;
    ask(&app, "GET", "/nothing").await;
    let mut upload = request("POST", "/upload");
    *upload.body_mut() = "hello".into();
    let answer = app.clone().oneshot(upload).await.unwrap();
    http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap();
    let panics = AssertUnwindSafe(app.clone().oneshot(request("GET", "/panic")));
    assert!(panics.catch_unwind().await.is_err());
    // Clients that have enough: of a stream, and of waiting.
    drop(
        app.clone()
            .oneshot(request("GET", "/events"))
            .await
            .unwrap(),
    );
    let mut waiting = Box::pin(app.oneshot(request("GET", "/wait")));
    assert!(crate::record::poll_once(waiting.as_mut()).is_pending());
}

#[tokio::test]
async fn they_count_what_happened() {
    let layer = TelemetryLayer::new("http_metrics.counted").unwrap();
    let aggregator = Aggregator::builder()
        .metrics(telemetry_http::metrics("http_metrics.counted"))
        .check_definitions(Check::Deny)
        .start()
        .unwrap();
    let in_flight = layer.in_flight();
    visit(layer).await;
    in_flight.emit();

    let snapshot = aggregator.snapshot();
    let find = |metric: &str, tags: &[(&str, &str)]| {
        snapshot
            .find(&format!("http_metrics.counted.{metric}"), tags)
            .cloned()
    };
    let requests = |method, route, status, class, outcome: &'static str| {
        let tags: [(_, &str); 5] = [
            ("method", method),
            ("route", route),
            ("status", status),
            ("status_class", class),
            ("outcome", outcome),
        ];
        let present: Vec<_> = tags.into_iter().filter(|tag| !tag.1.is_empty()).collect();
        find("stop.count", &present)
    };
    assert_eq!(
        requests("GET", "/users/{id}", "200", "2xx", "ok"),
        Some(Data::Counter(2))
    );
    assert_eq!(
        requests("GET", "unmatched", "404", "4xx", "ok"),
        Some(Data::Counter(1))
    );
    assert_eq!(
        requests("GET", "/events", "200", "2xx", "cancelled"),
        Some(Data::Counter(1))
    );
    assert_eq!(
        requests("GET", "/wait", "", "", "cancelled"),
        Some(Data::Counter(1))
    );
    let panics = find("exception.count", &[("method", "GET"), ("route", "/panic")]);
    assert_eq!(panics, Some(Data::Counter(1)));

    let distribution = |metric: &str, tags: &[(&str, &str)]| match find(metric, tags) {
        Some(Data::Distribution(distribution)) => distribution.count,
        None => 0,
        other => panic!("{other:?}"),
    };
    let of = |route, outcome| [("route", route), ("outcome", outcome)];
    let took = |route, status, outcome| {
        let tags: [(_, &str); 4] = [
            ("method", "GET"),
            ("route", route),
            ("status", status),
            ("outcome", outcome),
        ];
        let present: Vec<_> = tags.into_iter().filter(|tag| !tag.1.is_empty()).collect();
        distribution("duration", &present)
    };
    assert_eq!(took("/users/{id}", "200", "ok"), 2);
    assert_eq!(took("/panic", "", "panic"), 1);
    assert_eq!(took("/wait", "", "cancelled"), 1);
    assert_eq!(took("/events", "200", "cancelled"), 0);
    assert_eq!(distribution("headers_time", &of("/events", "cancelled")), 1);
    assert_eq!(distribution("headers_time", &of("/wait", "cancelled")), 0);
    assert_eq!(distribution("request_size", &[("route", "/upload")]), 1);
    assert_eq!(distribution("response_size", &[("route", "/upload")]), 1);
    assert_eq!(
        find("in_flight.count", &[]),
        Some(Data::LastValue(Amount::Real(0.0)))
    );
    assert_eq!(
        find("in_flight.peak", &[]),
        Some(Data::LastValue(Amount::Real(1.0)))
    );
}

#[tokio::test]
async fn prometheus_takes_them() {
    let layer = TelemetryLayer::new("http_metrics.prometheus").unwrap();
    let aggregator = Aggregator::builder()
        .metrics(telemetry_http::metrics("http_metrics.prometheus"))
        .start()
        .unwrap();
    let in_flight = layer.in_flight();
    visit(layer).await;
    in_flight.emit();
    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "http_metrics_prometheus_stop_count_total{method=\"GET\",route=\"/users/{id}\",status=\"200\",status_class=\"2xx\",outcome=\"ok\"} 2",
        "http_metrics_prometheus_in_flight_peak 1",
    ] {
        assert!(text.lines().any(|own| own == line), "no {line} in\n{text}");
    }
}
