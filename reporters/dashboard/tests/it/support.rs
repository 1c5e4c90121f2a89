//! Requests to a dashboard, without a network.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{HOST, LOCATION};
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use telemetry_dashboard::{Access, Dashboard, DashboardBuilder};
use telemetry_metrics::Aggregator;
use tower::ServiceExt;

/// A browser on this machine.
pub(crate) const PEER: &str = "127.0.0.1:50000";

/// An aggregator with these definitions, on which there is a dashboard.
pub(crate) fn aggregator() -> Aggregator {
    Aggregator::builder().start().unwrap()
}

/// A dashboard at `/dashboard`.
pub(crate) fn site(access: Access) -> Router {
    site_with(|builder| builder.access(access))
}

pub(crate) fn site_with(
    change: impl FnOnce(DashboardBuilder<'_>) -> DashboardBuilder<'_>,
) -> Router {
    let dashboard = dashboard_with(change);
    Router::new().nest_service("/dashboard", dashboard.router())
}

pub(crate) fn dashboard_with(
    change: impl FnOnce(DashboardBuilder<'_>) -> DashboardBuilder<'_>,
) -> Dashboard {
    let aggregator = aggregator();
    change(Dashboard::builder(&aggregator).history_memory(1 << 20))
        .start()
        .unwrap()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// All values, so that one that is there twice is noticed.
    pub(crate) fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
        values.join(" | ")
    }

    pub(crate) fn location(&self) -> String {
        self.header(LOCATION.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A request as a browser on this machine sends it, before anything is changed.
pub(crate) fn request(method: Method, path: &str) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "localhost:3000")
        .body(Body::empty())
        .unwrap();
    let peer: SocketAddr = PEER.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

pub(crate) fn with(mut request: Request<Body>, headers: &[(&str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

/// A stream does not end, so the answer to a request for one is its head alone.
pub(crate) async fn head_of(app: &Router, request: Request<Body>) -> Answer {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    drop(body);
    Answer {
        status: head.status,
        headers: head.headers,
        body: Bytes::new(),
    }
}

pub(crate) async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    ask(app, request(Method::GET, path)).await
}
