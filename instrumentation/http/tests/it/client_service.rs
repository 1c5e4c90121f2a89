//! The layer around services that do one thing each: panics, what is current, where bodies end.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Body;
use futures_util::FutureExt;
use http::{Request, Response, header};
use http_body::Frame;
use http_body_util::BodyExt;
use telemetry::SpanContext;
use telemetry::testing::{assert_emitted, capture};
use telemetry_http::ClientLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::client_support::{calls, end, ended, ending, request};
use crate::record::{endless, poll_once};

type Asked = Request<http_body_util::Empty<bytes::Bytes>>;

/// A body, future and guard that remember what was current when they were used and dropped.
#[derive(Clone, Default)]
struct Current(Arc<Mutex<Vec<Note>>>);

/// When, and what was current.
type Note = (&'static str, Option<SpanContext>);

impl Current {
    fn note(&self, when: &'static str) {
        self.0.lock().unwrap().push((when, SpanContext::current()));
    }
}

struct NotesDrop(Current, &'static str);

impl Drop for NotesDrop {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

struct NotingBody {
    left: u8,
    noted: Current,
    _drop: NotesDrop,
}

impl http_body::Body for NotingBody {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Infallible>>> {
        self.noted.note("body");
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(bytes::Bytes::from_static(b"x")))))
    }
}

fn noting_body(noted: &Current) -> NotingBody {
    NotingBody {
        left: 1,
        noted: noted.clone(),
        _drop: NotesDrop(noted.clone(), "body dropped"),
    }
}

#[tokio::test]
async fn the_span_is_current_while_the_client_works_and_not_elsewhere() {
    let captured = capture("client_current.*");
    let noted = Current::default();
    let mut client = ClientLayer::new("client_current")
        .unwrap()
        .layer(service_fn({
            let noted = noted.clone();
            move |_: Asked| {
                noted.note("call");
                let noted = noted.clone();
                async move {
                    let dropped = NotesDrop(noted.clone(), "future dropped");
                    noted.note("future");
                    tokio::task::yield_now().await;
                    noted.note("future");
                    drop(dropped);
                    Ok::<_, Infallible>(Response::new(noting_body(&noted)))
                }
            }
        }));
    // Read, dropped half-way, and given up before the headers.
    let response = client.call(request("GET", "http://a.test/")).await.unwrap();
    noted.note("outside");
    response.into_body().collect().await.unwrap();
    let response = client.call(request("GET", "http://a.test/")).await.unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let mut waiting = Box::pin(client.call(request("GET", "http://a.test/")));
    assert!(poll_once(waiting.as_mut()).is_pending());
    noted.note("outside");
    drop(waiting);
    noted.note("outside");

    let mut calls = captured.named("client_current.stop").into_iter();
    let mut own = calls.next().unwrap().span().unwrap().context();
    for (at, (when, current)) in noted.0.lock().unwrap().iter().enumerate() {
        // Each call has a span of its own; the first is that of the first event.
        if *when == "call" && at > 0 {
            own = calls.next().unwrap().span().unwrap().context();
        }
        let dropped_after_the_end = *when == "body dropped" && at < 8;
        let expected = (*when != "outside" && !dropped_after_the_end).then_some(own);
        assert_eq!(*current, expected, "{at}: {when}");
    }
    assert_eq!(noted.0.lock().unwrap().len(), 19);
}

#[tokio::test]
async fn a_panic_ends_the_call_once_wherever_it_is() {
    type Answer = fn(Asked) -> Result<Response<Body>, Infallible>;
    let panics: [(&str, Answer, u64); 2] = [
        ("client_panic_call", |_| panic!("boom"), 0),
        (
            "client_panic_body",
            |_| {
                let stream =
                    futures_util::stream::poll_fn(|_| -> Poll<Option<Result<&str, Infallible>>> {
                        panic!("boom")
                    });
                Ok(Response::new(Body::from_stream(stream)))
            },
            200,
        ),
    ];
    for (prefix, answer, status) in panics {
        // In the call itself, and in the future.
        for in_call in [false, true] {
            let captured = capture(&format!("{prefix}.*"));
            let service = service_fn(move |request: Asked| {
                let early = in_call.then(|| answer(request.clone()));
                async move { early.unwrap_or_else(|| answer(request)) }
            });
            let client = calls(prefix).layer().layer(service);
            let whole = async {
                let response = client
                    .oneshot(request("GET", "http://127.0.0.1/"))
                    .await
                    .unwrap();
                response.into_body().collect().await.unwrap();
            };
            AssertUnwindSafe(whole).catch_unwind().await.unwrap_err();
            let end = end(&captured, prefix);
            assert!(end.name().ends_with(".exception"));
            assert_eq!(ending(&end), ended("panic", "boom", status));
        }
    }
}

#[tokio::test]
async fn a_body_of_which_all_that_was_announced_was_read_is_at_its_end() {
    let captured = capture("client_announced.*");
    let service = service_fn(|_: Asked| async {
        let response = Response::builder().header(header::CONTENT_LENGTH, "6");
        Ok::<_, Infallible>(response.body(endless(&["one", "two"])).unwrap())
    });
    let client = calls("client_announced").layer().layer(service);
    let response = client
        .oneshot(request("GET", "http://127.0.0.1/"))
        .await
        .unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    assert!(captured.named("client_announced.stop").is_empty());
    body.frame().await.unwrap().unwrap();
    assert_eq!(
        ending(&end(&captured, "client_announced")),
        ended("ok", "", 200)
    );
    assert_emitted!(captured, "client_announced.stop", { response_size: 6 });
    drop(body);
    end(&captured, "client_announced");
}

