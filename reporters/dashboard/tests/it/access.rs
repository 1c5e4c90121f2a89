//! Who is let in by loopback, and by the host alone.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::HOST;
use axum::http::{Method, Request, StatusCode, Version};
use telemetry_dashboard::Access;

use crate::support::{ask, get, head_of, request, site, with};

/// One address of each kind.
const PATHS: [&str; 8] = [
    "",
    "/",
    "/overview",
    "/api/health",
    "/stream?page=health",
    "/assets/0/app.js",
    "/none",
    "/a/b",
];

fn overview() -> Request<Body> {
    request(Method::GET, "/dashboard/overview")
}

fn from(peer: &str) -> Request<Body> {
    let mut request = overview();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

fn asking(host: &str) -> Request<Body> {
    let mut request = overview();
    request.headers_mut().insert(HOST, host.parse().unwrap());
    request
}

async fn refusal(app: &Router, request: Request<Body>) -> String {
    let answer = ask(app, request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.text().contains("`Access::token`"));
    answer.text().to_owned()
}

async fn is_let_in(app: &Router, request: Request<Body>) -> bool {
    let status = ask(app, request).await.status;
    assert!([StatusCode::OK, StatusCode::FORBIDDEN].contains(&status));
    status == StatusCode::OK
}

#[tokio::test]
async fn only_peers_on_this_machine_are_let_in() {
    let app = site(Access::loopback());
    for peer in [
        "127.0.0.1:1",
        "127.1.2.3:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        assert!(is_let_in(&app, from(peer)).await, "{peer}");
    }
    for peer in [
        "10.0.0.1:1",
        "192.168.1.1:1",
        "[fe80::1]:1",
        "[::ffff:10.0.0.1]:1",
        "0.0.0.0:1",
    ] {
        let why = refusal(&app, from(peer)).await;
        assert!(why.contains("ssh -L"), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_say_who_asks_is_told_how() {
    let app = site(Access::loopback());
    let mut request = overview();
    request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    let why = refusal(&app, request).await;
    assert!(
        why.contains("into_make_service_with_connect_info::<SocketAddr>()"),
        "{why}"
    );
}

#[tokio::test]
async fn other_names_for_this_machine_are_refused() {
    let app = site(Access::loopback());
    for host in [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1:3000",
        "127.8.8.8",
        "[::1]",
        "[::1]:3000",
    ] {
        assert!(is_let_in(&app, asking(host)).await, "{host}");
    }
    for host in [
        "rebound.example",
        "localhost.example",
        "127.0.0.1.example:80",
        "10.0.0.1",
        "user@localhost",
        "",
    ] {
        let why = refusal(&app, asking(host)).await;
        assert!(why.contains("`127.0.0.1`"), "{why}");
    }
    let mut nameless = overview();
    nameless.headers_mut().remove(HOST);
    refusal(&app, nameless).await;
    let two = with(asking("localhost"), &[("host", "rebound.example")]);
    refusal(&app, two).await;
}

#[tokio::test]
async fn the_name_may_stand_in_the_address_instead() {
    let app = site(Access::loopback());
    let absolute = |uri: &str, host: Option<&str>| {
        let mut request = overview();
        *request.uri_mut() = uri.parse().unwrap();
        request.headers_mut().remove(HOST);
        match host {
            Some(host) => with(request, &[("host", host)]),
            None => request,
        }
    };
    let (here, there) = (
        "http://localhost/dashboard/overview",
        "http://rebound.example/dashboard/overview",
    );
    assert!(is_let_in(&app, absolute(here, None)).await);
    assert!(is_let_in(&app, absolute(here, Some("localhost"))).await);
    refusal(&app, absolute(there, None)).await;
    refusal(&app, absolute(there, Some("localhost"))).await;
    refusal(&app, absolute(here, Some("rebound.example"))).await;
}

#[tokio::test]
async fn what_a_proxy_passed_on_is_refused() {
    let app = site(Access::loopback());
    for header in [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-anything",
        "x-real-ip",
        "via",
        "cf-connecting-ip",
        "true-client-ip",
    ] {
        let why = refusal(&app, with(overview(), &[(header, "")])).await;
        assert!(why.contains(&format!("`{header}`")), "{why}");
    }
    let mut old = overview();
    *old.version_mut() = Version::HTTP_10;
    let why = refusal(&app, old).await;
    assert!(why.contains("HTTP/1.0"), "{why}");
}

#[tokio::test]
async fn nothing_is_open_to_those_who_are_refused() {
    let app = site(Access::loopback());
    for path in PATHS {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let path = format!("/dashboard{path}");
            let remote = with(request(method.clone(), &path), &[("via", "1.1 proxy")]);
            assert_eq!(
                ask(&app, remote).await.status,
                StatusCode::FORBIDDEN,
                "{method} {path}"
            );
        }
    }
    let api = with(
        request(Method::GET, "/dashboard/api/health"),
        &[("via", "1.1 proxy")],
    );
    assert!(ask(&app, api).await.json()["error"].is_string());
}

#[tokio::test]
async fn pages_of_other_sites_get_no_numbers() {
    let app = site(Access::loopback());
    for (name, value, expected) in [
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "cross-site", false),
        ("origin", "http://localhost:3000", true),
        ("origin", "https://site.example", false),
        ("origin", "null", false),
        ("referer", "http://127.0.0.1:3000/dashboard/health", true),
        ("referer", "https://site.example/dashboard/health", false),
    ] {
        for path in ["/dashboard/api/health", "/dashboard/stream?page=health"] {
            let asked = with(request(Method::GET, path), &[(name, value)]);
            let status = head_of(&app, asked).await.status;
            assert_eq!(status == StatusCode::OK, expected, "{name}: {value}");
        }
        // A link may stand on any page.
        assert!(is_let_in(&app, with(overview(), &[(name, value)])).await);
    }
}

#[tokio::test]
async fn the_host_may_let_in_everybody() {
    let app = site(Access::host_decides());
    let mut request = with(
        overview(),
        &[("x-forwarded-for", "10.0.0.1"), ("via", "1.1 proxy")],
    );
    request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    request
        .headers_mut()
        .insert(HOST, "shop.example".parse().unwrap());
    assert!(is_let_in(&app, request).await);
    assert_eq!(
        get(&app, "/dashboard/login").await.status,
        StatusCode::NOT_FOUND
    );
}
