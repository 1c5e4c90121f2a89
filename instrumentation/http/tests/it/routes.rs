//! The route and the method, wherever a request may end up in a router.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::{any, get, post};
use std::convert::Infallible;
use telemetry_http::RouteLayer;
use tower::service_fn;

use crate::record::{Recorder, ask};

async fn fine() -> &'static str {
    "fine"
}

/// Asks, and compares status and route of both events.
async fn expect(recorder: &Recorder, app: &Router, cases: &[(&str, &str, u16, &str)]) {
    for (at, (method, uri, status, route)) in cases.iter().enumerate() {
        let (answered, _) = ask(app, method, uri).await;
        assert_eq!(answered, *status, "{method} {uri}");
        let (starts, ends) = (recorder.starts(), recorder.ends());
        assert_eq!(
            (starts.len(), ends.len()),
            (at + 1, at + 1),
            "{method} {uri}"
        );
        assert_eq!(starts[at].text("route"), *route, "start of {method} {uri}");
        assert_eq!(starts[at].text("method"), *method);
        assert_eq!(ends[at].text("route"), *route, "end of {method} {uri}");
        assert_eq!(
            ends[at].ending(),
            ("stop", "ok", u64::from(*status)),
            "{method} {uri}"
        );
    }
}

#[tokio::test]
async fn a_route_is_its_template_and_everything_else_is_unmatched() {
    let recorder = Recorder::new("http_routes.plain");
    let app = Router::new()
        .route("/", get(fine))
        .route("/users/{id}", get(fine).post(fine))
        .route("/files/{*path}", get(fine))
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/", 200, "/"),
            ("GET", "/users/7?token=secret", 200, "/users/{id}"),
            ("POST", "/users/7", 200, "/users/{id}"),
            ("GET", "/files/a/b/c", 200, "/files/{*path}"),
            // The route is known, only the method is not allowed.
            ("DELETE", "/users/7", 405, "/users/{id}"),
            ("GET", "/secret/path", 404, "unmatched"),
            ("GET", "/users", 404, "unmatched"),
            ("GET", "/__private__axum_fallback", 404, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn nested_and_merged_routes_are_whole_templates() {
    let recorder = Recorder::new("http_routes.nested");
    let users = Router::new()
        .route("/", get(fine))
        .route("/{id}", get(fine));
    let v1 = Router::new()
        .nest("/users", users)
        .route("/ping", get(fine));
    let app = Router::new()
        .nest("/api/{tenant}", v1)
        .merge(Router::new().route("/health", get(fine)))
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/api/acme/users/7", 200, "/api/{tenant}/users/{id}"),
            ("GET", "/api/acme/users", 200, "/api/{tenant}/users"),
            ("GET", "/api/acme/ping", 200, "/api/{tenant}/ping"),
            ("POST", "/api/acme/ping", 405, "/api/{tenant}/ping"),
            ("GET", "/api/acme/nothing", 404, "unmatched"),
            ("GET", "/health", 200, "/health"),
        ],
    )
    .await;
}

