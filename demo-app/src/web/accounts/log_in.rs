//! Logging in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use telemetry::completion_span;

use super::denied::Denied;
use super::form::{Posted, Refused};
use super::token::Token;
use super::visitor::Visitor;
use super::{pages, refuse, session};
use crate::web::Shared;

pub(super) async fn page(visitor: Visitor) -> Response {
    match &visitor.user {
        Some(_) => session::see_other("/me"),
        None => visitor.answer(pages::log_in(&visitor, "", None)),
    }
}

pub(super) async fn log_in(
    State(shared): State<Shared>,
    posted: Result<Posted, Refused>,
) -> Response {
    let entered = completion_span!("demo.accounts.log_in")
        .wrap_result(async { enter(&shared, posted.as_ref().map_err(|refused| *refused)?).await })
        .await;
    match (entered, posted) {
        (Ok(token), _) => session::entered(shared.accounts.cookies, &token),
        (Err(denied), Ok(posted)) => refuse(&posted, denied, pages::log_in),
        (Err(_), Err(refused)) => refused.into_response(),
    }
}

async fn enter(shared: &Shared, posted: &Posted) -> Result<Token, Denied> {
    let accounts = &shared.accounts;
    let name = posted.field("name").trim();
    if !accounts.throttle.admits(name) {
        return Err(Denied::Throttled);
    }
    // A name that nobody can have is looked up as well: the same work for everybody. But not all
    // databases take this one.
    let found = match name.contains('\0') {
        true => None,
        false => shared.store.credentials(name).await?,
    };
    let (id, hash) = match found {
        Some((id, hash)) => (Some(id), hash),
        None => (None, None),
    };
    let password = posted.field("password").to_owned();
    let fits = accounts.passwords.verify(password, hash).await;
    if fits.is_err() {
        // Else a flood of attempts that are turned away would make the throttle forget others.
        accounts.throttle.take_back(name);
    }
    let fits = fits?;
    let id = id.filter(|_| fits).ok_or(Denied::InvalidCredentials)?;
    accounts.throttle.forget(name);
    session::begin(shared, &posted.visitor, id).await
}
