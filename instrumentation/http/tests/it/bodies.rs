//! When a body has ended.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::{any, get};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::record::{Recorder, ask, endless, request};

/// Answers with what the closure makes, behind the layer alone.
async fn answer<B>(
    recorder: &Recorder,
    method: &str,
    make: impl Fn() -> Response<B>,
) -> Response<telemetry_http::ResponseBody<B>>
where
    B: http_body::Body<Error: std::fmt::Display>,
{
    let service = service_fn(|_| {
        let response = make();
        async { Ok::<_, Infallible>(response) }
    });
    let mut service = recorder.layer().layer(service);
    service
        .ready()
        .await
        .unwrap()
        .call(request(method, "/"))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stream_ends_with_its_last_poll_and_not_before() {
    let recorder = Recorder::new("http_bodies.stream");
    let mut body = answer(&recorder, "GET", || {
        let chunks = ["a", "b"].map(Ok::<_, Infallible>);
        Response::new(Body::from_stream(stream::iter(chunks)))
    })
    .await
    .into_body();
    for expected in ["a", "b"] {
        let chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(chunk, expected);
        assert!(recorder.ends().is_empty());
    }
    assert!(body.frame().await.is_none());
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    drop(body);
    assert_eq!(recorder.ends().len(), 1);
}

#[tokio::test]
async fn a_body_of_known_size_ends_with_its_last_frame() {
    let recorder = Recorder::new("http_bodies.full");
    let mut body = answer(&recorder, "GET", || Response::new(Body::from("hello")))
        .await
        .into_body();
    assert_eq!(body.size_hint().exact(), Some(5));
    assert!(!body.is_end_stream());
    assert!(recorder.ends().is_empty());
    body.frame().await.unwrap().unwrap();
    assert!(body.is_end_stream());
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    drop(body);
    assert_eq!(recorder.ends().len(), 1);
}

#[tokio::test]
async fn an_empty_body_ends_with_the_headers() {
    let recorder = Recorder::new("http_bodies.empty");
    let answer = answer(&recorder, "GET", || Response::new(Body::empty())).await;
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    drop(answer);
    assert_eq!(recorder.ends().len(), 1);
}

#[tokio::test]
async fn answers_without_a_body_end_with_the_headers() {
    let recorder = Recorder::new("http_bodies.bodiless");
    for (at, (method, status)) in [
        ("HEAD", 200),
        ("HEAD", 404),
        ("GET", 204),
        ("GET", 304),
        ("GET", 101),
        ("CONNECT", 200),
        ("CONNECT", 299),
    ]
    .into_iter()
    .enumerate()
    {
        let response = answer(&recorder, method, || {
            let mut response = Response::new(endless(&["never read"]));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response
        })
        .await;
        let ends = recorder.ends();
        assert_eq!(ends.len(), at + 1, "{method} {status}");
        assert_eq!(
            ends[at].ending(),
            ("stop", "ok", u64::from(status)),
            "{method} {status}"
        );
        drop(response);
        assert_eq!(recorder.ends().len(), at + 1);
    }
    // A refused tunnel has a body like any other.
    let refused = answer(&recorder, "CONNECT", || {
        let mut response = Response::new(endless(&["no"]));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    })
    .await;
    assert_eq!(recorder.ends().len(), 7);
    drop(refused);
    assert_eq!(recorder.ends()[7].ending(), ("stop", "cancelled", 403));
}

#[tokio::test]
async fn axum_answers_head_and_connect_itself() {
    let recorder = Recorder::new("http_bodies.axum");
    let app = Router::new()
        .route("/get", get(|| async { "long text" }))
        .route("/any", any(|| async { "long text" }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .layer(recorder.layer());
    for (at, (method, uri, status)) in [
        ("HEAD", "/get", 200),
        ("HEAD", "/any", 200),
        ("CONNECT", "/any", 200),
        ("GET", "/empty", 204),
    ]
    .into_iter()
    .enumerate()
    {
        let (answered, body) = ask(&app, method, uri).await;
        assert_eq!((answered, body.len()), (status, 0), "{method} {uri}");
        assert_eq!(recorder.ends().len(), at + 1);
        assert_eq!(
            recorder.ends()[at].ending(),
            ("stop", "ok", u64::from(status))
        );
    }
}

#[tokio::test]
async fn announced_bytes_are_enough_whatever_follows() {
    let recorder = Recorder::new("http_bodies.announced");
    let mut body = answer(&recorder, "GET", || {
        let mut response = Response::new(endless(&["hello", " ", "world"]));
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, 11.into());
        response
    })
    .await
    .into_body();
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    body.frame().await.unwrap().unwrap();
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    drop(body);
    assert_eq!(recorder.ends().len(), 1);
}

#[tokio::test]
async fn a_length_that_is_no_number_announces_nothing() {
    for (prefix, length) in [
        ("http_bodies.length_text", "many"),
        ("http_bodies.length_negative", "-1"),
        ("http_bodies.length_signed", "+5"),
        ("http_bodies.length_huge", "99999999999999999999999999"),
        ("http_bodies.length_bytes", "\u{fc}"),
    ] {
        let recorder = Recorder::new(prefix);
        let mut body = answer(&recorder, "GET", || {
            let mut response = Response::new(endless(&["hello"]));
            let length = header::HeaderValue::from_bytes(length.as_bytes()).unwrap();
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            response
        })
        .await
        .into_body();
        body.frame().await.unwrap().unwrap();
        assert!(recorder.ends().is_empty());
        drop(body);
        assert_eq!(recorder.end().ending(), ("stop", "cancelled", 200));
    }
}

#[tokio::test]
async fn trailers_pass_through_and_are_the_end() {
    let recorder = Recorder::new("http_bodies.trailers");
    let mut body = answer(&recorder, "GET", || {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", 0.into());
        let frames = [Frame::data(Bytes::from("a")), Frame::trailers(trailers)];
        let frames = frames.map(Ok::<_, Infallible>);
        Response::new(StreamBody::new(
            stream::iter(frames).chain(stream::pending()),
        ))
    })
    .await
    .into_body();
    body.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    let trailers = body
        .frame()
        .await
        .unwrap()
        .unwrap()
        .into_trailers()
        .unwrap();
    assert_eq!(trailers["grpc-status"], "0");
    drop(body);
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
}

#[tokio::test]
async fn a_broken_body_is_an_error() {
    let recorder = Recorder::new("http_bodies.broken");
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                let chunks = [Ok("half"), Err(std::io::Error::other("disk on fire"))];
                Body::from_stream(stream::iter(chunks))
            }),
        )
        .layer(recorder.layer());
    let response = app.oneshot(request("GET", "/")).await.unwrap();
    assert!(response.into_body().collect().await.is_err());
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "error", 200));
    assert_eq!(end.text("reason"), "disk on fire");
}

