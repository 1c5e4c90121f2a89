//! Clients that go away, as seen without a network: a future or a body is dropped.

use std::pin::pin;

use axum::Router;
use axum::routing::get;
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};

type Answer = Result<axum::response::Response<axum::body::Body>, std::convert::Infallible>;

use crate::record::{Recorder, endless, poll_once, request, route};

#[tokio::test]
async fn a_handler_dropped_before_its_answer_is_cancelled() {
    let recorder = Recorder::new("http_cancelled.handler");
    let app = Router::new()
        .route("/wait", get(std::future::pending::<()>))
        .layer(recorder.layer());
    {
        let mut waiting = pin!(app.oneshot(request("GET", "/wait")));
        assert!(poll_once(waiting.as_mut()).is_pending());
        assert_eq!(recorder.starts().len(), 1);
        assert!(recorder.ends().is_empty());
    }
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "cancelled", 0));
    assert_eq!(end.text("route"), route("/wait"));
    assert_eq!(end.time("headers_time"), None);
    assert!(!end.metadata.contains_key("reason"));
}

#[tokio::test]
async fn a_future_never_polled_is_cancelled() {
    let recorder = Recorder::new("http_cancelled.unpolled");
    let mut service = recorder.layer().layer(Router::new());
    drop(tower::Service::call(&mut service, request("GET", "/")));
    assert_eq!(recorder.end().ending(), ("stop", "cancelled", 0));
}

#[tokio::test]
async fn a_body_dropped_half_way_is_cancelled() {
    let recorder = Recorder::new("http_cancelled.body");
    let app = Router::new()
        .route("/events", get(|| async { endless(&["one", "two"]) }))
        .layer(recorder.layer());
    let mut body = app
        .oneshot(request("GET", "/events"))
        .await
        .unwrap()
        .into_body();
    body.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    drop(body);
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "cancelled", 200));
    assert!(end.time("headers_time").is_some());
}

#[tokio::test]
async fn a_body_never_polled_is_cancelled() {
    let recorder = Recorder::new("http_cancelled.unpolled_body");
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(recorder.layer());
    drop(app.oneshot(request("GET", "/")).await.unwrap());
    assert_eq!(recorder.end().ending(), ("stop", "cancelled", 200));
}

#[tokio::test]
async fn the_destructor_of_the_work_still_counts_as_work() {
    struct Slow<'r>(&'r Recorder);
    impl Drop for Slow<'_> {
        fn drop(&mut self) {
            assert!(self.0.ends().is_empty(), "the span ended before its work");
        }
    }
    let recorder = Recorder::new("http_cancelled.destructor");
    let service = service_fn(|_: axum::extract::Request| {
        let slow = Slow(&recorder);
        async move {
            std::future::pending::<()>().await;
            drop(slow);
            Ok::<_, std::convert::Infallible>(
                axum::response::Response::<axum::body::Body>::default(),
            )
        }
    });
    {
        let mut waiting = pin!(recorder.layer().layer(service).oneshot(request("GET", "/")));
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    assert_eq!(recorder.end().ending(), ("stop", "cancelled", 0));
}

#[tokio::test]
async fn a_timeout_outside_cancels_and_one_inside_is_an_error() {
    let slow = || service_fn(|_: axum::extract::Request| std::future::pending::<Answer>());
    let limit = tower::timeout::TimeoutLayer::new(std::time::Duration::from_millis(1));

    let outside = Recorder::new("http_cancelled.timeout_outside");
    let service = limit.layer(outside.layer().layer(slow()));
    assert!(service.oneshot(request("GET", "/")).await.is_err());
    assert_eq!(outside.end().ending(), ("stop", "cancelled", 0));

    let inside = Recorder::new("http_cancelled.timeout_inside");
    let service = inside.layer().layer(limit.layer(slow()));
    assert!(service.oneshot(request("GET", "/")).await.is_err());
    let end = inside.end();
    assert_eq!(end.ending(), ("stop", "error", 0));
    assert_eq!(end.text("reason"), "request timed out");
}

#[tokio::test]
async fn one_that_is_ready_and_polled_again_says_nothing_more() {
    let recorder = Recorder::new("http_cancelled.again");
    let app = Router::new().route("/", get(|| async { "fine" }));
    let mut service = recorder.layer().layer(app);
    let mut answer = pin!(tower::Service::call(&mut service, request("HEAD", "/")));
    let response = answer.as_mut().await.unwrap();
    assert!(poll_once(answer.as_mut()).is_pending());
    drop(response);
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
}
