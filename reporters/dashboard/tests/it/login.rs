//! Access by a token.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use std::net::SocketAddr;
use telemetry_dashboard::{Access, Dashboard, DashboardError};

use crate::support::{Answer, ask, get, head_of, request, site, with};

const TOKEN: &str = "a-long-enough+token&";

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// From anywhere: a token does not care where somebody is.
fn remote(method: Method, path: &str) -> Request<Body> {
    let mut request = request(method, &format!("/dashboard{path}"));
    request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    let headers = request.headers_mut();
    headers.insert("host", "shop.example".parse().unwrap());
    headers.insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
    request
}

fn form(token: &str) -> String {
    let token: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("token={token}")
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = with(remote(Method::POST, path), &[FORM]);
    *request.body_mut() = body.into();
    request
}

/// `name=value` of the cookie that was set.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap().to_owned()
}

async fn log_in(app: &Router) -> String {
    let answer = ask(app, post("/login", form(TOKEN))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    cookie(&answer)
}

async fn with_cookie(app: &Router, path: &str, cookie: &str) -> Answer {
    head_of(app, with(remote(Method::GET, path), &[("cookie", cookie)])).await
}

#[tokio::test]
async fn whoever_is_unknown_sees_the_login_and_nothing_else() {
    let app = site(Access::token(TOKEN));
    for (path, to) in [
        ("/overview", "./login?to=overview"),
        (
            "/metrics?group=a&show=1",
            "./login?to=metrics%3Fgroup%3Da%26show%3D1",
        ),
    ] {
        let answer = ask(&app, remote(Method::GET, path)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.location(), to);
        assert!(answer.body.is_empty());
    }
    for path in ["/api/overview", "/stream?page=overview"] {
        for cookie in [
            "a=b",
            "telemetry_dashboard=",
            &format!("telemetry_dashboard={:064}", 0),
        ] {
            let answer = with_cookie(&app, path, cookie).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let login = ask(&app, remote(Method::GET, "/login")).await;
    assert_eq!(login.status, StatusCode::OK);
    assert!(login.text().contains("type=\"password\""));
    // What the login looks like is no secret.
    let (_, rest) = login.text().split_once("href=\"assets/").unwrap();
    let (style, _) = rest.split_once('"').unwrap();
    let style = ask(&app, remote(Method::GET, &format!("/assets/{style}"))).await;
    assert_eq!(style.status, StatusCode::OK);
    let mount = ask(&app, remote(Method::GET, "")).await;
    assert_eq!(mount.location(), "./dashboard/overview");
    assert!(!login.text().contains("Log out") && !login.text().contains("href=\"metrics\""));
}

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

#[tokio::test]
async fn guessing_is_slow_and_does_not_disturb_who_is_in() {
    let app = site(Access::token(TOKEN));
    let mine = log_in(&app).await;
    for attempt in 0..10 {
        let answer = match attempt % 2 {
            0 => ask(&app, post("/login", form(&TOKEN[1..]))).await,
            _ => {
                let wrong = with(
                    remote(Method::GET, "/api/overview"),
                    &[("authorization", "Bearer no")],
                );
                ask(&app, wrong).await
            }
        };
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
    let bearer = format!("Bearer {TOKEN}");
    let script = with(
        remote(Method::GET, "/api/overview"),
        &[("authorization", &bearer)],
    );
    let answer = ask(&app, script).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.json()["error"].is_string());
    assert_eq!(
        with_cookie(&app, "/api/overview", &mine).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_wrong_token_is_said_on_the_login_page_and_not_repeated() {
    let app = site(Access::token(TOKEN));
    let answer = ask(&app, post("/login?to=health", form("wrong-<b>"))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer
            .text()
            .contains("role=\"alert\">This is not the token.<")
    );
    assert!(answer.text().contains("action=\"login?to=health\""));
    assert!(!answer.text().contains("wrong-"));
}

#[tokio::test]
async fn what_is_no_login_form_is_refused() {
    let app = site(Access::token(TOKEN));
    let long = format!("{}&x={}", form(TOKEN), "x".repeat(4_096));
    let twice = format!("{0}&{0}", form(TOKEN));
    for (body, status) in [
        (long, StatusCode::PAYLOAD_TOO_LARGE),
        (twice, StatusCode::BAD_REQUEST),
        (String::new(), StatusCode::BAD_REQUEST),
        (
            form(TOKEN).replace("token", "tokens"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let answer = ask(&app, post("/login", body)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("set-cookie"), "");
    }
    let mut json = with(
        remote(Method::POST, "/login"),
        &[("content-type", "application/json")],
    );
    *json.body_mut() = form(TOKEN).into();
    assert_eq!(
        ask(&app, json).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let mut none = remote(Method::POST, "/login");
    *none.body_mut() = form(TOKEN).into();
    assert_eq!(
        ask(&app, none).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn forms_of_other_sites_neither_log_in_nor_out() {
    let app = site(Access::token(TOKEN));
    let mine = log_in(&app).await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://site.example"),
        ("origin", "null"),
    ] {
        let answer = ask(&app, with(post("/login", form(TOKEN)), &[header])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header:?}");
        assert_eq!(answer.header("set-cookie"), "");
        let out = with(
            remote(Method::POST, "/logout"),
            &[header, ("cookie", &mine)],
        );
        assert_eq!(
            ask(&app, out).await.status,
            StatusCode::FORBIDDEN,
            "{header:?}"
        );
    }
    assert_eq!(
        with_cookie(&app, "/api/overview", &mine).await.status,
        StatusCode::OK
    );
    for header in [
        ("sec-fetch-site", "same-origin"),
        ("origin", "https://shop.example"),
    ] {
        let answer = ask(&app, with(post("/login", form(TOKEN)), &[header])).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{header:?}");
    }
}

#[tokio::test]
async fn a_login_leads_nowhere_else() {
    let app = site(Access::token(TOKEN));
    for to in [
        "https://site.example",
        "//site.example",
        "../admin",
        "none",
        "overview/../../admin",
        "overview%0d%0aset-cookie: a=b",
        "overview?a%0d%0ab",
        "javascript:alert(1)",
        "",
    ] {
        let to: String = to.replace(' ', "+").replace('?', "%3F");
        let answer = ask(&app, post(&format!("/login?to={to}"), form(TOKEN))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{to}");
        assert_eq!(answer.location(), "./overview", "{to}");
    }
}

#[test]
fn a_token_that_is_no_secret_is_refused_and_no_token_is_shown() {
    let aggregator = crate::support::aggregator();
    let longer = "x".repeat(513);
    for token in [
        "",
        "short",
        "fifteen-letters",
        "with spaces in between",
        "ümläute-sind-schön",
        &longer,
    ] {
        let refused = Dashboard::builder(&aggregator)
            .access(Access::token(token))
            .start();
        let error = refused.unwrap_err();
        assert!(matches!(error, DashboardError::Token));
        assert!(token.is_empty() || !error.to_string().contains(token));
    }
    let access = Access::token(TOKEN);
    assert!(!format!("{access:?}").contains(TOKEN));
    let builder = Dashboard::builder(&aggregator).access(access);
    assert!(!format!("{builder:?}").contains(TOKEN));
    let dashboard = builder.start().unwrap();
    assert!(!format!("{dashboard:#?}").contains(TOKEN));
    let router: Router = dashboard.router();
    assert!(!format!("{router:?}").contains(TOKEN));
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