#[tokio::test]
async fn the_text_of_an_error_is_bounded() {
    let recorder = Recorder::new("http_bodies.long_error");
    let body = answer(&recorder, "GET", || {
        let error = std::io::Error::other("x".repeat(1 << 20));
        Response::new(Body::from_stream(stream::iter([Err::<&str, _>(error)])))
    })
    .await
    .into_body();
    assert!(body.collect().await.is_err());
    assert_eq!(recorder.end().text("reason").len(), 256);
}

/// A body that never ends when polled, whatever it says of itself.
struct Told {
    hint: SizeHint,
    /// Taken from the back.
    frames: Vec<Bytes>,
    /// Whether it says so when there are no more frames.
    says_end: bool,
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.frames.pop() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.says_end && self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

#[tokio::test]
async fn an_exact_size_wins_over_the_header_as_in_the_server() {
    let recorder = Recorder::new("http_bodies.exact");
    let mut body = answer(&recorder, "GET", || {
        let frames = vec!["cd".into(), "ab".into()];
        let body = Told {
            hint: SizeHint::with_exact(4),
            frames,
            says_end: false,
        };
        let mut response = Response::new(body);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, 100.into());
        response
    })
    .await
    .into_body();
    body.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    body.frame().await.unwrap().unwrap();
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
}

#[tokio::test]
async fn more_bytes_than_announced_do_no_harm() {
    let recorder = Recorder::new("http_bodies.more");
    let mut body = answer(&recorder, "GET", || {
        let mut response = Response::new(endless(&["hello", "world"]));
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, 3.into());
        response
    })
    .await
    .into_body();
    body.frame().await.unwrap().unwrap();
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "world"
    );
    drop(body);
    assert_eq!(recorder.ends().len(), 1);
}

#[tokio::test]
async fn a_body_of_unknown_size_ends_when_it_says_so() {
    let recorder = Recorder::new("http_bodies.says_end");
    let frames = |frames: &[&'static str]| {
        let frames = frames.iter().map(|frame| Bytes::from(*frame)).collect();
        Response::new(Told {
            hint: SizeHint::new(),
            frames,
            says_end: true,
        })
    };
    let mut body = answer(&recorder, "GET", || frames(&["b", "a"]))
        .await
        .into_body();
    body.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));

    drop(answer(&recorder, "GET", || frames(&[])).await);
    assert_eq!(recorder.ends()[1].ending(), ("stop", "ok", 200));
}

#[tokio::test]
async fn no_announced_bytes_are_no_body() {
    let recorder = Recorder::new("http_bodies.zero");
    let response = answer(&recorder, "GET", || {
        let mut response = Response::new(endless(&["never read"]));
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, 0.into());
        response
    })
    .await;
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
    drop(response);
    assert_eq!(recorder.ends().len(), 1);
}
