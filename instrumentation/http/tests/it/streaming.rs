//! Answers that are meant to go on, and their latency.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::stream;
use telemetry_http::Streamed;
use tower::ServiceExt;

use crate::record::{Recorder, ask, endless, request};

fn app(recorder: &Recorder) -> Router {
    let events = || async { Sse::new(stream::pending::<Result<Event, Infallible>>()) };
    let chunks = || async {
        let chunks = ["a", "b"].map(Ok::<_, Infallible>);
        Body::from_stream(stream::iter(chunks))
    };
    let frames = || async {
        let headers = [(header::CONTENT_TYPE, "multipart/x-mixed-replace;boundary=x")];
        (headers, endless(&["frame"]))
    };
    Router::new()
        .route("/events", get(events))
        .route("/frames", get(frames))
        .route(
            "/told",
            get(|| async { (Extension(Streamed), endless(&["change"])) }),
        )
        .route("/short", get(|| async { (Extension(Streamed), "short") }))
        .route("/chunks", get(chunks))
        .route("/text", get(|| async { "text" }))
        .layer(recorder.layer())
}

#[tokio::test]
async fn streams_say_that_they_are() {
    let recorder = Recorder::new("http_streaming.streams");
    let app = app(&recorder);
    for (at, path) in ["/events", "/frames", "/told"].into_iter().enumerate() {
        drop(app.clone().oneshot(request("GET", path)).await.unwrap());
        let end = &recorder.ends()[at];
        assert_eq!(end.ending(), ("stop", "cancelled", 200));
        assert_eq!(end.text("streamed"), "true", "{path}");
    }
}

#[tokio::test]
async fn an_unknown_length_makes_no_stream_and_a_known_one_none_at_all() {
    let recorder = Recorder::new("http_streaming.others");
    let app = app(&recorder);
    let paths = ["/chunks", "/text", "/nothing", "/short"];
    for (at, path) in paths.into_iter().enumerate() {
        ask(&app, "GET", path).await;
        assert!(
            !recorder.ends()[at].metadata.contains_key("streamed"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_stream_is_one_also_if_the_handler_answers_an_error_with_it() {
    let recorder = Recorder::new("http_streaming.error");
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                let response = Response::builder()
                    .status(StatusCode::SERVICE_UNAVAILABLE)
                    .header(header::CONTENT_TYPE, "text/event-stream");
                response.body(endless(&["retry: 1000\n\n"])).unwrap()
            }),
        )
        .layer(recorder.layer());
    drop(app.oneshot(request("GET", "/")).await.unwrap());
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "error", 503));
    assert_eq!(end.text("streamed"), "true");
}
