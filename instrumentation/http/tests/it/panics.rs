//! Panics: one exception, no stop, and the panic goes on.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::routing::get;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http_body::Frame;
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use crate::record::{Recorder, Seen, ask, endless, request, route};

#[track_caller]
fn assert_exception(end: &Seen, reason: &str) {
    assert_eq!(end.ending(), ("exception", "panic", 0));
    assert_eq!((end.text("kind"), end.text("reason")), ("panic", reason));
    assert!(!end.metadata.contains_key("status"));
    assert!(!end.metadata.contains_key("status_class"));
    assert!(end.time("duration").is_some());
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_exception_and_is_answered_outside() {
    let recorder = Recorder::new("http_panics.handler");
    let app = Router::new()
        .route(
            "/{id}",
            get(|| async {
                if true {
                    panic!("no user {}", 7)
                }
            }),
        )
        .layer(recorder.layer())
        .layer(CatchPanicLayer::new());
    assert_eq!(ask(&app, "GET", "/7").await.0, 500);
    let end = recorder.end();
    assert_exception(&end, "no user 7");
    assert_eq!(end.text("route"), route("/{id}"));
    assert_eq!(end.time("headers_time"), None);
}

#[tokio::test]
async fn a_panic_after_waiting_is_an_exception() {
    let recorder = Recorder::new("http_panics.later");
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                tokio::task::yield_now().await;
                if true {
                    panic!("later")
                }
            }),
        )
        .layer(recorder.layer())
        .layer(CatchPanicLayer::new());
    assert_eq!(ask(&app, "GET", "/").await.0, 500);
    assert_exception(&recorder.end(), "later");
}

#[tokio::test]
async fn a_panic_in_call_is_an_exception() {
    let recorder = Recorder::new("http_panics.call");
    let service = service_fn(|request: Request| {
        assert!(request.uri().path() != "/", "called");
        async { Ok::<_, Infallible>(Response::new(Body::empty())) }
    });
    let service = CatchPanicLayer::new().layer(recorder.layer().layer(service));
    let response = service.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_exception(&recorder.end(), "called");
}

#[tokio::test]
async fn a_panic_in_a_body_is_an_exception_without_status() {
    let recorder = Recorder::new("http_panics.body");
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                Body::from_stream(stream::iter(0..3).map(|at| {
                    assert!(at < 2, "chunk two");
                    Ok::<_, Infallible>("chunk")
                }))
            }),
        )
        .layer(recorder.layer())
        .layer(CatchPanicLayer::new());
    let mut body = app.oneshot(request("GET", "/")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    assert!(AssertUnwindSafe(body.frame()).catch_unwind().await.is_err());
    assert_exception(&recorder.end(), "chunk two");
    drop(body);
    assert_eq!(recorder.ends().len(), 1);
}

/// A body whose word about itself panics.
struct Mute;

impl http_body::Body for Mute {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        panic!("nothing to say")
    }
}

#[tokio::test]
async fn a_panic_in_what_a_body_says_of_itself_is_an_exception() {
    let recorder = Recorder::new("http_panics.mute");
    let service = service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Mute)) });
    let response = recorder.layer().layer(service).oneshot(request("GET", "/"));
    assert!(AssertUnwindSafe(response).catch_unwind().await.is_err());
    assert_exception(&recorder.end(), "nothing to say");
}

#[tokio::test]
async fn a_panic_in_what_a_requests_body_says_of_itself_is_an_exception() {
    struct Announces;
    impl http_body::Body for Announces {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(None)
        }
        fn size_hint(&self) -> http_body::SizeHint {
            panic!("boom")
        }
    }
    let recorder = Recorder::new("http_panics.announces");
    let layer = recorder.layer();
    let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let response = layer.layer(service).oneshot(http::Request::new(Announces));
    let whole = AssertUnwindSafe(response).catch_unwind();
    whole.await.unwrap_err();
    assert_exception(&recorder.end(), "boom");
    assert_eq!(layer.in_flight().count(), 0);
}

#[tokio::test]
async fn an_answer_that_is_held_by_someone_who_panics_is_an_exception_without_status() {
    let recorder = Recorder::new("http_panics.held");
    let service =
        service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(endless(&["one"]))) });
    let response = recorder.layer().layer(service).oneshot(request("GET", "/"));
    let holder = async {
        let _response = response.await;
        panic!("boom");
    };
    AssertUnwindSafe(holder).catch_unwind().await.unwrap_err();
    let end = recorder.end();
    assert_exception(&end, end.text("reason"));
    assert_eq!(end.number("response_size"), Some(0));
}

#[tokio::test]
async fn a_panic_without_text_is_passed_on_as_it_is() {
    struct Own(u8);
    let recorder = Recorder::new("http_panics.payload");
    let service = service_fn(|_: Request| async {
        if true {
            std::panic::panic_any(Own(7));
        }
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let response = recorder.layer().layer(service).oneshot(request("GET", "/"));
    let payload = AssertUnwindSafe(response)
        .catch_unwind()
        .await
        .err()
        .unwrap();
    assert_eq!(payload.downcast_ref::<Own>().unwrap().0, 7);
    assert_eq!(recorder.end().ending(), ("exception", "panic", 0));
}

#[tokio::test]
async fn an_error_whose_text_panics_is_still_one_event() {
    #[derive(Debug)]
    struct Sour;
    impl std::fmt::Display for Sour {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("sour")
        }
    }
    let recorder = Recorder::new("http_panics.sour");
    let service = service_fn(|_: Request| async { Err::<Response<Body>, _>(Sour) });
    let response = recorder.layer().layer(service).oneshot(request("GET", "/"));
    // The service failed; that its error cannot be printed is no reason to fail any further.
    let answer = AssertUnwindSafe(response).catch_unwind().await;
    assert!(matches!(answer, Ok(Err(Sour))));
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "error", 0));
}

#[tokio::test]
async fn a_panic_in_a_destructor_is_still_one_event() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let recorder = Recorder::new("http_panics.destructor");
    let service = service_fn(|_: Request| async {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let mut waiting = Box::pin(recorder.layer().layer(service).oneshot(request("GET", "/")));
    assert!(crate::record::poll_once(waiting.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(waiting))).is_err());
    assert_eq!(recorder.end().event, "exception");
}

#[tokio::test]
async fn a_panic_in_the_destructor_of_a_body_is_an_exception_with_its_message() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let recorder = Recorder::new("http_panics.body_destructor");
    let layer = recorder.layer();
    let in_flight = layer.in_flight();
    let service = service_fn(|_: Request| async {
        let bomb = Bomb;
        let chunks = stream::pending::<Result<&str, Infallible>>().map(move |chunk| {
            let _owned = &bomb;
            chunk
        });
        Ok::<_, Infallible>(Response::new(Body::from_stream(chunks)))
    });
    let response = layer.layer(service).oneshot(request("GET", "/"));
    let response = response.await.unwrap();
    assert_eq!(in_flight.count(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(response))).is_err());
    assert_exception(&recorder.end(), "boom");
    assert_eq!(in_flight.count(), 0);
}
