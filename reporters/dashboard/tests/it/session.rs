//! What comes after a login: the cookie, and its end.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt;
use telemetry_dashboard::Access;
use tower::ServiceExt;

use crate::guarded::{TOKEN, cookie, form, log_in, post, remote, with_cookie};
use crate::support::{ask, get, site, with};

#[tokio::test]
async fn the_token_is_posted_once_and_then_a_strict_cookie_counts() {
    let app = site(Access::token(TOKEN));
    let answer = ask(&app, post("/login?to=metrics%3Fgroup%3Da", form(TOKEN))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "./metrics?group=a");
    let (pair, attributes) = answer
        .header("set-cookie")
        .split_once("; ")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    // No path: the browser's own idea of it is right behind any proxy.
    assert_eq!(attributes, "HttpOnly; SameSite=Strict");
    let (name, id) = pair.split_once('=').unwrap();
    assert_eq!((name, id.len()), ("telemetry_dashboard", 64));
    // One that is like it belongs to another port.
    let among = format!("{name}_80={:064}", 0);
    let among = with_cookie(&app, "/api/overview", &format!("{among}; {pair}")).await;
    assert_eq!(among.status, StatusCode::OK);
    assert!(!pair.contains(TOKEN));
    for path in ["/overview", "/api/overview", "/stream?page=overview"] {
        assert_eq!(
            with_cookie(&app, path, &pair).await.status,
            StatusCode::OK,
            "{path}"
        );
        let among = format!("a=b; {name}=stale; {pair}; c=d");
        assert_eq!(
            with_cookie(&app, path, &among).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    // Whoever is known needs no login.
    let answer = with_cookie(&app, "/login?to=health", &pair).await;
    assert_eq!(answer.location(), "./health");
    // Another session has another id, and other dashboards know nothing of it.
    assert_ne!(log_in(&app).await, pair);
    let other = site(Access::token(TOKEN));
    let answer = with_cookie(&other, "/api/overview", &pair).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn cookies_are_for_https_if_the_host_says_so() {
    let app = site(Access::token(TOKEN).secure_cookies(true));
    let answer = ask(&app, post("/login", form(TOKEN))).await;
    assert!(
        answer
            .header("set-cookie")
            .ends_with("; HttpOnly; SameSite=Strict; Secure")
    );
    // Means nothing without a token.
    let plain = site(Access::loopback().secure_cookies(true));
    assert_eq!(
        get(&plain, "/dashboard/overview").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let app = site(Access::token(TOKEN));
    let (mine, other) = (log_in(&app).await, log_in(&app).await);
    let out = with(remote(Method::POST, "/logout"), &[("cookie", &mine)]);
    let answer = ask(&app, out).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "./login");
    assert_eq!(
        answer.header("set-cookie"),
        "telemetry_dashboard=; Max-Age=0; HttpOnly; SameSite=Strict"
    );
    assert_eq!(
        with_cookie(&app, "/api/overview", &mine).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        with_cookie(&app, "/api/overview", &other).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn each_port_has_a_cookie_of_its_own() {
    let (one, other) = (site(Access::token(TOKEN)), site(Access::token(TOKEN)));
    let log_in = async |app: &Router, host: &str| {
        let mut request = post("/login", form(TOKEN));
        let host = host.parse().unwrap();
        request.headers_mut().insert("host", host);
        cookie(&ask(app, request).await)
    };
    let first = log_in(&one, "localhost:3000").await;
    let second = log_in(&other, "localhost:3001").await;
    assert!(first.starts_with("telemetry_dashboard_3000="), "{first}");
    assert!(second.starts_with("telemetry_dashboard_3001="), "{second}");
    // The browser sends both to both.
    let both = format!("{first}; {second}");
    for app in [&one, &other] {
        let answer = with_cookie(app, "/api/overview", &both).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

async fn text_until(body: &mut Body, wanted: &str) {
    let mut text = String::new();
    while !text.contains(wanted) {
        let frame = body.frame().await.expect("it goes on").unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let app = site(Access::token(TOKEN));
    let (mine, other) = (log_in(&app).await, log_in(&app).await);
    let watch = async |cookie: &str| {
        let watch = remote(Method::GET, "/stream?page=health");
        let watch = with(watch, &[("cookie", cookie)]);
        let mut body = app.clone().oneshot(watch).await.unwrap().into_body();
        text_until(&mut body, "event: sections").await;
        body
    };
    let (ended, mut goes_on) = (watch(&mine).await, watch(&other).await);
    let out = with(remote(Method::POST, "/logout"), &[("cookie", &mine)]);
    assert_eq!(ask(&app, out).await.status, StatusCode::SEE_OTHER);
    let end = tokio::time::timeout(Duration::from_secs(30), ended.collect());
    end.await.expect("it ends").unwrap();
    text_until(&mut goes_on, "event: sections").await;
}
