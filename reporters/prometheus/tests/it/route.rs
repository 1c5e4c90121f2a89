//! The axum route.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Method, Request, Response, StatusCode, header};
use telemetry::execute;
use telemetry_metrics::counter;
use telemetry_prometheus::{CONTENT_TYPE, Format, Prometheus};
use tower::ServiceExt;

use crate::support::{reporter, start};
use crate::{open, strict};

async fn ask(
    app: &Router,
    method: Method,
    path: &str,
    headers: &[(HeaderName, &str)],
) -> Response<String> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
}

fn header_of(response: &Response<String>, name: HeaderName) -> &str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn get_answers_with_the_text_and_head_without() {
    let aggregator = start([counter("prom_route.stop.count")]);
    let prometheus = reporter(&aggregator);
    let app: Router = Router::new().merge(prometheus.router());
    execute!("prom_route.stop");

    let get = ask(&app, Method::GET, "/metrics", &[]).await;
    assert_eq!(get.status(), StatusCode::OK);
    assert_eq!(header_of(&get, header::CONTENT_TYPE), CONTENT_TYPE);
    let length = get.body().len().to_string();
    assert_eq!(header_of(&get, header::CONTENT_LENGTH), length);
    assert!(get.body().contains("\nprom_route_stop_count_total 1\n"));
    strict::parse(get.body()).unwrap();

    let head = ask(&app, Method::HEAD, "/metrics", &[]).await;
    assert_eq!((head.status(), head.body().as_str()), (StatusCode::OK, ""));
    assert_eq!(header_of(&head, header::CONTENT_TYPE), CONTENT_TYPE);
    assert_eq!(header_of(&head, header::CONTENT_LENGTH), length);

    let post = ask(&app, Method::POST, "/metrics", &[]).await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allowed: Vec<_> = header_of(&post, header::ALLOW)
        .split(',')
        .map(str::trim)
        .collect();
    assert_eq!(allowed, ["GET", "HEAD"]);
    assert_eq!(aggregator.health()[0].sent, 2);
}

#[tokio::test]
async fn openmetrics_is_there_for_those_who_ask() {
    let aggregator = start([counter("prom_route.open.count")]);
    let app: Router = reporter(&aggregator).router();
    execute!("prom_route.open");
    let accept = [(header::ACCEPT, "application/openmetrics-text")];
    let get = ask(&app, Method::GET, "/metrics", &accept).await;
    let content_type = header_of(&get, header::CONTENT_TYPE);
    assert_eq!(content_type, Format::OpenMetrics.content_type());
    open::parse(get.body()).unwrap();
}

#[tokio::test]
async fn the_route_fits_any_path_and_state_and_asks_for_the_token() {
    let aggregator = start([]);
    let prometheus = Prometheus::builder(&aggregator)
        .bearer_token("secret")
        .build()
        .unwrap();
    let app: Router<u8> = Router::new().route("/internal/numbers", prometheus.route());
    let app = app.with_state(7);
    let path = "/internal/numbers";
    let without = ask(&app, Method::GET, path, &[]).await;
    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
    assert!(header_of(&without, header::WWW_AUTHENTICATE).starts_with("Bearer"));
    let authorization = [(header::AUTHORIZATION, "Bearer secret")];
    let with = ask(&app, Method::GET, path, &authorization).await;
    assert_eq!(with.status(), StatusCode::OK);
    strict::parse(with.body()).unwrap();
}
