//! Who asks: somebody with a session, or anybody.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::cookies::{Cookies, Kind};
use super::form::CSRF_FIELD;
use super::token::Token;
use crate::store::SignedIn;
use crate::web::{Shared, pages};

/// Who asks. To be taken by handlers whose page has a form: whatever they answer goes through
/// [`answer`](Self::answer), and each form holds [`csrf_field`](Self::csrf_field).
#[derive(Debug, Clone)]
pub(in crate::web) struct Visitor {
    /// Who it is, if there is a session.
    pub(in crate::web) user: Option<SignedIn>,
    /// Of the session; or of the visit, if there is none.
    pub(super) secret: Token,
    /// The secret is new, and the browser has to be told.
    is_new: bool,
    cookies: Cookies,
}

/// Why nobody knows who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Unknown {
    /// The sessions cannot be read.
    Database,
    /// The system has no randomness to give.
    Randomness,
}

impl Visitor {
    async fn of(headers: &HeaderMap, shared: &Shared) -> Result<Self, Unknown> {
        let cookies = shared.accounts.cookies;
        if let Some(secret) = cookies.read(headers, Kind::Session) {
            let user = shared.store.session(&secret.stored()).await;
            if let Some(user) = user.map_err(|_| Unknown::Database)? {
                return Ok(Self {
                    user: Some(user),
                    secret,
                    is_new: false,
                    cookies,
                });
            }
        }
        let known = cookies.read(headers, Kind::Visit);
        let is_new = known.is_none();
        let secret = known.or_else(Token::random).ok_or(Unknown::Randomness)?;
        Ok(Self {
            user: None,
            secret,
            is_new,
            cookies,
        })
    }

    /// The hidden field that makes a form one of ours.
    pub(in crate::web) fn csrf_field(&self) -> Markup {
        html! { input type="hidden" name=(CSRF_FIELD) value=(self.secret.csrf()); }
    }

    /// The answer to this visitor: sets the cookie that the forms in it rely on, and keeps the page
    /// out of caches.
    pub(in crate::web) fn answer(&self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.is_new {
            headers.append(
                SET_COOKIE,
                self.cookies.set(Kind::Visit, &self.secret, None),
            );
        }
        response
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Unknown;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Unknown> {
        Self::of(&parts.headers, shared).await
    }
}

impl IntoResponse for Unknown {
    fn into_response(self) -> Response {
        pages::message(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            match self {
                Self::Database => "The database did not answer. Try again in a moment.",
                Self::Randomness => "The system did not give what a session needs.",
            },
        )
    }
}
