//! A user's to-do items: forms that change them, and lead back to the user's page.
//!
//! Each is the event `demo.todos.change`, with the metadata `action`, `outcome` and `reason`.

use std::fmt;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use telemetry::completion_span;

use super::accounts::{Posted, see_other};
use super::{Shared, pages};
use crate::flow::Kind;

/// How many characters the title of an item may have.
pub(super) const MAX_TITLE: usize = 200;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/me/todos", post(add))
        .route("/me/todos/{id}/tick", post(tick))
        .route("/me/todos/{id}/delete", post(delete))
}

/// What is done to an item.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Add { title: String },
    Tick { id: i64, done: bool },
    Delete { id: i64 },
}

/// Why an item was not changed. As text it is a word for events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unchanged {
    InvalidTitle,
    TooMany,
    NotFound,
    Database,
}

async fn add(State(shared): State<Shared>, posted: Posted) -> Response {
    let add = title(posted.field("title")).map(|title| Change::Add { title });
    change(&shared, &posted, "add", add).await
}

async fn tick(State(shared): State<Shared>, Path(id): Path<String>, posted: Posted) -> Response {
    let done = posted.field("done") == "1";
    let tick = number(&id).map(|id| Change::Tick { id, done });
    change(&shared, &posted, "tick", tick).await
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>, posted: Posted) -> Response {
    let delete = number(&id).map(|id| Change::Delete { id });
    change(&shared, &posted, "delete", delete).await
}

/// A title as it is kept: on one line, and not too long.
fn title(text: &str) -> Result<String, Unchanged> {
    let clean = text.replace(char::is_control, " ");
    let clean = clean.trim();
    let fits = (1..=MAX_TITLE).contains(&clean.chars().count());
    fits.then(|| clean.to_owned())
        .ok_or(Unchanged::InvalidTitle)
}

fn number(id: &str) -> Result<i64, Unchanged> {
    id.parse().map_err(|_| Unchanged::NotFound)
}

async fn change(
    shared: &Shared,
    posted: &Posted,
    action: &'static str,
    change: Result<Change, Unchanged>,
) -> Response {
    let Some(user) = &posted.visitor.user else {
        return see_other("/log-in");
    };
    let changed = completion_span!("demo.todos.change", { action })
        .wrap_result(async { apply(shared, user.id, change?).await })
        .await;
    match changed {
        Ok(()) => see_other("/me"),
        Err(unchanged) => {
            let (status, text) = unchanged.told();
            let page = pages::message(status, "Nothing was changed", text);
            posted.visitor.answer(page)
        }
    }
}

async fn apply(shared: &Shared, user_id: i64, change: Change) -> Result<(), Unchanged> {
    let store = &shared.store;
    let (changed, kind) = match change {
        Change::Add { title } => {
            let added = store.add_todo(user_id, &title).await?;
            (
                added.then_some(()).ok_or(Unchanged::TooMany),
                Kind::TodoAdded,
            )
        }
        Change::Tick { id, done } => {
            let ticked = store.tick_todo(user_id, id, done).await?;
            let kind = match done {
                true => Kind::TodoCompleted,
                false => Kind::TodoReopened,
            };
            (ticked.then_some(()).ok_or(Unchanged::NotFound), kind)
        }
        Change::Delete { id } => {
            let deleted = store.delete_todo(user_id, id).await?;
            (
                deleted.then_some(()).ok_or(Unchanged::NotFound),
                Kind::TodoDeleted,
            )
        }
    };
    changed?;
    // It is done, whether the feed has room for it or not; the command's own event says which.
    let _ = shared.flow.record(user_id, kind).await;
    Ok(())
}

impl Unchanged {
    fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidTitle => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "An item has 1 to 200 characters.",
            ),
            Self::TooMany => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "There is enough to do already. Delete something first.",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "You have no such item."),
            Self::Database => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The database did not answer. Try again in a moment.",
            ),
        }
    }
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidTitle => "invalid_title",
            Self::TooMany => "too_many",
            Self::NotFound => "not_found",
            Self::Database => "database",
        })
    }
}

impl From<sqlx::Error> for Unchanged {
    fn from(_: sqlx::Error) -> Self {
        Self::Database
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_bounded_length() {
        assert_eq!(title(" Rest\r\n\0 well ").as_deref(), Ok("Rest    well"));
        let longest = "ü".repeat(MAX_TITLE);
        assert_eq!(title(&longest), Ok(longest.clone()));
        for bad in ["", " \n\0 ", &"ü".repeat(MAX_TITLE + 1)] {
            assert_eq!(title(bad), Err(Unchanged::InvalidTitle), "{bad:?}");
        }
        assert!(
            Unchanged::InvalidTitle
                .told()
                .1
                .contains(&MAX_TITLE.to_string())
        );
    }
}