#[tokio::test]
async fn fallbacks_are_unmatched_also_where_they_are_nested() {
    let recorder = Recorder::new("http_routes.fallbacks");
    let teapot = || async { StatusCode::IM_A_TEAPOT };
    let api = Router::new().route("/ping", get(fine)).fallback(teapot);
    let app = Router::new()
        .route("/ping", get(fine))
        .nest("/api", api)
        .fallback(|| async { (StatusCode::GONE, "gone") })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "no") })
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/nothing", 410, "unmatched"),
            ("GET", "/api/nothing", 418, "unmatched"),
            ("GET", "/api/nothing/deeper", 418, "unmatched"),
            ("GET", "/api", 418, "unmatched"),
            // With the slash axum takes it for the outer fallback.
            ("GET", "/api/", 410, "unmatched"),
            ("POST", "/ping", 405, "/ping"),
            // No path at all: the fallback behind the fallback.
            ("CONNECT", "example.com:443", 410, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_fallback_service_is_unmatched() {
    let recorder = Recorder::new("http_routes.fallback_service");
    let files =
        service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let app = Router::new()
        .route_service("/logo", files)
        .fallback_service(files)
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/logo", 200, "/logo"),
            ("GET", "/a/b", 200, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_layer_on_a_nested_router_knows_the_prefix() {
    let recorder = Recorder::new("http_routes.inner");
    let api = Router::new()
        .route("/users/{id}", get(fine))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(recorder.layer());
    let app = Router::new().route("/outside", get(fine)).nest("/api", api);
    ask(&app, "GET", "/outside").await;
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/api/users/7", 200, "/api/users/{id}"),
            ("GET", "/api/nothing", 404, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_a_nested_service_matched_is_not_known_outside() {
    let recorder = Recorder::new("http_routes.service");
    let inner = Router::new().route("/users/{id}", get(fine));
    let app = Router::new()
        .nest_service("/api", inner)
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/api/users/7", 200, "unmatched"),
            ("GET", "/api/a/b", 404, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_method_the_client_made_up_is_other() {
    let recorder = Recorder::new("http_routes.methods");
    let app = Router::new()
        .route("/any", any(fine))
        .route("/post", post(fine))
        .layer(recorder.layer());
    for (method, uri, status) in [
        ("BREW", "/any", 200),
        ("get", "/any", 200),
        ("X-1F2E3D", "/post", 405),
    ] {
        assert_eq!(ask(&app, method, uri).await.0, status);
    }
    let (starts, ends) = (recorder.starts(), recorder.ends());
    assert_eq!((starts.len(), ends.len()), (3, 3));
    for seen in starts.iter().chain(&ends) {
        assert_eq!(seen.text("method"), "OTHER");
    }
}

#[tokio::test]
async fn a_template_of_the_routers_own_is_unmatched() {
    // Some versions of axum let their own wildcards be seen; here they are written out, so that
    // the test does not depend on the version.
    let recorder = Recorder::new("http_routes.private");
    let own = || Router::new().route("/{*__private__axum_fallback}", get(fine));
    let app = own().nest("/api", own()).layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/secret/path", 200, "unmatched"),
            ("GET", "/api/secret", 200, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn merged_routers_share_a_fallback_and_keep_their_templates() {
    let recorder = Recorder::new("http_routes.merged");
    let gone = || async { StatusCode::GONE };
    let refused = || async { (StatusCode::METHOD_NOT_ALLOWED, "no") };
    let users = Router::new().route("/users/{id}", get(fine));
    let jobs = Router::new()
        .route("/jobs/{id}", post(fine))
        .fallback(gone)
        .method_not_allowed_fallback(refused);
    let app = users
        .merge(jobs)
        .nest(
            "/deep",
            Router::new().nest("/{er}", Router::new().route("/{*rest}", any(fine))),
        )
        .layer(recorder.layer());
    expect(
        &recorder,
        &app,
        &[
            ("GET", "/users/7", 200, "/users/{id}"),
            ("POST", "/jobs/7", 200, "/jobs/{id}"),
            ("GET", "/jobs/7", 405, "/jobs/{id}"),
            ("GET", "/nothing", 410, "unmatched"),
            ("PUT", "/deep/a/b/c", 200, "/deep/{er}/{*rest}"),
            ("PUT", "/deep/a", 410, "unmatched"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_layer_of_one_route_sees_that_route_only() {
    let recorder = Recorder::new("http_routes.route_layer");
    let app = Router::new()
        .route("/seen/{id}", get(fine))
        .route_layer(recorder.layer())
        .route("/unseen", get(fine));
    ask(&app, "GET", "/unseen").await;
    ask(&app, "GET", "/nothing").await;
    expect(&recorder, &app, &[("GET", "/seen/7", 200, "/seen/{id}")]).await;
}

#[tokio::test]
async fn services_nested_in_nested_routers_can_tell_theirs() {
    let recorder = Recorder::new("http_routes.deep_service");
    let inner = Router::new()
        .route("/{id}", get(fine))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(RouteLayer::new());
    let api = Router::new().nest_service("/users", inner);
    let app = Router::new().nest("/api", api).layer(recorder.layer());
    for (at, (uri, route)) in [
        ("/api/users/7", "/api/users/{id}"),
        ("/api/users/7/8", "unmatched"),
        ("/api/nothing", "unmatched"),
    ]
    .into_iter()
    .enumerate()
    {
        ask(&app, "GET", uri).await;
        assert_eq!(recorder.starts()[at].text("route"), "unmatched", "{uri}");
        assert_eq!(recorder.ends()[at].text("route"), route, "{uri}");
    }
}
