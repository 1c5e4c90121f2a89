//! Sign-up, log-in, log-out, and a user's own page.
//!
//! How it is kept safe, and where:
//!
//! - [`hashes`], [`passwords`]: Argon2id, beside the runtime; an unknown user takes as long as a wrong
//!   password;
//! - [`throttle`]: only so many attempts at one name;
//! - [`token`], [`cookies`]: a session is a random token in a cookie that scripts cannot read; the
//!   table has only its hash. Each log-in makes a new one;
//! - [`form`]: a form counts only if a page of ours made it, for this session;
//! - [`visitor`]: who asks. Pages of others that have forms take a [`Visitor`], and their handlers a
//!   [`Posted`].
//!
//! | event | when | metadata |
//! |---|---|---|
//! | `demo.accounts.sign_up` | somebody tried to become a user | `outcome`, `reason` |
//! | `demo.accounts.log_in` | somebody tried to log in | `outcome`, `reason`: `invalid_credentials` whatever was wrong |
//! | `demo.accounts.log_out` | somebody logged out | `outcome`, `reason` |
//! | `demo.accounts.hash_password` | a password was hashed or compared; `queue_time` is the wait for a core | `operation`, `outcome` |
//! | `demo.forms.refused` | a form was not taken, of whatever page | `form`, its route; `reason` |
//! | `demo.sessions` | polled: `active` sessions | |
//!
//! No event says who it was.

mod cookies;
mod denied;
mod form;
mod hashes;
mod log_in;
mod log_out;
mod me;
mod pages;
mod passwords;
mod session;
mod sign_up;
mod throttle;
mod token;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use axum::routing::{get, post};

use self::cookies::Cookies;
use self::denied::Denied;
use self::pages::FormPage;
use self::passwords::Passwords;
use self::throttle::Throttle;
use super::Shared;
use crate::Config;

pub(super) use form::{MAX_FORM, Posted};
pub(super) use session::see_other;
pub(super) use visitor::Visitor;

/// What all of this shares.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    cookies: Cookies,
    passwords: Passwords,
    throttle: Arc<Throttle>,
}

impl Accounts {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            cookies: Cookies::new(config.secure_cookies),
            passwords: Passwords::new(config.password_cost),
            throttle: Arc::default(),
        }
    }

    /// Of how many names attempts are remembered.
    pub(crate) fn throttled(&self) -> usize {
        self.throttle.names()
    }
}

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/sign-up", get(sign_up::page).post(sign_up::sign_up))
        .route("/log-in", get(log_in::page).post(log_in::log_in))
        .route("/log-out", post(log_out::log_out))
        .route("/me", get(me::page))
}

/// Shows the form again, with what was wrong.
fn refuse(posted: &Posted, denied: Denied, form: FormPage) -> Response {
    let page = form(&posted.visitor, posted.field("name"), Some(denied));
    let mut response = posted.visitor.answer((denied.status(), page));
    if denied == Denied::Throttled {
        let seconds = HeaderValue::from(throttle::WINDOW.as_secs());
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}
