//! Which trace a call belongs to, here and at the other end.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request as Received;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use telemetry::testing::capture;
use telemetry::{OwnedEvent, SpanContext, span};
use telemetry_http::TelemetryLayer;
use tower::retry::{Policy, Retry};
use tower::{Layer, ServiceExt, service_fn};

use crate::client_support::{Upstream, ask, calls, hyper_client, request};

const THEIRS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

fn own_context(event: &OwnedEvent) -> SpanContext {
    event.span().unwrap().context()
}

#[tokio::test]
async fn the_server_sees_the_calls_span_in_the_callers_trace() {
    let upstream = Upstream::start(hello()).await;
    let captured = capture("client_trace.*");
    let mut client = hyper_client(&calls("client_trace.call"));
    let caller = span!("client_trace.caller");
    let above = caller.context().unwrap();
    caller
        .wrap(ask(&mut client, request("GET", &upstream.url("/"))))
        .await;

    let stop = &captured.named("client_trace.call.stop")[0];
    assert_eq!(stop.span().unwrap().parent(), Some(above));
    assert_eq!(own_context(stop).trace_id(), above.trace_id());
    let header = own_context(stop).traceparent().to_string();
    assert_eq!(upstream.seen("traceparent"), [Some(header)]);
}

#[tokio::test]
async fn a_call_that_nobody_observes_hands_on_what_is_current_and_nothing_else() {
    let upstream = Upstream::start(hello()).await;
    let mut client = hyper_client(&calls("client_unobserved"));
    let url = upstream.url("/");
    let current: SpanContext = THEIRS.parse().unwrap();
    current.wrap(ask(&mut client, request("GET", &url))).await;
    ask(&mut client, request("GET", &url)).await;
    // Flags that nobody knows yet are not handed on, but this is none of our business.
    let by_hand_text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff";
    let mut by_hand = request("GET", &url);
    by_hand
        .headers_mut()
        .insert("traceparent", by_hand_text.parse().unwrap());
    ask(&mut client, by_hand).await;
    assert_eq!(
        upstream.seen("traceparent"),
        [Some(THEIRS.to_owned()), None, Some(by_hand_text.to_owned())]
    );
}

#[tokio::test]
async fn a_header_of_the_callers_own_is_the_parent_unless_something_is_current() {
    let upstream = Upstream::start(hello()).await;
    let captured = capture("client_by_hand.*");
    let mut client = hyper_client(&calls("client_by_hand"));
    let theirs: SpanContext = THEIRS.parse().unwrap();
    let with_header = || {
        let mut request = request("GET", &upstream.url("/"));
        request
            .headers_mut()
            .insert("traceparent", THEIRS.parse().unwrap());
        request
            .headers_mut()
            .insert("tracestate", "a=1".parse().unwrap());
        request
    };
    ask(&mut client, with_header()).await;
    let current = SpanContext::new_root();
    current.wrap(ask(&mut client, with_header())).await;

    let stops = captured.named("client_by_hand.stop");
    let parents: Vec<_> = stops
        .iter()
        .map(|stop| stop.span().unwrap().parent())
        .collect();
    assert_eq!(parents, [Some(theirs), Some(current)]);
    let sent: Vec<_> = stops
        .iter()
        .map(|stop| Some(own_context(stop).to_string()))
        .collect();
    assert_eq!(upstream.seen("traceparent"), sent);
    // The state belongs to the trace that it came with.
    assert_eq!(upstream.seen("tracestate"), [Some("a=1".to_owned()), None]);
}

/// A request that is handed on by a server whose layer nobody observes.
#[tokio::test]
async fn a_header_that_the_server_does_not_trust_is_nobodys_parent() {
    let captured = capture("client_distrusts.api.*");
    let client = calls("client_distrusts.api").service(service_fn(|_: Received| async {
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let edge = TelemetryLayer::new("client_distrusts.edge").unwrap();
    for trust in [false, true] {
        let mut request = Received::new(Body::empty());
        let header = THEIRS.parse().unwrap();
        request.headers_mut().insert("traceparent", header);
        let server = edge.trust_traceparent(trust).layer(client.clone());
        server.oneshot(request).await.unwrap();
    }
    let stops = captured.named("client_distrusts.api.stop");
    let parents: Vec<_> = stops
        .iter()
        .map(|stop| stop.span().unwrap().parent())
        .collect();
    assert_eq!(parents, [None, THEIRS.parse().ok()]);
}

#[tokio::test]
async fn a_host_that_is_not_to_be_told_is_not_told() {
    let upstream = Upstream::start(hello()).await;
    let captured = capture("client_private.*");
    let calls = calls("client_private");
    let url = upstream.url("/");
    let current = SpanContext::new_root();
    for (calls, told) in [
        (calls.clone().propagate_nowhere(), false),
        (calls.clone().propagate_to(["*.internal"]).unwrap(), false),
        (calls.clone().propagate_to(["127.0.0.1"]).unwrap(), true),
        (
            calls
                .propagate_nowhere()
                .propagate_to(["127.0.0.1"])
                .unwrap(),
            true,
        ),
    ] {
        let mut client = hyper_client(&calls);
        current.wrap(ask(&mut client, request("GET", &url))).await;
        let seen = upstream.seen("traceparent");
        assert_eq!(seen.last().unwrap().is_some(), told);
    }
    // The calls are spans of the trace all the same.
    let stops = captured.named("client_private.stop");
    assert_eq!(stops.len(), 4);
    for stop in stops {
        assert_eq!(stop.span().unwrap().parent(), Some(current));
    }
}

/// Tries again after a 503.
#[derive(Clone)]
struct Again;

impl<B, E> Policy<Request<Empty<Bytes>>, Response<B>, E> for Again {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Empty<Bytes>>,
        result: &mut Result<Response<B>, E>,
    ) -> Option<Self::Future> {
        let busy = matches!(result, Ok(response) if response.status() == 503);
        busy.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Empty<Bytes>>) -> Option<Request<Empty<Bytes>>> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn each_try_is_a_span_of_its_own() {
    let tries = Arc::new(AtomicUsize::new(0));
    let app = Router::new().route(
        "/",
        get(move || {
            let at = tries.fetch_add(1, Ordering::Relaxed);
            async move {
                if at < 2 {
                    StatusCode::SERVICE_UNAVAILABLE
                } else {
                    StatusCode::OK
                }
            }
        }),
    );
    let upstream = Upstream::start(app).await;
    let captured = capture("client_retry.*");
    let mut client = Retry::new(Again, hyper_client(&calls("client_retry.call")));
    let caller = span!("client_retry.caller");
    let above = caller.context();
    caller
        .wrap(ask(&mut client, request("GET", &upstream.url("/"))))
        .await;

    let stops = captured.named("client_retry.call.stop");
    let statuses: Vec<_> = stops
        .iter()
        .map(|stop| stop.metadata("status").unwrap().as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [503, 503, 200]);
    for stop in &stops {
        assert_eq!(stop.span().unwrap().parent(), above);
    }
    let sent: Vec<_> = stops
        .iter()
        .map(|stop| Some(own_context(stop).to_string()))
        .collect();
    assert_eq!(upstream.seen("traceparent"), sent);
    assert_ne!(sent[0], sent[1]);
}
