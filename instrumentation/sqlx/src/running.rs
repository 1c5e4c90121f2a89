//! One statement on its way, and the event at its end.
//!
//! The event is emitted by [`Running`]'s destructor and by nothing else, so there is exactly one
//! however the statement ends: it returns, it fails, or the future that owns this is dropped.
//! Until told otherwise the outcome is `cancelled`, because a drop out of the blue is what that is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Error, SqlStr};
use telemetry::{EventName, execute};

use crate::{reason, sql};

/// What all statements of a pool have in common.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) query: EventName,
    pub(crate) repo: Arc<str>,
}

pub(crate) struct Running {
    origin: Origin,
    text: SqlStr,
    clock: Clock,
    queue_time: Option<Duration>,
    query_time: Option<Duration>,
    rows: u64,
    outcome: &'static str,
    reason: Option<&'static str>,
}

/// What the time that passes belongs to.
enum Clock {
    Queue(Instant),
    Query(Instant),
    /// To the consumer.
    Stopped,
}

impl Running {
    /// A statement that begins to wait for a connection.
    pub(crate) fn queueing(origin: Origin, text: SqlStr) -> Self {
        Self::new(origin, text, Clock::Queue(Instant::now()), None, None)
    }

    /// A statement that begins on a connection that was there already; `waited` is how long it
    /// took to get there, if this statement is to say so.
    pub(crate) fn querying(origin: Origin, text: SqlStr, waited: Option<Duration>) -> Self {
        let clock = Clock::Query(Instant::now());
        Self::new(origin, text, clock, waited, Some(Duration::ZERO))
    }

    fn new(
        origin: Origin,
        text: SqlStr,
        clock: Clock,
        queue_time: Option<Duration>,
        query_time: Option<Duration>,
    ) -> Self {
        Self {
            origin,
            text,
            clock,
            queue_time,
            query_time,
            rows: 0,
            outcome: "cancelled",
            reason: None,
        }
    }

    /// The wait is over, the query begins.
    pub(crate) fn acquired(&mut self) {
        let now = self.stop();
        self.query_time = Some(Duration::ZERO);
        self.clock = Clock::Query(now);
    }

    pub(crate) fn returned_a_row(&mut self) {
        self.rows += 1;
    }

    /// The consumer has got something to work on.
    pub(crate) fn pause(&mut self) {
        self.stop();
    }

    /// The consumer asks for more.
    pub(crate) fn resume(&mut self) {
        self.clock = Clock::Query(Instant::now());
    }

    /// Books the time since the clock was started.
    fn stop(&mut self) -> Instant {
        let now = Instant::now();
        let (account, since) = match std::mem::replace(&mut self.clock, Clock::Stopped) {
            Clock::Queue(since) => (&mut self.queue_time, since),
            Clock::Query(since) => (&mut self.query_time, since),
            Clock::Stopped => return now,
        };
        *account = Some(account.unwrap_or_default() + now.saturating_duration_since(since));
        now
    }

    /// The statement returned, or failed.
    pub(crate) fn end<T>(mut self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.outcome = "ok",
            Err(error) => {
                self.outcome = "error";
                self.reason = Some(reason::of(error));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        let statement = self.text.as_str();
        let summary = sql::summary(statement);
        execute!(
            "*.query" => self.origin.query,
            {
                total_time: self.queue_time.unwrap_or_default() + self.query_time.unwrap_or_default(),
                queue_time: self.queue_time,
                query_time: self.query_time,
                rows: self.query_time.map(|_| self.rows),
            },
            {
                repo: self.origin.repo,
                source: summary.source,
                command: summary.command,
                outcome: self.outcome,
                reason: self.reason,
                statement,
            },
        );
    }
}
