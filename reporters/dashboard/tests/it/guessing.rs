//! Tokens in headers, and wrong ones.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::{Method, StatusCode};
use telemetry_dashboard::Access;

use crate::guarded::{TOKEN, form, log_in, post, remote, with_cookie};
use crate::support::{ask, head_of, site, with};

#[tokio::test]
async fn guessing_is_slow_and_does_not_disturb_who_is_in() {
    let app = site(Access::token(TOKEN));
    let mine = log_in(&app).await;
    for _ in 0..10 {
        let answer = ask(&app, post("/login", form(&TOKEN[1..]))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("set-cookie"), "");
    }
    // Not even the right one, or it would limit nothing.
    let answer = ask(&app, post("/login", form(TOKEN))).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=6).contains(&seconds));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.text().contains("Too many wrong tokens"));
    assert_eq!(
        with_cookie(&app, "/api/overview", &mine).await.status,
        StatusCode::OK
    );
    // It is slow for who guesses alone.
    let mut elsewhere = post("/login", form(TOKEN));
    let peer: SocketAddr = "10.0.0.2:1".parse().unwrap();
    elsewhere.extensions_mut().insert(ConnectInfo(peer));
    assert_eq!(ask(&app, elsewhere).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_script_with_an_old_token_locks_out_no_person() {
    let app = site(Access::token(TOKEN));
    let script = |token: &str| {
        let bearer = format!("Bearer {token}");
        with(
            remote(Method::GET, "/api/overview"),
            &[("authorization", &bearer)],
        )
    };
    for _ in 0..10 {
        let answer = ask(&app, script("last-weeks-token")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = ask(&app, script(TOKEN)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.json()["error"].is_string());
    log_in(&app).await;
}

#[tokio::test]
async fn a_password_for_somebody_else_is_no_attempt() {
    let app = site(Access::token(TOKEN));
    let behind_a_password = |path| {
        let basic = ("authorization", "Basic YTpi");
        with(remote(Method::GET, path), &[basic])
    };
    for _ in 0..20 {
        let answer = ask(&app, behind_a_password("/overview")).await;
        assert_eq!(answer.location(), "./login?to=overview");
        let answer = ask(&app, behind_a_password("/api/overview")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_wrong_token_is_an_event() {
    let (send, seen) = std::sync::mpsc::channel();
    let handler = move |event: &telemetry::Event<'_>| {
        let kind = event.metadata("kind").map(|kind| kind.to_string());
        let _ = send.send((std::thread::current().id(), kind));
    };
    let id = "dash-login-failures";
    let _guard = telemetry::attach(id, "telemetry.dashboard.login.failure", handler)
        .unwrap()
        .guard();
    let app = site(Access::token(TOKEN));
    ask(&app, post("/login", form("wrong"))).await;
    let wrong = with(
        remote(Method::GET, "/overview"),
        &[("authorization", "Bearer wrong")],
    );
    ask(&app, wrong).await;
    // Other tests guess, too, on their own threads.
    let own = seen
        .try_iter()
        .filter(|(thread, _)| *thread == std::thread::current().id());
    let kinds: Vec<_> = own.filter_map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["form", "header"]);
}

#[tokio::test]
async fn scripts_send_the_token_with_each_request() {
    let app = site(Access::token(TOKEN));
    for path in ["/overview", "/api/overview", "/stream?page=overview"] {
        let right = format!("Bearer {TOKEN}");
        let right = with(remote(Method::GET, path), &[("authorization", &right)]);
        let answer = head_of(&app, right).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("set-cookie"), "");
        let wrong = with(
            remote(Method::GET, path),
            &[("authorization", "Bearer wrong")],
        );
        assert_eq!(
            ask(&app, wrong).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}
