//! Logging out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use telemetry::completion_span;

use super::denied::Denied;
use super::form::{Posted, Refused};
use super::session;
use crate::web::{Shared, pages};

pub(super) async fn log_out(
    State(shared): State<Shared>,
    posted: Result<Posted, Refused>,
) -> Response {
    let left = completion_span!("demo.accounts.log_out")
        .wrap_result(async {
            let posted = posted.as_ref().map_err(|refused| *refused)?;
            let token = posted.visitor.secret.stored();
            shared.store.close_session(&token).await?;
            Ok::<_, Denied>(())
        })
        .await;
    match (left, posted) {
        (Ok(()), _) => session::left(shared.accounts.cookies),
        (Err(_), Err(refused)) => refused.into_response(),
        // The session is still there, so nobody is told that it is not.
        (Err(denied), Ok(posted)) => {
            let page = pages::message(denied.status(), "Something went wrong", denied.text());
            posted.visitor.answer(page)
        }
    }
}
