//! How many bytes came and went.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{self, Method, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use telemetry_http::{RequestBodyLayer, RouteLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::record::{Recorder, endless, request};

fn upload(body: Body) -> Request {
    let mut request = request("POST", "/");
    *request.body_mut() = body;
    request
}

fn chunks(chunks: &[&'static str]) -> Body {
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| Ok::<_, Infallible>(*chunk))
        .collect();
    Body::from_stream(stream::iter(chunks))
}

/// Sends what comes back.
fn echo() -> Router {
    Router::new().route("/", post(|body: Bytes| async move { body }))
}

#[tokio::test]
async fn bytes_of_both_bodies_are_counted() {
    let recorder = Recorder::new("http_sizes.both");
    let app = echo().layer(recorder.layer());
    let answer = app.oneshot(upload(Body::from("hello"))).await.unwrap();
    answer.into_body().collect().await.unwrap();
    let end = recorder.end();
    assert_eq!(end.number("request_size"), Some(5));
    assert_eq!(end.number("response_size"), Some(5));
}

#[tokio::test]
async fn what_was_not_handed_over_does_not_count() {
    let recorder = Recorder::new("http_sizes.half");
    let app = Router::new()
        .route("/", get(|| async { endless(&["four", "five!"]) }))
        .layer(recorder.layer());
    let body = app.clone().oneshot(request("GET", "/")).await.unwrap();
    let mut body = body.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "cancelled", 200));
    assert_eq!(end.number("response_size"), Some(4));
    assert_eq!(end.number("request_size"), Some(0));

    drop(app.oneshot(request("HEAD", "/")).await.unwrap());
    assert_eq!(recorder.ends()[1].number("response_size"), Some(0));
}

#[tokio::test]
async fn without_an_answer_there_is_no_size_of_it() {
    let recorder = Recorder::new("http_sizes.none");
    let broken = service_fn(|_: Request| async { Err::<Response<Body>, _>("no backend") });
    let layered = recorder.layer().layer(broken);
    assert!(layered.oneshot(upload(Body::from("hello"))).await.is_err());
    let end = recorder.end();
    assert_eq!(end.number("request_size"), Some(5));
    assert_eq!(end.number("response_size"), None);
}

#[tokio::test]
async fn a_request_of_unknown_length_is_counted_by_the_layer_inside() {
    let without = Recorder::new("http_sizes.unknown");
    let app = echo().layer(without.layer());
    app.oneshot(upload(chunks(&["ab", "cde"]))).await.unwrap();
    assert_eq!(without.end().number("request_size"), None);

    let outer = Recorder::new("http_sizes.outer");
    let inner = Recorder::new("http_sizes.inner");
    let app = echo()
        .layer(RouteLayer::fixed("/other"))
        .layer(RequestBodyLayer::new())
        .layer(inner.layer())
        .layer(outer.layer());
    app.oneshot(upload(chunks(&["ab", "cde"]))).await.unwrap();
    for recorder in [outer, inner] {
        let end = recorder.end();
        assert_eq!(end.number("request_size"), Some(5));
        // It is told the size, and the route only where it does not know it.
        let known = if cfg!(feature = "axum") {
            "/"
        } else {
            "/other"
        };
        assert_eq!(end.text("route"), known);
    }
}

#[tokio::test]
async fn what_is_not_read_does_not_count() {
    let recorder = Recorder::new("http_sizes.unread");
    let first = |request: Request| async move {
        let mut body = request.into_body().into_data_stream();
        body.next().await.unwrap().unwrap()
    };
    let app = Router::new()
        .route("/", post(first).put(|| async { "unread" }))
        .layer(RequestBodyLayer::new())
        .layer(recorder.layer());
    let answer = app.clone().oneshot(upload(chunks(&["ab", "cde"])));
    answer.await.unwrap();
    assert_eq!(recorder.ends()[0].number("request_size"), Some(2));
    let mut unread = upload(chunks(&["ab", "cde"]));
    *unread.method_mut() = Method::PUT;
    app.oneshot(unread).await.unwrap();
    assert_eq!(recorder.ends()[1].number("request_size"), Some(0));
}

#[tokio::test]
async fn a_length_that_nobody_can_send_is_not_believed() {
    struct Vast;
    impl http_body::Body for Vast {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            std::task::Poll::Ready(None)
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(u64::MAX)
        }
    }
    let recorder = Recorder::new("http_sizes.vast");
    let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let layered = recorder.layer().layer(service);
    layered.oneshot(http::Request::new(Vast)).await.unwrap();
    assert_eq!(recorder.end().number("request_size"), None);
}
