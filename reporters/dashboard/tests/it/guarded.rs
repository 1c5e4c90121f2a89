//! Requests to a dashboard that asks for a token.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};

use crate::support::{Answer, ask, head_of, request, with};

pub(crate) const TOKEN: &str = "a-long-enough+token&";

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// From anywhere: a token does not care where somebody is.
pub(crate) fn remote(method: Method, path: &str) -> Request<Body> {
    let mut request = request(method, &format!("/dashboard{path}"));
    request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    let headers = request.headers_mut();
    headers.insert("host", "shop.example".parse().unwrap());
    headers.insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
    request
}

pub(crate) fn form(token: &str) -> String {
    let token: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("token={token}")
}

pub(crate) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = with(remote(Method::POST, path), &[FORM]);
    *request.body_mut() = body.into();
    request
}

/// `name=value` of the cookie that was set.
pub(crate) fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap().to_owned()
}

pub(crate) async fn log_in(app: &Router) -> String {
    let answer = ask(app, post("/login", form(TOKEN))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    cookie(&answer)
}

pub(crate) async fn with_cookie(app: &Router, path: &str, cookie: &str) -> Answer {
    head_of(app, with(remote(Method::GET, path), &[("cookie", cookie)])).await
}
