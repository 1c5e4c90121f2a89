//! What becomes of a command: changed state and the event that says so, both or neither.

use serde_json::json;
use sqlx::Any;
use telemetry::execute;
use telemetry_sqlx::Pool;
use tokio::sync::watch;

use super::Transaction;
use super::command::{Command, CommandError, Done};
use super::event::{self, Kind, NewEvent};
use crate::store::now;

/// Decides, and tells the readers that there is something new.
#[derive(Debug, Clone)]
pub(super) struct Decider {
    pub(super) pool: Pool<Any>,
    /// The position of the last event.
    pub(super) stored: watch::Sender<i64>,
}

impl Decider {
    pub(super) async fn decide(&self, command: Command) -> Result<Done, CommandError> {
        let mut transaction = self.pool.begin().await?;
        let position = event::next_position(&mut transaction).await?;
        let event = match command {
            Command::SignUp {
                name,
                password_hash,
            } => sign_up(&mut transaction, &name, &password_hash).await,
            Command::SendWelcome { user_id } => welcome(&mut transaction, user_id).await,
            Command::Record { user_id, kind } => record(&mut transaction, user_id, kind).await,
        };
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                // Dropping it would do, but only when the connection is used again.
                let _ = transaction.rollback().await;
                return Err(error);
            }
        };
        let user_id = event.user_id;
        if !event::append(&mut transaction, position, &event).await? {
            transaction.rollback().await?;
            return Ok(Done { user_id, events: 0 });
        }
        transaction.commit().await?;
        execute!(
            "demo.events.append",
            { bytes: event.payload.to_string().len() },
            { event: event.kind.as_str() }
        );
        raise(&self.stored, position);
        Ok(Done { user_id, events: 1 })
    }
}

/// Tells the readers how far the events go.
pub(super) fn raise(stored: &watch::Sender<i64>, position: i64) {
    stored.send_if_modified(|last| {
        let is_new = *last < position;
        *last = position.max(*last);
        is_new
    });
}

async fn sign_up(
    transaction: &mut Transaction,
    name: &str,
    password_hash: &str,
) -> Result<NewEvent, CommandError> {
    // A name that is taken is no error of the database: it makes no row.
    let user_id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO users (name, password_hash, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(password_hash)
    .bind(now())
    .fetch_optional(&mut *transaction)
    .await?;
    let user_id = user_id.ok_or(CommandError::NameTaken)?;
    Ok(NewEvent::of(Kind::UserSignedUp, user_id, name))
}

async fn welcome(transaction: &mut Transaction, user_id: i64) -> Result<NewEvent, CommandError> {
    let name = name_of(transaction, user_id).await?;
    let body =
        format!("Welcome, {name}! Your first step here was an event; this message is another.");
    Ok(NewEvent {
        payload: json!({ "name": name, "body": body }),
        key: Some(format!("welcome:{user_id}")),
        ..NewEvent::of(Kind::UserWelcomed, user_id, &name)
    })
}

async fn record(
    transaction: &mut Transaction,
    user_id: i64,
    kind: Kind,
) -> Result<NewEvent, CommandError> {
    let name = name_of(transaction, user_id).await?;
    Ok(NewEvent::of(kind, user_id, &name))
}

async fn name_of(transaction: &mut Transaction, user_id: i64) -> Result<String, CommandError> {
    let name = sqlx::query_scalar("SELECT name FROM users WHERE id = $1")
        .bind(user_id)
        .fetch_optional(&mut *transaction)
        .await?;
    name.ok_or(CommandError::UnknownUser)
}
