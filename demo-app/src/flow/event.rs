//! Events as they are stored: what has happened, for ever, and in which trace.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Any, Row};
use telemetry::SpanContext;
use telemetry_sqlx::Pool;

use super::Transaction;
use crate::store::now;

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    UserSignedUp,
    UserWelcomed,
    TodoAdded,
    TodoCompleted,
    TodoReopened,
    TodoDeleted,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::UserSignedUp,
        Self::UserWelcomed,
        Self::TodoAdded,
        Self::TodoCompleted,
        Self::TodoReopened,
        Self::TodoDeleted,
    ];

    /// As it is stored, and as a tag.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UserSignedUp => "user_signed_up",
            Self::UserWelcomed => "user_welcomed",
            Self::TodoAdded => "todo_added",
            Self::TodoCompleted => "todo_completed",
            Self::TodoReopened => "todo_reopened",
            Self::TodoDeleted => "todo_deleted",
        }
    }

    /// What is stored may come from another version of the application.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An event that is about to be stored.
pub(super) struct NewEvent {
    pub(super) kind: Kind,
    pub(super) user_id: i64,
    pub(super) payload: Value,
    /// What may happen only once.
    pub(super) key: Option<String>,
}

impl NewEvent {
    /// An event about a user, who is called so at the moment.
    pub(super) fn of(kind: Kind, user_id: i64, name: &str) -> Self {
        Self {
            kind,
            user_id,
            payload: json!({ "name": name }),
            key: None,
        }
    }
}

/// An event that was read.
#[derive(Debug, Clone)]
pub(super) struct StoredEvent {
    pub(super) position: i64,
    /// `None` if it is one that this version does not know.
    pub(super) kind: Option<Kind>,
    pub(super) user_id: i64,
    pub(super) payload: String,
    /// The span in which it was stored.
    pub(super) context: Option<SpanContext>,
    /// As [`now`] was then.
    pub(super) created_at: i64,
}

impl StoredEvent {
    /// A text out of the payload.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let payload: Value = serde_json::from_str(&self.payload).ok()?;
        Some(payload.get(key)?.as_str()?.to_owned())
    }

    /// How long ago it was stored, by the clock on the wall; not before now.
    pub(super) fn age(&self) -> Duration {
        since(self.created_at)
    }
}

/// The time since then; none if that is still to come.
pub(super) fn since(milliseconds: i64) -> Duration {
    let passed = now().saturating_sub(milliseconds);
    Duration::from_millis(passed.try_into().unwrap_or(0))
}

/// Takes the next position, and waits for whoever else does. To be the first statement of the
/// transaction: SQLite then waits for its turn to write, where a transaction that has read before
/// would fail.
pub(super) async fn next_position(transaction: &mut Transaction) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("UPDATE event_position SET last = last + 1 WHERE id = 1 RETURNING last")
        .fetch_one(&mut *transaction)
        .await
}

/// The position of the last event.
pub(super) async fn last_position(pool: &Pool<Any>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT last FROM event_position WHERE id = 1")
        .fetch_one(pool)
        .await
}

/// Appends an event at a position that was taken in this transaction. `false` if it has a key that
/// was there before: then it has happened already, and the transaction is to be rolled back.
pub(super) async fn append(
    transaction: &mut Transaction,
    position: i64,
    event: &NewEvent,
) -> Result<bool, sqlx::Error> {
    let traceparent = SpanContext::current().map(|context| context.to_string());
    let inserted = sqlx::query(
        "INSERT INTO events (position, kind, subject, payload, key, traceparent, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING",
    )
    .bind(position)
    .bind(event.kind.as_str())
    .bind(event.user_id)
    .bind(event.payload.to_string())
    .bind(event.key.as_deref())
    .bind(traceparent.unwrap_or_default())
    .bind(now())
    .execute(&mut *transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The next events for a reader, in order, at most so many.
pub(super) async fn unread(
    pool: &Pool<Any>,
    reader: &str,
    limit: i64,
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT position, kind, subject, payload, traceparent, created_at FROM events \
         WHERE position > (SELECT position FROM event_readers WHERE name = $1) \
         ORDER BY position LIMIT $2",
    )
    .bind(reader)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            // Whatever else is in there, a row with a position is an event: if it makes no sense it is
            // set aside later, where an error here would stop the reader for ever.
            let text = |column| row.try_get::<String, _>(column).unwrap_or_default();
            Ok(StoredEvent {
                position: row.try_get("position")?,
                kind: Kind::parse(&text("kind")),
                user_id: row.try_get("subject").unwrap_or_default(),
                payload: text("payload"),
                context: text("traceparent").parse().ok(),
                created_at: row.try_get("created_at").unwrap_or_default(),
            })
        })
        .collect()
}
