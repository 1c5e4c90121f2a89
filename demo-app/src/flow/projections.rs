//! The read models: what pages show, made of the events.

use telemetry::{Span, span};

use super::Transaction;
use super::consumer::{Consumer, Failure};
use super::event::{Kind, StoredEvent};

/// How many entries of the feed are kept.
const KEPT: i64 = 1_000;

/// Who did what, and when.
pub(super) struct Activity;

/// What was written to a user.
pub(super) struct Messages;

/// A text without which the event makes no sense.
fn needed(event: &StoredEvent, key: &str) -> Result<String, Failure> {
    event.text(key).ok_or(Failure::Poison("payload"))
}

fn span_of(projection: &'static str, event: &StoredEvent) -> Span {
    let kind = event.kind.map(Kind::as_str);
    span!(parent: event.context, "demo.projection.apply", { projection, event: kind })
}

impl Consumer for Activity {
    const NAME: &'static str = "activity";

    fn wants(_: Kind) -> bool {
        true
    }

    fn span(event: &StoredEvent) -> Span {
        span_of(Self::NAME, event)
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        event: &StoredEvent,
    ) -> Result<(), Failure> {
        let trace_id = event.context.map(|context| context.trace_id().to_string());
        sqlx::query(
            "INSERT INTO activity (position, kind, name, trace_id, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(event.position)
        .bind(event.kind.map_or("", Kind::as_str))
        .bind(needed(event, "name")?)
        .bind(trace_id.unwrap_or_default())
        .bind(event.created_at)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM activity WHERE position <= $1")
            .bind(event.position - KEPT)
            .execute(&mut *transaction)
            .await?;
        Ok(())
    }
}

impl Consumer for Messages {
    const NAME: &'static str = "messages";

    fn wants(kind: Kind) -> bool {
        kind == Kind::UserWelcomed
    }

    fn span(event: &StoredEvent) -> Span {
        span_of(Self::NAME, event)
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        event: &StoredEvent,
    ) -> Result<(), Failure> {
        sqlx::query(
            "INSERT INTO messages (position, user_id, body, created_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(event.position)
        .bind(event.user_id)
        .bind(needed(event, "body")?)
        .bind(event.created_at)
        .execute(&mut *transaction)
        .await?;
        Ok(())
    }
}
