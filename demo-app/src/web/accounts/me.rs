//! A user's own page.

use axum::extract::State;
use axum::response::Response;

use super::visitor::Visitor;
use super::{pages, session};
use crate::web::{Shared, pages as common};

pub(super) async fn page(State(shared): State<Shared>, visitor: Visitor) -> Response {
    let Some(user) = &visitor.user else {
        return session::see_other("/log-in");
    };
    let found = async {
        let todos = shared.store.todos(user.id).await?;
        let messages = shared.flow.messages_of(user.id).await?;
        Ok::<_, sqlx::Error>((todos, messages))
    };
    match found.await {
        Ok((todos, messages)) => visitor.answer(pages::me(&visitor, user, &todos, &messages)),
        Err(_) => visitor.answer(common::failed("The database did not answer.")),
    }
}
