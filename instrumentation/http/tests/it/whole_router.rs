//! The layer around a whole router, where the route is not known at the start.

use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use std::convert::Infallible;
use telemetry_http::RouteLayer;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use crate::record::{Recorder, ask, endless, poll_once, request};

fn router() -> Router {
    Router::new()
        .route("/users/{id}", get(|| async { "Ada" }))
        .route(
            "/panic/{id}",
            get(|| async {
                if true {
                    panic!("out of users")
                }
            }),
        )
        .route("/wait/{id}", get(std::future::pending::<()>))
}

/// As an application would do it: outside of everything, and still something to serve.
fn around(recorder: &Recorder, router: Router) -> Router {
    Router::new().fallback_service(CatchPanicLayer::new().layer(recorder.layer().layer(router)))
}

#[tokio::test]
async fn without_help_the_route_is_not_known() {
    let recorder = Recorder::new("http_whole.alone");
    let app = around(&recorder, router());
    assert_eq!(ask(&app, "GET", "/users/7").await.0, 200);
    assert_eq!(recorder.end().text("route"), "unmatched");
}

#[tokio::test]
async fn the_route_layer_tells_it_to_the_end() {
    let recorder = Recorder::new("http_whole.told");
    let app = around(&recorder, router().route_layer(RouteLayer::new()));
    assert_eq!(ask(&app, "GET", "/users/7").await.0, 200);
    assert_eq!(recorder.starts()[0].text("route"), "unmatched");
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "ok", 200));
    assert_eq!(end.text("route"), "/users/{id}");

    assert_eq!(ask(&app, "GET", "/secret").await.0, 404);
    assert_eq!(recorder.ends()[1].text("route"), "unmatched");
}

#[tokio::test]
async fn a_panic_and_a_cancelled_request_know_their_route_too() {
    let recorder = Recorder::new("http_whole.no_response");
    let app = around(&recorder, router().layer(RouteLayer::new()));
    assert_eq!(ask(&app, "GET", "/panic/7").await.0, 500);
    {
        let mut waiting = pin!(app.oneshot(request("GET", "/wait/7")));
        assert!(poll_once(waiting.as_mut()).is_pending());
        waiting.set(Router::new().oneshot(request("GET", "/")));
    }
    let ends = recorder.ends();
    assert_eq!(ends.len(), 2);
    assert_eq!(
        (ends[0].event, ends[0].text("route")),
        ("exception", "/panic/{id}")
    );
    assert_eq!(
        (ends[1].text("outcome"), ends[1].text("route")),
        ("cancelled", "/wait/{id}")
    );
}

#[tokio::test]
async fn a_nested_service_can_tell_its_routes() {
    let recorder = Recorder::new("http_whole.nested");
    let inner = Router::new().route("/users/{id}", get(|| async { "Ada" }));
    let files =
        service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let app = Router::new()
        .nest_service("/api", inner.layer(RouteLayer::new()))
        .nest_service("/assets", RouteLayer::fixed("/assets/{*path}").layer(files))
        .layer(recorder.layer());
    for uri in ["/api/users/7", "/api/secret", "/assets/a/b.css"] {
        ask(&app, "GET", uri).await;
    }
    let routes: Vec<_> = recorder
        .ends()
        .iter()
        .map(|end| end.text("route").to_owned())
        .collect();
    assert_eq!(routes, ["/api/users/{id}", "unmatched", "/assets/{*path}"]);
}

#[tokio::test]
async fn a_layer_inside_tells_all_layers_outside() {
    let outer = Recorder::new("http_whole.outer");
    let middle = Recorder::new("http_whole.middle");
    let inner = Recorder::new("http_whole.inner");
    let app = around(&outer, around(&middle, router().layer(inner.layer())));
    assert_eq!(ask(&app, "GET", "/users/7").await.0, 200);
    for recorder in [outer, middle, inner] {
        assert_eq!(recorder.end().text("route"), "/users/{id}");
    }
}

#[tokio::test]
async fn what_is_known_at_the_start_stays() {
    // A router that hands its requests on to another: the route of the outer one is the answer.
    let recorder = Recorder::new("http_whole.stays");
    let inner = router().layer(RouteLayer::new());
    let app = Router::new()
        .route(
            "/{*path}",
            get(move |request: Request| inner.clone().oneshot(request)),
        )
        .layer(recorder.layer());
    assert_eq!(ask(&app, "GET", "/users/7").await.0, 200);
    assert_eq!(recorder.starts()[0].text("route"), "/{*path}");
    assert_eq!(recorder.end().text("route"), "/{*path}");
}

#[tokio::test]
async fn a_route_told_after_the_end_changes_nothing() {
    let recorder = Recorder::new("http_whole.late");
    let late = service_fn(|request: Request| async move {
        // Hands its request to the body, which goes on after the span has ended.
        let extensions = request.extensions().clone();
        let mut answer = Response::new(endless(&[]));
        *answer.extensions_mut() = extensions;
        *answer.status_mut() = StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(answer)
    });
    let answer = recorder
        .layer()
        .layer(late)
        .oneshot(request("GET", "/"))
        .await
        .unwrap();
    assert_eq!(recorder.end().text("route"), "unmatched");
    let mut again = request("GET", "/users/7");
    *again.extensions_mut() = answer.extensions().clone();
    router()
        .layer(RouteLayer::new())
        .oneshot(again)
        .await
        .unwrap();
    assert_eq!(recorder.end().text("route"), "unmatched");
}
