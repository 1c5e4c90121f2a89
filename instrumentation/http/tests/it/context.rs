//! What is current while a request is worked on.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use bytes::Bytes;
use http_body::Frame;
use telemetry::SpanContext;
use telemetry_http::TelemetryLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::record::{Recorder, poll_once, request};

const THEIRS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Where something looked at what is current, and what it saw.
type Look = (&'static str, Option<SpanContext>);

#[derive(Clone, Default)]
struct Looks(Arc<Mutex<Vec<Look>>>);

impl Looks {
    fn look(&self, place: &'static str) {
        self.0.lock().unwrap().push((place, SpanContext::current()));
    }

    #[track_caller]
    fn assert_all(&self, expected: Option<SpanContext>, places: &[&str]) {
        let seen = self.0.lock().unwrap();
        assert!(seen.iter().map(|(place, _)| place).eq(places), "{seen:?}");
        for (place, context) in seen.iter() {
            assert_eq!(*context, expected, "{place}");
        }
    }
}

/// Looks when it is dropped.
struct Dropped(Looks, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.look(self.1);
    }
}

/// A body of two frames.
struct Looking {
    left: u8,
    looks: Looks,
    _dropped: Dropped,
}

impl http_body::Body for Looking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.looks.look("body");
        Poll::Ready(self.left.checked_sub(1).map(|left| {
            self.left = left;
            Ok(Frame::data(Bytes::from_static(b"frame")))
        }))
    }
}

/// A service that looks wherever it can.
fn looking(
    looks: &Looks,
) -> impl Service<
    Request,
    Response = Response<Looking>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Looking>, Infallible>> + use<>,
> + use<> {
    let looks = looks.clone();
    service_fn(move |_: Request| {
        looks.look("call");
        let looks = looks.clone();
        let dropped = Dropped(looks.clone(), "future dropped");
        async move {
            looks.look("poll");
            tokio::task::yield_now().await;
            looks.look("poll again");
            drop(dropped);
            Ok(Response::new(Looking {
                left: 2,
                looks: looks.clone(),
                _dropped: Dropped(looks, "body dropped"),
            }))
        }
    })
}

fn with_header(values: &[&str]) -> Request {
    let mut request = request("GET", "/");
    for value in values {
        request
            .headers_mut()
            .append("traceparent", value.parse().unwrap());
    }
    request
}

const WHOLE: [&str; 8] = [
    "call",
    "poll",
    "poll again",
    "future dropped",
    "body",
    "body",
    "body",
    "body dropped",
];

/// Reads the whole answer.
async fn drive<S, B>(service: S, request: Request)
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Error = Infallible>,
{
    let response = service.oneshot(request).await.unwrap();
    let mut body = pin!(response.into_body());
    while std::future::poll_fn(|cx| body.as_mut().poll_frame(cx))
        .await
        .is_some()
    {}
}

#[tokio::test]
async fn the_span_is_current_wherever_the_service_runs() {
    let recorder = Recorder::new("http_context.everywhere");
    let looks = Looks::default();
    drive(recorder.layer().layer(looking(&looks)), with_header(&[])).await;
    let end = recorder.end();
    assert_eq!(end.parent, None);
    looks.assert_all(Some(end.context), &WHOLE);
    assert_eq!(SpanContext::current(), None, "nothing is left behind");
}

#[tokio::test]
async fn it_is_current_while_what_is_given_up_is_dropped() {
    let recorder = Recorder::new("http_context.given_up");
    let looks = Looks::default();
    let mut service = recorder.layer().layer(looking(&looks));
    {
        let mut answer = pin!(service.call(request("GET", "/")));
        assert!(poll_once(answer.as_mut()).is_pending());
    }
    looks.assert_all(
        Some(recorder.end().context),
        &["call", "poll", "future dropped"],
    );

    let looks = Looks::default();
    let service = recorder.layer().layer(looking(&looks));
    drop(service.oneshot(request("GET", "/")).await.unwrap());
    looks.assert_all(
        Some(recorder.ends()[1].context),
        &[
            "call",
            "poll",
            "poll again",
            "future dropped",
            "body dropped",
        ],
    );
}

#[tokio::test]
async fn callers_are_believed_whether_or_not_somebody_observes() {
    let theirs: SpanContext = THEIRS.parse().unwrap();
    let recorder = Recorder::new("http_context.observed");
    let looks = Looks::default();
    let service = recorder.layer().layer(looking(&looks));
    drive(service, with_header(&[THEIRS])).await;
    let end = recorder.end();
    assert_eq!(end.parent, Some(theirs));
    assert_eq!(end.context.trace_id(), theirs.trace_id());
    assert_eq!(recorder.starts()[0].parent, Some(theirs));
    looks.assert_all(Some(end.context), &WHOLE);

    let looks = Looks::default();
    let nobody = TelemetryLayer::new("http_context.nobody").unwrap();
    drive(nobody.layer(looking(&looks)), with_header(&[THEIRS])).await;
    looks.assert_all(Some(theirs), &WHOLE);
}

#[tokio::test]
async fn what_is_no_caller_begins_a_new_trace() {
    for (prefix, values) in [
        ("http_context.none", &[][..]),
        ("http_context.garbage", &["garbage"]),
        ("http_context.two", &[THEIRS, THEIRS]),
        (
            "http_context.zero",
            &["00-00000000000000000000000000000000-b7ad6b7169203331-01"],
        ),
    ] {
        let recorder = Recorder::new(prefix);
        let service = recorder.layer().layer(looking(&Looks::default()));
        drive(service, with_header(values)).await;
        let end = recorder.end();
        assert_eq!(end.parent, None, "{prefix}");
        assert!(!THEIRS.contains(&end.context.trace_id().to_string()));
    }
    // And where nobody observes, nothing is current.
    let looks = Looks::default();
    let nobody = TelemetryLayer::new("http_context.nobody_at_all").unwrap();
    drive(nobody.layer(looking(&looks)), with_header(&["garbage"])).await;
    looks.assert_all(None, &WHOLE);
}

#[tokio::test]
async fn layers_around_each_other_are_parent_and_child() {
    for (outer, inner, trust) in [
        ("http_context.outer", "http_context.inner", true),
        ("http_context.outer_shy", "http_context.inner_shy", false),
    ] {
        let (outer, inner) = (Recorder::new(outer), Recorder::new(inner));
        let looks = Looks::default();
        let service = inner.layer().layer(looking(&looks));
        let service = outer.layer().trust_traceparent(trust).layer(service);
        drive(service, with_header(&[THEIRS])).await;
        assert_eq!(outer.end().parent, trust.then(|| THEIRS.parse().unwrap()));
        assert_eq!(inner.end().parent, Some(outer.end().context));
        looks.assert_all(Some(inner.end().context), &WHOLE);
    }
}

#[tokio::test]
async fn spans_and_events_inside_belong_to_the_request() {
    let recorder = Recorder::new("http_context.request");
    let inside = Recorder::new("http_context.query");
    let work = telemetry::SpanName::new("http_context.query").unwrap();
    let service = service_fn(move |_: Request| async move {
        telemetry::span!(work).finish();
        // A task begins with nothing, unless it is taken along.
        let alone = tokio::spawn(async { SpanContext::current() });
        let along = tokio::spawn(telemetry::in_current_context(async {
            SpanContext::current()
        }));
        assert_eq!(alone.await.unwrap(), None);
        assert_eq!(along.await.unwrap(), SpanContext::current());
        assert!(SpanContext::current().is_some());
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let layered = recorder.layer().layer(service);
    layered.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(inside.end().parent, Some(recorder.end().context));
}
