//! Where a dashboard can be mounted, and what its addresses answer.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::routing::get as on_get;
use http_body_util::BodyExt;
use telemetry_dashboard::{Access, Card, Context, Dashboard, DashboardError, Page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use tower::ServiceExt;

use crate::support::{ask, dashboard_with, get, head_of, request, site};

const PAGES: [&str; 7] = [
    "overview", "metrics", "events", "traces", "runtime", "handlers", "health",
];

/// Where a browser is after it followed a relative address.
fn follow(from: &str, to: &str) -> String {
    let (directory, _) = from.rsplit_once('/').unwrap();
    let mut parts: Vec<&str> = directory.split('/').collect();
    for part in to.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

async fn leads_to_all_pages(app: &Router, mount: &str) {
    let answer = get(app, mount).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{mount}");
    let overview = follow(mount, &answer.location());
    let answer = get(app, &overview).await;
    assert_eq!(answer.status, StatusCode::OK, "{overview}");
    for page in PAGES {
        assert!(
            answer.text().contains(&format!("<a href=\"{page}\"")),
            "{page}"
        );
        let page = get(app, &follow(&overview, page)).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    // The files that it links to are there, too.
    let (_, rest) = answer.text().split_once("src=\"").unwrap();
    let (script, _) = rest.split_once('"').unwrap();
    let script = get(app, &follow(&overview, script)).await;
    assert_eq!(script.status, StatusCode::OK);
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
}

#[tokio::test]
async fn it_is_nested_at_any_path() {
    let dashboard = dashboard_with(|builder| builder);
    let plain: Router = Router::new().nest("/dashboard", dashboard.router());
    leads_to_all_pages(&plain, "/dashboard").await;
    let slash: Router = Router::new().nest("/dashboard/", dashboard.router());
    leads_to_all_pages(&slash, "/dashboard/").await;
    let both: Router = Router::new().nest_service("/dashboard", dashboard.router());
    leads_to_all_pages(&both, "/dashboard").await;
    leads_to_all_pages(&both, "/dashboard/").await;
    let inner = Router::new().nest("/b", dashboard.router());
    let deep: Router = Router::new().nest("/a", inner);
    leads_to_all_pages(&deep, "/a/b").await;
    let root: Router = Router::new().merge(dashboard.router());
    leads_to_all_pages(&root, "/").await;
}

#[tokio::test]
async fn it_is_nested_below_parameters() {
    let dashboard = dashboard_with(|builder| builder);
    let app: Router = Router::new().nest("/of/{page}/{file}", dashboard.router());
    leads_to_all_pages(&app, "/of/a/javascript:b").await;
    let answer = get(&app, "/of/a/b/api/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["page"], "health");
    // Beside the application's own fallback, axum has no room for another one below `/{..}`.
    let app: Router = Router::new().nest_service("/{page}/{file}", dashboard.router());
    leads_to_all_pages(&app, "/a/javascript:b").await;
    let answer = get(&app, "/a/b/api/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["page"], "health");
}

#[tokio::test]
async fn it_is_nested_in_an_application_with_a_state_and_a_fallback() {
    let dashboard = dashboard_with(|builder| builder);
    let app: Router = Router::<u8>::new()
        .route("/", on_get(async || "home"))
        .fallback(async || "fallback")
        .nest("/dashboard", dashboard.router())
        .with_state(1);
    assert_eq!(get(&app, "/").await.text(), "home");
    assert_eq!(get(&app, "/dashboards").await.text(), "fallback");
    let answer = get(&app, "/dashboard/none").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text().contains("No such page"));
}

#[tokio::test]
async fn what_is_not_there_says_where_to_go() {
    let app = site(Access::loopback());
    for path in [
        "/dashboard/none",
        "/dashboard/a/b",
        "/dashboard/login",
        "/dashboard/overview/",
    ] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let (_, rest) = answer.text().split_once("<p>").unwrap();
        let (_, rest) = rest.split_once("<a href=\"").unwrap();
        let (to, _) = rest.split_once('"').unwrap();
        assert_eq!(follow(path, to), "/dashboard/overview");
    }
    let deep = format!("/dashboard{}", "/a".repeat(1_000));
    assert_eq!(get(&app, &deep).await.status, StatusCode::NOT_FOUND);
    let answer = get(&app, "/dashboard/api/none").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.json()["error"].is_string());
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let app = site(Access::loopback());
    for path in ["overview", "api/overview", "stream?page=overview", ""] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = ask(&app, request(method, &format!("/dashboard/{path}"))).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(answer.header("allow"), "GET,HEAD");
            assert!(answer.text().contains("read"), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_head_of_an_answer_can_be_asked_for() {
    let app = site(Access::loopback());
    for path in ["overview", "api/overview", "stream?page=overview"] {
        let path = format!("/dashboard/{path}");
        let whole = head_of(&app, request(Method::GET, &path)).await;
        let head = ask(&app, request(Method::HEAD, &path)).await;
        assert_eq!(head.status, StatusCode::OK, "{path}");
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-type"), whole.header("content-type"));
    }
}

#[tokio::test]
async fn a_query_that_is_too_long_or_wrong_is_refused() {
    let app = site(Access::loopback());
    let long = "x".repeat(4_097);
    for (path, status) in [
        (format!("api/overview?{long}"), StatusCode::URI_TOO_LONG),
        (
            format!("stream?page=overview&{long}"),
            StatusCode::URI_TOO_LONG,
        ),
        ("api/overview?range=7".to_owned(), StatusCode::BAD_REQUEST),
        (
            "api/overview?range=60&range=300".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (
            "api/metrics?show=999999".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        ("stream".to_owned(), StatusCode::BAD_REQUEST),
        (
            "stream?page=overview&page=health".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (
            "stream?page=overview&range=7".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        ("stream?page=none".to_owned(), StatusCode::NOT_FOUND),
    ] {
        let answer = get(&app, &format!("/dashboard/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        if path.starts_with("api") {
            assert!(answer.json()["error"].is_string());
        } else {
            assert!(answer.header("content-type").starts_with("text/plain"));
        }
    }
}

#[tokio::test]
async fn a_stream_begins_with_the_view_and_all_of_it() {
    let app = site(Access::loopback());
    let response = app.oneshot(request(Method::GET, "/dashboard/stream?page=health"));
    let (head, mut body) = response.await.unwrap().into_parts();
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.headers["content-type"], "text/event-stream");
    assert_eq!(head.headers["x-accel-buffering"], "no");
    let mut text = String::new();
    while !text.contains("event: sections") {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(text.contains("event: view"), "{text}");
}

struct Own(&'static str);

impl Page for Own {
    fn slug(&self) -> &str {
        self.0
    }

    fn title(&self) -> &str {
        "<b>Own</b>"
    }

    fn cards(&self, _: &Context<'_>) -> Vec<Card> {
        vec![Card::text("text", "hello")]
    }
}

#[tokio::test]
async fn a_page_of_the_host_has_an_address_and_a_link() {
    let dashboard = dashboard_with(|builder| builder.page(Own("own-2")));
    let app: Router = Router::new().nest("/d", dashboard.router());
    let overview = get(&app, "/d/overview").await;
    let link = "<li><a href=\"own-2\">&lt;b&gt;Own&lt;/b&gt;</a></li>";
    assert!(overview.text().contains(link));
    let own = get(&app, "/d/own-2").await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(own.text().contains("<h1>&lt;b&gt;Own&lt;/b&gt;</h1>"));
    assert!(own.text().contains("data-page=\"own-2\""));
    let answer = get(&app, "/d/api/own-2").await;
    assert_eq!(answer.json()["title"], "<b>Own</b>");
}

#[test]
fn a_page_of_the_host_cannot_have_the_address_of_another() {
    let aggregator = crate::support::aggregator();
    for slug in ["overview", "api", "login", "Own", "", "a/b", "{a}"] {
        let refused = Dashboard::builder(&aggregator).page(Own(slug)).start();
        let error = refused.unwrap_err();
        assert!(matches!(&error, DashboardError::Slug { slug: own, .. } if own == slug));
        assert!(error.to_string().contains(slug));
    }
    let twice = Dashboard::builder(&aggregator)
        .page(Own("a"))
        .page(Own("a"));
    assert!(twice.start().is_err());
}

#[test]
fn a_history_that_makes_no_sense_is_refused() {
    let aggregator = crate::support::aggregator();
    let memory = Dashboard::builder(&aggregator).history_memory(1).start();
    let memory = memory.unwrap_err();
    assert!(matches!(memory, DashboardError::History(_)));
    // What `main` prints says what to do.
    assert!(format!("{memory:?}").contains("use a budget of at least"));
    let length = Dashboard::builder(&aggregator).history_length(std::time::Duration::ZERO);
    assert!(matches!(length.start(), Err(DashboardError::History(_))));
}

#[tokio::test]
async fn a_closed_dashboard_has_no_streams() {
    let dashboard = dashboard_with(|builder| builder);
    let app: Router = dashboard.router();
    let response = app
        .clone()
        .oneshot(request(Method::GET, "/stream?page=health"));
    let body = response.await.unwrap().into_body();
    dashboard.close();
    // Ends.
    body.collect().await.unwrap();
    let answer = get(&app, "/stream?page=health").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(get(&app, "/api/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_viewer_too_many_is_asked_to_come_again() {
    let dashboard = dashboard_with(|builder| builder.max_viewers(1));
    let app: Router = dashboard.router();
    let path = "/stream?page=health";
    let first = app.clone().oneshot(request(Method::GET, path));
    let first = first.await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    // The head alone is no viewer, and needs no room.
    assert_eq!(
        ask(&app, request(Method::HEAD, path)).await.status,
        StatusCode::OK
    );
    let answer = get(&app, path).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.header("retry-after").is_empty());
    assert!(answer.text().contains("viewers"));
    drop(first);
    assert_eq!(
        head_of(&app, request(Method::GET, path)).await.status,
        StatusCode::OK
    );
}

/// All of it, as servers do it.
#[tokio::test]
async fn a_server_tells_who_asks() {
    let app = site(Access::loopback()).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    for (host, status) in [
        (&*address.to_string(), "200 OK"),
        ("rebound.example", "403 Forbidden"),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /dashboard/overview HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{answer}"
        );
    }
    server.abort();
}
