//! The number of requests in flight: back at zero, whatever happens to them.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use telemetry_http::TelemetryLayer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use crate::record::{Recorder, Server, ask, endless, poll_once, request};

fn app(layer: TelemetryLayer) -> Router {
    Router::new()
        .route("/", get(|| async { "fine" }))
        .route("/wait", get(std::future::pending::<()>))
        .route("/endless", get(|| async { endless(&["one"]) }))
        .route(
            "/upgrade",
            get(|| async { (StatusCode::SWITCHING_PROTOCOLS, endless(&[])) }),
        )
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("out")
                }
            }),
        )
        .layer(layer)
}

/// All ways to end, one after the other.
async fn all_ends(layer: TelemetryLayer) {
    let in_flight = layer.in_flight();
    let app = app(layer);
    let expect = |count, way| assert_eq!(in_flight.count(), count, "{way}");

    ask(&app, "GET", "/").await;
    expect(0, "answered");
    ask(&app, "HEAD", "/").await;
    expect(0, "answered without a body");

    let mut waiting = Box::pin(app.clone().oneshot(request("GET", "/wait")));
    assert!(poll_once(waiting.as_mut()).is_pending());
    expect(1, "waiting");
    drop(waiting);
    expect(0, "given up by its client");

    let mut service = layer.layer(app.clone());
    let unpolled = service.call(request("GET", "/"));
    expect(1, "called");
    drop(unpolled);
    expect(0, "never polled");

    let answer = app.clone().oneshot(request("GET", "/endless"));
    let mut body = answer.await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    expect(1, "half read");
    drop(body);
    expect(0, "given up half-way");

    let upgrade = app
        .clone()
        .oneshot(request("GET", "/upgrade"))
        .await
        .unwrap();
    expect(0, "upgraded: no request any more");
    drop(upgrade);

    let panics = AssertUnwindSafe(app.clone().oneshot(request("GET", "/panic")));
    assert!(panics.catch_unwind().await.is_err());
    expect(0, "panicked");
    let mut service = layer.layer(service_fn(|_: Request| {
        if true {
            panic!("called");
        }
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    }));
    let call = AssertUnwindSafe(|| drop(service.call(request("GET", "/"))));
    assert!(std::panic::catch_unwind(call).is_err());
    expect(0, "panicked in call");

    let broken = service_fn(|_: Request| async { Err::<Response<Body>, _>("broken") });
    let answer = layer.layer(broken).oneshot(request("GET", "/")).await;
    assert!(answer.is_err());
    expect(0, "the service failed");
}

#[tokio::test]
async fn every_end_counts_off_exactly_one() {
    let recorder = Recorder::new("http_in_flight.observed");
    all_ends(recorder.layer()).await;
    assert_eq!(recorder.starts().len(), recorder.ends().len());
    all_ends(TelemetryLayer::new("http_in_flight.nobody").unwrap()).await;
}

#[tokio::test]
async fn the_events_see_the_request_between_them() {
    let layer = TelemetryLayer::new("http_in_flight.events").unwrap();
    let (in_flight, seen) = (layer.in_flight(), Arc::new(Mutex::new(Vec::new())));
    let _attached = telemetry::attach("http_in_flight.events", "http_in_flight.events.*", {
        let seen = Arc::clone(&seen);
        move |_| seen.lock().unwrap().push(in_flight.count())
    })
    .unwrap()
    .guard();
    ask(&app(layer), "GET", "/").await;
    assert_eq!(*seen.lock().unwrap(), [1, 0]);
}

#[tokio::test]
async fn the_measurement_emits_the_count_and_the_peak_since_the_last_time() {
    let layer = TelemetryLayer::new("http_in_flight.gauge").unwrap();
    let measurement = layer.in_flight().measurement();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let _attached = telemetry::attach("http_in_flight.gauge", "http_in_flight.gauge.in_flight", {
        let seen = Arc::clone(&seen);
        move |event| {
            let number = |key| event.measurement(key).unwrap().as_f64().unwrap();
            seen.lock().unwrap().push((number("count"), number("peak")));
        }
    })
    .unwrap()
    .guard();
    let app = app(layer);
    let begin = || {
        let mut waiting = Box::pin(app.clone().oneshot(request("GET", "/wait")));
        assert!(poll_once(waiting.as_mut()).is_pending());
        waiting
    };
    let three = [begin(), begin(), begin()];
    measurement();
    drop(three);
    measurement();
    measurement();
    assert_eq!(*seen.lock().unwrap(), [(3.0, 3.0), (0.0, 3.0), (0.0, 0.0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_over_the_wire_leaves_nobody_behind() {
    const CLIENTS: usize = 60;
    let recorder = Recorder::new("http_in_flight.wire");
    let layer = recorder.layer();
    let in_flight = layer.in_flight();
    let server = Server::start(app(layer).layer(CatchPanicLayer::new())).await;
    let mut clients = Vec::new();
    for at in 0..CLIENTS {
        let mut client = server.connect().await;
        let path = ["/wait", "/endless", "/panic"][at % 3];
        client.send("GET", path).await;
        clients.push(client);
    }
    recorder.until_starts(CLIENTS).await;
    // All those that panic have ended, and nobody else.
    recorder.until_ends(CLIENTS / 3).await;
    assert_eq!(in_flight.count(), CLIENTS / 3 * 2);
    drop(clients);
    recorder.until_ends(CLIENTS).await;
    server.stop().await;
    assert_eq!(in_flight.count(), 0);
    assert_eq!(recorder.ends().len(), CLIENTS);
    assert!((CLIENTS / 3 * 2..=CLIENTS).contains(&in_flight.peak()));
}
