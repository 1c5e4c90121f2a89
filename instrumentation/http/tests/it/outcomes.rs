//! Status, outcome and times of requests that come to an answer.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use tower::{Layer, ServiceExt, service_fn};

use crate::record::{Recorder, ask, endless, request, route};

#[tokio::test]
async fn the_events_carry_what_they_promise() {
    let recorder = Recorder::new("http_outcomes.keys");
    let app = Router::new()
        .route("/", get(|| async { "fine" }))
        .layer(recorder.layer());
    ask(&app, "GET", "/").await;

    let start = &recorder.starts()[0];
    assert!(
        start
            .measurements
            .keys()
            .eq(["monotonic_time", "system_time"].iter())
    );
    assert!(
        start
            .metadata
            .keys()
            .eq(["method", "route", "version"].iter())
    );
    let end = recorder.end();
    let measured = [
        "duration",
        "headers_time",
        "monotonic_time",
        "request_size",
        "response_size",
    ];
    assert!(end.measurements.keys().eq(measured.iter()));
    let told = [
        "method",
        "outcome",
        "route",
        "status",
        "status_class",
        "version",
    ];
    assert!(end.metadata.keys().eq(told.iter()));
    assert_eq!(end.status, Some(200), "an integer, not its text");
}

#[tokio::test]
async fn a_status_below_500_is_ok_and_the_others_are_errors() {
    let recorder = Recorder::new("http_outcomes.status");
    let app = Router::new()
        .route(
            "/{status}",
            get(|status: axum::extract::Path<u16>| async move {
                StatusCode::from_u16(status.0).unwrap()
            }),
        )
        .layer(recorder.layer());
    for (at, (status, class, outcome, reason)) in [
        (200, "2xx", "ok", ""),
        (301, "3xx", "ok", ""),
        (400, "4xx", "ok", ""),
        (404, "4xx", "ok", ""),
        (499, "4xx", "ok", ""),
        (500, "5xx", "error", "500 Internal Server Error"),
        (503, "5xx", "error", "503 Service Unavailable"),
        (599, "5xx", "error", "599 <unknown status code>"),
        (700, "5xx", "error", "700 <unknown status code>"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(ask(&app, "GET", &format!("/{status}")).await.0, status);
        let end = &recorder.ends()[at];
        assert_eq!(end.ending(), ("stop", outcome, u64::from(status)));
        assert_eq!(
            (end.text("status_class"), end.text("reason")),
            (class, reason)
        );
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_an_error_without_a_status() {
    let recorder = Recorder::new("http_outcomes.service_error");
    let broken = service_fn(|_| async { Err::<Response<Body>, _>("no backend") });
    let error = recorder
        .layer()
        .layer(broken)
        .oneshot(request("GET", "/"))
        .await
        .unwrap_err();
    assert_eq!(error, "no backend");
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "error", 0));
    assert_eq!(end.text("reason"), "no backend");
    assert_eq!(end.time("headers_time"), None);
    assert!(!end.metadata.contains_key("status"));
}

#[tokio::test]
async fn an_error_stays_one_when_its_body_is_dropped() {
    let recorder = Recorder::new("http_outcomes.error_dropped");
    let app = Router::new()
        .route(
            "/",
            get(|| async { (StatusCode::BAD_GATEWAY, endless(&["half"])) }),
        )
        .layer(recorder.layer());
    drop(app.oneshot(request("GET", "/")).await.unwrap());
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "error", 502));
    assert_eq!(end.text("reason"), "502 Bad Gateway");
}

#[tokio::test]
async fn the_headers_are_timed_apart_from_the_body() {
    let recorder = Recorder::new("http_outcomes.times");
    let (let_go, gone) = tokio::sync::oneshot::channel::<()>();
    let body = std::sync::Mutex::new(Some(Body::from_stream(futures_util::stream::once(async {
        gone.await.map(|()| "late").map_err(std::io::Error::other)
    }))));
    let service = service_fn(|_| {
        let body = body.lock().unwrap().take().unwrap();
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let answer = recorder
        .layer()
        .layer(service)
        .oneshot(request("GET", "/"))
        .await
        .unwrap();
    // Time passes between the headers and the body; that is what is measured here.
    let waited = Duration::from_millis(30);
    tokio::time::sleep(waited).await;
    assert!(recorder.ends().is_empty());
    let_go.send(()).unwrap();
    http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap();
    let end = recorder.end();
    let (all, headers) = (
        end.time("duration").unwrap(),
        end.time("headers_time").unwrap(),
    );
    assert!(all >= headers + waited, "{all:?} {headers:?}");
}

#[tokio::test]
async fn two_layers_with_two_prefixes_each_say_their_own() {
    let one = Recorder::new("http_outcomes.one");
    let two = Recorder::new("http_outcomes.two");
    let app = Router::new()
        .route("/users/{id}", get(|| async { "Ada" }))
        .layer(one.layer())
        .layer(two.layer());
    assert_eq!(ask(&app, "GET", "/users/7").await, (200, "Ada".into()));
    for recorder in [&one, &two] {
        assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
        assert_eq!(recorder.end().text("route"), route("/users/{id}"));
    }
}

#[test]
fn a_prefix_that_is_no_name_is_an_error() {
    for prefix in ["", "demo..endpoint", "demo endpoint", "demo.endpoint."] {
        assert!(
            telemetry_http::TelemetryLayer::new(prefix).is_err(),
            "{prefix:?}"
        );
    }
}
