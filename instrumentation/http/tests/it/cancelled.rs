//! Clients that go away, as seen without a network: a future or a body is dropped.

use std::pin::pin;

use axum::Router;
use axum::routing::get;
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};

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
