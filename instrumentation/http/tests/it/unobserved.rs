//! What nobody observes costs nothing.

use std::convert::Infallible;
use std::future::{Ready, ready};

use axum::extract::Request;
use axum::http::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use telemetry_counting::Counting;
use telemetry_http::{RouteLayer, TelemetryLayer};
use tower::{Layer, Service, service_fn};

use crate::record::{Recorder, poll_once, request};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What it allocates to call a service that allocates nothing, and to read its answer.
fn allocations<S, B>(service: &mut S) -> u64
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    B: http_body::Body + Unpin,
{
    let request = request("GET", "/");
    let before = telemetry_counting::allocations();
    let mut answer = std::pin::pin!(service.call(request));
    let std::task::Poll::Ready(Ok(response)) = poll_once(answer.as_mut()) else {
        panic!("not ready")
    };
    let mut body = response.into_body();
    assert!(poll_once(std::pin::pin!(body.frame())).is_ready());
    telemetry_counting::allocations() - before
}

fn bare(_: Request) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::new(Bytes::from_static(b"fine")))))
}

#[test]
fn an_unobserved_request_allocates_nothing() {
    let layer = TelemetryLayer::new("http_unobserved.nobody").unwrap();
    let mut service = layer.layer(RouteLayer::new().layer(service_fn(bare)));
    assert_eq!(allocations(&mut service), 0);

    // The same with an observer, so that the zero above is known to mean something.
    let recorder = Recorder::new("http_unobserved.somebody");
    let mut service = recorder
        .layer()
        .layer(RouteLayer::new().layer(service_fn(bare)));
    assert_ne!(allocations(&mut service), 0);
    assert_eq!(recorder.end().ending(), ("stop", "ok", 200));
}

#[test]
fn whether_it_is_observed_is_decided_at_the_start() {
    let layer = TelemetryLayer::new("http_unobserved.late").unwrap();
    let mut service = layer.layer(service_fn(bare));
    let answer = service.call(request("GET", "/"));
    let recorder = Recorder::new("http_unobserved.late");
    assert!(poll_once(std::pin::pin!(answer)).is_ready());
    assert!(recorder.ends().is_empty(), "a stop without a start");
}

#[test]
fn a_panic_passes_an_unobserved_layer() {
    let layer = TelemetryLayer::new("http_unobserved.panic").unwrap();
    let mut service = layer.layer(service_fn(|_: Request| async {
        assert!(std::hint::black_box(false), "through");
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
    }));
    let mut answer = Box::pin(service.call(request("GET", "/")));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = poll_once(answer.as_mut());
    }));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "through");
}
