//! Sessions: begun at each log-in, ended at log-out.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::cookies::{Cookies, Kind};
use super::denied::Denied;
use super::token::Token;
use super::visitor::Visitor;
use crate::store::now;
use crate::web::Shared;

/// How long a session lasts, in seconds.
const LIFETIME: i64 = 12 * 60 * 60;

/// Begins a session with a new token, in place of the one that the visitor may have: a token that
/// somebody knew before the log-in is worth nothing after it.
pub(super) async fn begin(
    shared: &Shared,
    visitor: &Visitor,
    user_id: i64,
) -> Result<Token, Denied> {
    let token = Token::random().ok_or(Denied::Failed)?;
    if visitor.user.is_some() {
        shared.store.close_session(&visitor.secret.stored()).await?;
    }
    let expires_at = now() + LIFETIME * 1000;
    shared
        .store
        .open_session(&token.stored(), user_id, expires_at)
        .await?;
    Ok(token)
}

/// Sends the visitor on to the page of their own.
pub(super) fn entered(cookies: Cookies, token: &Token) -> Response {
    let mut response = see_other("/me");
    let headers = response.headers_mut();
    headers.append(
        SET_COOKIE,
        cookies.set(Kind::Session, token, Some(LIFETIME)),
    );
    headers.append(SET_COOKIE, cookies.remove(Kind::Visit));
    response
}

/// Sends the visitor back to the start, without a session.
pub(super) fn left(cookies: Cookies) -> Response {
    let mut response = see_other("/");
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, cookies.remove(Kind::Session));
    headers.append(SET_COOKIE, cookies.remove(Kind::Visit));
    response
}

/// Has the browser get another page, so that going back and reloading sends no form again.
pub(in crate::web) fn see_other(path: &'static str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, HeaderValue::from_static(path))],
    )
        .into_response()
}
