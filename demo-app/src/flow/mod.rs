//! The event-driven part: request → command → stored event → projection.
//!
//! Somebody signs up. The request hands a *command* to the one task that decides ([`handler`],
//! [`decide`]); that writes the user and an *event* in one transaction, and answers. Three more tasks
//! read the events, each at its own pace ([`reader`]): two *projections* make of them what pages show
//! ([`projections`]), and a *process manager* answers each sign-up with a command of its own
//! ([`welcome`]), whose event goes the same way.
//!
//! ```text
//! request ──command──▶ handler ──▶ users, events ──┬──▶ activity ──▶ /activity
//!                         ▲                        ├──▶ messages ──▶ a user's page
//!                         └──────── command ───────┴─── welcome
//! ```
//!
//! Nobody calls anybody here: commands go through a channel, events through a table. What makes one
//! trace of it is that both carry the context of the span they come from: a command in its envelope,
//! an event as the `traceparent` that is stored with it. So the message that was written to a user,
//! possibly after a restart, is part of the request by which they signed up.
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `demo.commands.handle.start`, `.stop`, `.exception` | around each command | `queue_time`, `events` | `command`, `outcome`, `reason` |
//! | `demo.commands.refuse` | nobody takes a command, or answers in time | | `command`, `reason` |
//! | `demo.events.append` | an event is stored | `bytes` | `event` |
//! | `demo.projection.apply.start`, … | around each attempt of a projection | `lag`: since the event was stored | `projection`, `event`, `outcome`, `reason` |
//! | `demo.process.react.start`, … | around each attempt of the process manager | `lag` | `process`, `event`, `outcome`, `reason` |
//! | `demo.events.set_aside` | an event that no attempt could use is given up | | `reader`, `event`, `reason` |
//! | `demo.mailbox` | polled | `depth`, `capacity` | `name`: `commands` |
//! | `demo.projection.lag` | polled | `events`, `age` of the one that it is at | `projection` |
//!
//! Events are never deleted, as users are not; only the feed is kept short.

mod command;
mod consumer;
mod decide;
mod event;
mod handler;
mod progress;
mod projections;
mod reader;
mod schema;
mod tasks;
#[cfg(test)]
mod tests;
mod welcome;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Any;
use telemetry::execute;
use telemetry_sqlx::Pool;
use tokio::sync::watch;

use command::{Command, Commands};
use progress::Progress;

pub(crate) use command::CommandError;
pub(crate) use event::Kind;
pub(crate) use schema::TABLES;
pub(crate) use tasks::{Settings, Tasks};

/// A transaction of the database, whichever it is.
type Transaction = telemetry_sqlx::Transaction<'static, Any>;

/// How many entries of the feed, and how many messages, a page shows.
const SHOWN: i64 = 50;

/// The way in, and the way to what was made of it. Clones share everything.
#[derive(Clone)]
pub(crate) struct Flow {
    commands: Commands,
    pool: Pool<Any>,
    stored: watch::Sender<i64>,
    readers: Arc<[Arc<Progress>]>,
}

/// What was written to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) body: String,
    /// How long ago.
    pub(crate) age: Duration,
}

/// An entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What happened; `None` if it is something that this version does not know.
    pub(crate) kind: Option<Kind>,
    /// The user.
    pub(crate) name: String,
    /// The trace in which it happened, if there was one.
    pub(crate) trace_id: Option<String>,
    /// How long ago.
    pub(crate) age: Duration,
}

impl Flow {
    /// Makes a user, and returns the id. The name has to be checked before: here it is only compared
    /// with others.
    pub(crate) async fn sign_up(
        &self,
        name: &str,
        password_hash: &str,
    ) -> Result<i64, CommandError> {
        let command = Command::SignUp {
            name: name.to_owned(),
            password_hash: password_hash.to_owned(),
        };
        Ok(self.commands.send(command).await?.user_id)
    }

    /// Has everybody know what a user has done.
    pub(crate) async fn record(&self, user_id: i64, kind: Kind) -> Result<(), CommandError> {
        let command = Command::Record { user_id, kind };
        self.commands.send(command).await.map(drop)
    }

    /// What was written to a user, the latest first.
    pub(crate) async fn messages_of(&self, user_id: i64) -> Result<Vec<Message>, sqlx::Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT body, created_at FROM messages WHERE user_id = $1 \
             ORDER BY position DESC LIMIT $2",
        )
        .bind(user_id)
        .bind(SHOWN)
        .fetch_all(&self.pool)
        .await?;
        let message = |(body, created_at)| Message {
            body,
            age: event::since(created_at),
        };
        Ok(rows.into_iter().map(message).collect())
    }

    /// The feed, the latest first.
    pub(crate) async fn activity(&self) -> Result<Vec<Entry>, sqlx::Error> {
        let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT kind, name, trace_id, created_at FROM activity ORDER BY position DESC LIMIT $1",
        )
        .bind(SHOWN)
        .fetch_all(&self.pool)
        .await?;
        let entry = |(kind, name, trace_id, created_at): (String, _, String, _)| Entry {
            kind: Kind::parse(&kind),
            name,
            trace_id: Some(trace_id).filter(|id| !id.is_empty()),
            age: event::since(created_at),
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// For a poller: how many commands wait, and how many may; `None` when none is taken any more.
    pub(crate) fn waiting_commands(&self) -> Option<(usize, usize)> {
        let queue = &self.commands.sender;
        let capacity = queue.max_capacity();
        (!queue.is_closed()).then(|| (capacity.saturating_sub(queue.capacity()), capacity))
    }

    /// For a poller: emits how far the readers are behind.
    pub(crate) fn emit_lag(&self) {
        let last = *self.stored.borrow();
        for reader in &*self.readers {
            let behind = last.saturating_sub(reader.reached()).max(0);
            execute!(
                "demo.projection.lag",
                { events: behind, age: reader.age() },
                { projection: reader.reader }
            );
        }
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").finish_non_exhaustive()
    }
}
