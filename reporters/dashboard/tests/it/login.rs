//! The login, where there is a token.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use telemetry_dashboard::{Access, Dashboard, DashboardError};

use crate::guarded::{TOKEN, form, log_in, post, remote, with_cookie};
use crate::support::{ask, site, with};

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
async fn whoever_is_led_here_by_another_site_can_go_on() {
    let app = site(Access::token(TOKEN));
    let came = async |site: &str| {
        let came = remote(Method::GET, "/login?to=traces%3Fid%3Da%26list%3Dslow");
        ask(&app, with(came, &[("sec-fetch-site", site)])).await
    };
    // A strict cookie is not sent with the other site's link, and is with this one.
    let led = came("cross-site").await;
    let on = "<a href=\"./traces?id=a&amp;list=slow\">go on</a>";
    assert!(led.text().contains(on), "{}", led.text());
    for site in ["same-origin", "none"] {
        assert!(!came(site).await.text().contains("go on"), "{site}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_does_not_arrive_is_not_waited_for() {
    let app = site(Access::token(TOKEN));
    let answer = ask(&app, post("/login", never())).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert!(answer.text().contains("ten seconds"), "{}", answer.text());
}

/// A body that has begun and does not go on.
fn never() -> Body {
    struct Never;
    impl futures_core::Stream for Never {
        type Item = Result<bytes::Bytes, std::io::Error>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Pending
        }
    }
    Body::from_stream(Never)
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
        assert!(matches!(error, DashboardError::Token(_)));
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
