//! The axum route.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use telemetry::execute;
use telemetry_metrics::counter;
use telemetry_prometheus::CONTENT_TYPE;
use tower::ServiceExt;

use crate::strict;
use crate::support::{reporter, start};

async fn ask(app: &Router, method: Method, path: &str) -> (StatusCode, String, String, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let header = |name| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (kind, length) = (header(header::CONTENT_TYPE), header(header::CONTENT_LENGTH));
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (
        status,
        kind,
        length,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn get_answers_with_the_text_and_head_without() {
    let aggregator = start([counter("prom_route.stop.count")]);
    let prometheus = reporter(&aggregator);
    let app: Router = Router::new().merge(prometheus.router());
    execute!("prom_route.stop");

    let (status, kind, length, body) = ask(&app, Method::GET, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(kind, CONTENT_TYPE);
    assert_eq!(length, body.len().to_string());
    assert!(body.contains("\nprom_route_stop_count_total 1\n"));
    strict::parse(&body).unwrap();

    let (status, kind, head_length, body) = ask(&app, Method::HEAD, "/metrics").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    assert_eq!((kind.as_str(), head_length), (CONTENT_TYPE, length));

    let (status, ..) = ask(&app, Method::POST, "/metrics").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(aggregator.health()[0].sent, 2);
}

#[tokio::test]
async fn the_route_fits_any_path_and_state() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let app: Router<u8> = Router::new().route("/internal/numbers", prometheus.route());
    let app = app.with_state(7);
    let (status, .., body) = ask(&app, Method::GET, "/internal/numbers").await;
    assert_eq!(status, StatusCode::OK);
    strict::parse(&body).unwrap();
}
