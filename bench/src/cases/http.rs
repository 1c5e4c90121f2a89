//! One request to an axum router, called as a server calls it, and its answer read to the end.
//!
//! There is no network in it: a request over loopback costs fifty times as much as any layer does.
//! What a layer costs is what the router costs more with it. The request has the headers that a
//! browser's has, and where it says so a `traceparent`, which is read and answered.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use axum::routing::get;
use telemetry::{Event, attach};
use telemetry_http::TelemetryLayer;
use telemetry_metrics::{Aggregator, Data};
use tower_service::Service;

use super::poll_once;
use crate::harness::{Case, Prepared, Run, Table, repeat, seen};

/// A router without anything, and with ours.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Http, format!("http.{id}"), label, prepare)
    };
    vec![
        case("axum", "a router", || {
            Prepared::unseen(requests(Layered::None, false))
        }),
        case("ours.none", "`TelemetryLayer`, nobody", || {
            Prepared::unseen(requests(ours(), false))
        }),
        case(
            "ours.noop",
            "`TelemetryLayer`, 1 no-op handler on stop",
            || {
                attach("bench-noop", "bench.endpoint.stop", |_| seen()).expect("a valid name");
                Prepared::seen(1, requests(Layered::Ours(plain()), false))
            },
        ),
        case(
            "ours.visit",
            "`TelemetryLayer`, 1 handler on stop visits",
            || {
                visited();
                Prepared::seen(1, requests(Layered::Ours(plain()), false))
            },
        ),
        case(
            "ours.visit.traceparent",
            "the same, `traceparent` read and answered",
            || {
                visited();
                Prepared::seen(1, requests(ours(), true))
            },
        ),
        case(
            "ours.metrics",
            "`TelemetryLayer` into all of `telemetry_http::metrics`",
            || {
                let aggregator = Aggregator::builder()
                    .metrics(telemetry_http::metrics("bench.endpoint"))
                    .start()
                    .expect("valid definitions");
                Prepared::total(1, requests(ours(), false), move || stops(&aggregator))
            },
        ),
    ]
}

fn layer() -> TelemetryLayer {
    TelemetryLayer::new("bench.endpoint").expect("a valid name")
}

/// Without ids in headers, of which the peer knows nothing.
fn plain() -> TelemetryLayer {
    layer().trust_traceparent(false).answer_traceparent(false)
}

fn ours() -> Layered {
    Layered::Ours(layer())
}

fn visited() {
    attach("bench-visit", "bench.endpoint.stop", visit).expect("a valid name");
}

fn visit(event: &Event<'_>) {
    let measurements = event.measurements().map(std::hint::black_box).count();
    let metadata = event.all_metadata().map(std::hint::black_box).count();
    if measurements >= 3 && metadata >= 4 {
        seen();
    }
}

/// How many requests the one counter of all of them has seen.
fn stops(aggregator: &Aggregator) -> u64 {
    let snapshot = aggregator.snapshot();
    let family = snapshot
        .families
        .iter()
        .find(|family| family.definition.name() == "bench.endpoint.stop.count")
        .expect("a definition of that name");
    let counts = family.series.iter().map(|series| match &series.data {
        Data::Counter(count) => *count,
        _ => 0,
    });
    counts.sum()
}

/// What is put around the router.
pub enum Layered {
    /// Nothing.
    None,
    /// Ours.
    Ours(TelemetryLayer),
    /// That of `tower-http`, as it comes.
    Trace,
}

/// Makes requests to a router of one route, which is so layered.
pub fn requests(layered: Layered, traced: bool) -> Run {
    let router = Router::new().route("/users/{id}", get(|| async { "Ada" }));
    let router: Router = match layered {
        Layered::None => router,
        Layered::Ours(layer) => router.layer(layer),
        Layered::Trace => router.layer(tower_http::trace::TraceLayer::new_for_http()),
    };
    let uri = Uri::from_static("/users/7");
    let headers = headers(traced);
    repeat(move |_| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers.clone();
        // A server has a copy for each connection.
        let mut router = router.clone();
        poll_once(async move {
            let Ok(response) = router.call(request).await;
            read(response.into_body());
        });
    })
}

fn headers(traced: bool) -> HeaderMap {
    let traceparent = HeaderName::from_static("traceparent");
    let parent =
        HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let usual = [
        (header::HOST, HeaderValue::from_static("127.0.0.1:4000")),
        (header::ACCEPT, HeaderValue::from_static("text/html")),
        (header::USER_AGENT, HeaderValue::from_static("Mozilla/5.0")),
    ];
    usual
        .into_iter()
        .chain(traced.then_some((traceparent, parent)))
        .collect()
}

fn read(body: Body) {
    let mut body = pin!(body);
    let mut context = Context::from_waker(Waker::noop());
    let mut bytes = 0;
    while !body.is_end_stream() {
        match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(Some(frame)) => {
                bytes += frame.map_or(0, |frame| frame.into_data().map_or(0, |data| data.len()))
            }
            Poll::Ready(None) => break,
            Poll::Pending => unreachable!("the body is there"),
        }
    }
    assert_eq!(bytes, 3, "the answer was read");
}