#[tokio::test]
async fn an_error_of_any_type_is_an_error() {
    let captured = capture("client_odd_error.*");
    // No `Error`, not even something that can be printed.
    struct Odd;
    let service = service_fn(|_: Asked| async { Err::<Response<Body>, _>(Odd) });
    let client = calls("client_odd_error").layer().layer(service);
    assert!(client.oneshot(request("BREW", "/")).await.is_err());
    assert_eq!(
        ending(&end(&captured, "client_odd_error")),
        ended("error", "transport", 0)
    );
    assert_emitted!(captured, "client_odd_error.stop", {}, { method: "OTHER", host: "other" });
}

#[tokio::test]
async fn a_word_that_panics_leaves_the_call_the_error_that_it_was() {
    let captured = capture("client_word_panics.*");
    let calls = calls("client_word_panics").reason_with(|_| panic!("boom"));
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let client = calls.service(service_fn(move |_: Asked| async move {
        Err::<Response<Body>, _>(refused())
    }));
    let answer = client.oneshot(request("GET", "http://127.0.0.1/")).await;
    assert_eq!(answer.unwrap_err().kind(), refused().kind());
    let end = end(&captured, "client_word_panics");
    assert_eq!(ending(&end), ended("error", "transport", 0));
}

#[tokio::test]
async fn a_request_without_a_host_in_its_uri_is_known_by_its_header() {
    let captured = capture("client_by_header.*");
    let service = service_fn(|request: Asked| async move {
        let sent = request.headers().contains_key("traceparent");
        Ok::<_, Infallible>(Response::new(Body::from(sent.to_string())))
    });
    let calls = calls("client_by_header")
        .propagate_to(["127.0.0.1:80"])
        .unwrap();
    let mut client = calls.layer().layer(service);
    for (host, known, told) in [
        ("127.0.0.1:80", "127.0.0.1", "true"),
        ("127.0.0.1:81", "127.0.0.1", "false"),
        ("127.0.0.1@evil.test", "other", "false"),
    ] {
        let mut request = request("GET", "/");
        request
            .headers_mut()
            .insert(header::HOST, host.parse().unwrap());
        let response = client.call(request).await.unwrap();
        let sent = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(sent, told, "{host}");
        let stops = captured.named("client_by_header.stop");
        assert!(stops.last().unwrap().metadata_is("host", known), "{host}");
    }
}

/// A body of unknown length that says so when it has reached its end.
struct SaysSo(Vec<Frame<bytes::Bytes>>);

impl http_body::Body for SaysSo {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(self.0.remove(0))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

#[tokio::test]
async fn a_body_has_ended_when_it_says_so_and_after_its_trailers() {
    let data = || Frame::data(bytes::Bytes::from_static(b"data"));
    let trailers = || Frame::trailers(http::HeaderMap::new());
    for (prefix, frames, read) in [
        ("client_says_so", vec![data(), data()], 2),
        // Something that comes after trailers is against all rules, and nobody waits for it.
        ("client_trailers", vec![data(), trailers(), data()], 2),
    ] {
        let captured = capture(&format!("{prefix}.*"));
        let frames = Mutex::new(Some(frames));
        let service = service_fn(move |_: Asked| {
            let body = SaysSo(frames.lock().unwrap().take().unwrap());
            async { Ok::<_, Infallible>(Response::new(body)) }
        });
        let client = calls(prefix).service(service);
        let response = client
            .oneshot(request("GET", "http://127.0.0.1/"))
            .await
            .unwrap();
        let mut body = response.into_body();
        for _ in 0..read {
            assert!(captured.named(&format!("{prefix}.stop")).is_empty());
            body.frame().await.unwrap().unwrap();
        }
        assert_eq!(ending(&end(&captured, prefix)), ended("ok", "", 200));
    }
}

#[tokio::test]
async fn answers_to_head_and_connect_have_no_body_whatever_they_announce() {
    for (prefix, method) in [("client_of_head", "HEAD"), ("client_of_connect", "CONNECT")] {
        let captured = capture(&format!("{prefix}.*"));
        let service = service_fn(|_: Asked| async {
            let response = Response::builder().header(header::CONTENT_LENGTH, "6");
            Ok::<_, Infallible>(response.body(endless(&["one"])).unwrap())
        });
        let client = calls(prefix).service(service);
        let response = client
            .oneshot(request(method, "127.0.0.1:80"))
            .await
            .unwrap();
        assert_eq!(ending(&end(&captured, prefix)), ended("ok", "", 200));
        drop(response);
    }
}

#[tokio::test]
async fn an_answer_that_is_held_by_someone_who_panics_ends_by_the_panic() {
    let captured = capture("client_held.*");
    let service =
        service_fn(|_: Asked| async { Ok::<_, Infallible>(Response::new(endless(&["one"]))) });
    let client = calls("client_held").service(service);
    let holder = async {
        let _response = client.oneshot(request("GET", "http://127.0.0.1/")).await;
        panic!("boom");
    };
    AssertUnwindSafe(holder).catch_unwind().await.unwrap_err();
    let end = end(&captured, "client_held");
    assert!(end.name().ends_with(".exception") && end.metadata_is("outcome", "panic"));
}
