//! The task that reads events: in order, each once, from where it stopped.
//!
//! How far it has come is a row of a table. What it changes and that row change in one transaction,
//! whose first statement moves the row: so of two that read (another process, on a database that both
//! use) one waits there, and finds then that there is nothing left to do. Nothing is kept in memory
//! that a restart would have to know.
//!
//! An event that fails is tried again, each time later. If it is the event that fails and not the
//! database, that ends: it is put into a table of its own, counted, and the next one gets its turn.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Any;
use telemetry::execute;
use telemetry_sqlx::Pool;
use tokio::sync::watch;
use tokio::time::timeout;

use super::consumer::{Consumer, Failure};
use super::event::{self, Kind, StoredEvent};
use super::progress::Progress;
use crate::catch::caught;
use crate::store::now;
use crate::telemetry::logged;

/// How many events are read at a time.
const BATCH: i64 = 100;

/// How long a reader waits before the next attempt, at most.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How patient a reader is with an event that fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// How often an event is tried that may be the cause itself.
    pub(super) attempts: u32,
    /// The wait after the first failure, doubled by each that follows.
    pub(super) first_delay: Duration,
}

impl Patience {
    /// The wait after so many failures.
    fn delay(self, failures: u32) -> Duration {
        let doubled = 1u32
            .checked_shl(failures.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.first_delay.saturating_mul(doubled).min(LONGEST_DELAY)
    }
}

/// A consumer and what it needs to get events.
pub(super) struct Reader<C> {
    pub(super) consumer: C,
    pub(super) pool: Pool<Any>,
    pub(super) stored: watch::Receiver<i64>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) progress: Arc<Progress>,
    pub(super) patience: Patience,
}

/// The application stops.
struct Stopped;

impl<C: Consumer> Reader<C> {
    /// Makes the reader's row if there is none, and returns how far it had come.
    pub(super) async fn position(pool: &Pool<Any>) -> Result<i64, sqlx::Error> {
        sqlx::query(
            "INSERT INTO event_readers (name, position) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        )
        .bind(C::NAME)
        .execute(pool)
        .await?;
        sqlx::query_scalar("SELECT position FROM event_readers WHERE name = $1")
            .bind(C::NAME)
            .fetch_one(pool)
            .await
    }

    /// Reads until the application stops.
    pub(super) async fn run(mut self) {
        let mut failures = 0;
        loop {
            let last = *self.stored.borrow_and_update();
            let round = if self.progress.reached() < last {
                match caught(self.round()).await {
                    Ok(Ok(Err(Stopped))) => return,
                    Ok(Ok(Ok(()))) => {
                        failures = 0;
                        continue;
                    }
                    Ok(Err(_)) | Err(_) => {
                        failures += 1;
                        self.pause(self.patience.delay(failures)).await
                    }
                }
            } else {
                self.news().await
            };
            if round.is_err() {
                return;
            }
        }
    }

    /// Waits until there is something new.
    async fn news(&mut self) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(Stopped),
            changed = self.stored.changed() => changed.map_err(|_| Stopped),
        }
    }

    async fn pause(&mut self, time: Duration) -> Result<(), Stopped> {
        match timeout(time, self.stop.wait_for(|stop| *stop)).await {
            Ok(_) => Err(Stopped),
            Err(_) => Ok(()),
        }
    }

    /// Reads some events and uses them.
    async fn round(&mut self) -> Result<Result<(), Stopped>, sqlx::Error> {
        let events = event::unread(&self.pool, C::NAME, BATCH).await?;
        let mut passed_over = None;
        let last = events.last().map(|event| event.position);
        for event in events {
            if *self.stop.borrow() {
                return Ok(Err(Stopped));
            }
            if event.kind.is_some_and(C::wants) {
                self.progress.begin(&event);
                if self.consume(&event).await.is_err() {
                    return Ok(Err(Stopped));
                }
                self.progress.end(event.position);
                passed_over = None;
            } else {
                passed_over = Some(event.position);
            }
        }
        if let Some(position) = passed_over {
            move_to(&self.pool, C::NAME, position).await?;
            self.progress.end(position);
        }
        if last.is_none() {
            // Another process has done it all.
            self.progress.end(Self::position(&self.pool).await?);
        }
        Ok(Ok(()))
    }

    /// Uses an event, or sets it aside.
    async fn consume(&mut self, event: &StoredEvent) -> Result<(), Stopped> {
        let (mut failures, mut attempts) = (0, 0);
        loop {
            let failure = match self.attempt(event).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            failures += 1;
            if let Failure::Poison(reason) = failure {
                attempts += 1;
                if attempts >= self.patience.attempts && self.set_aside(event, reason).await.is_ok()
                {
                    return Ok(());
                }
            }
            self.pause(self.patience.delay(failures)).await?;
        }
    }

    /// One attempt is one span, whatever becomes of it.
    async fn attempt(&self, event: &StoredEvent) -> Result<(), Failure> {
        let span = C::span(event);
        let handle = span.handle();
        let work = span.wrap(logged(async {
            let applied = self.apply(event).await;
            match applied {
                Ok(()) => handle.measure("lag", event.age()),
                Err(failure) => handle.fail(failure.reason()),
            }
            applied
        }));
        caught(work).await.unwrap_or(Err(Failure::Poison("panic")))
    }

    async fn apply(&self, event: &StoredEvent) -> Result<(), Failure> {
        self.consumer.before(event).await?;
        let mut transaction = self.pool.begin().await?;
        if claim(&mut transaction, C::NAME, event.position).await? {
            self.consumer.apply(&mut transaction, event).await?;
            transaction.commit().await?;
        } else {
            // Another process was faster.
            transaction.rollback().await?;
        }
        Ok(())
    }

    /// Puts an event where somebody may look at it, and moves on.
    async fn set_aside(
        &self,
        event: &StoredEvent,
        reason: &'static str,
    ) -> Result<(), sqlx::Error> {
        let work = logged(async {
            let mut transaction = self.pool.begin().await?;
            if !claim(&mut transaction, C::NAME, event.position).await? {
                return transaction.rollback().await;
            }
            sqlx::query(
                "INSERT INTO events_set_aside (reader, position, reason, created_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(C::NAME)
            .bind(event.position)
            .bind(reason)
            .bind(now())
            .execute(&mut transaction)
            .await?;
            transaction.commit().await?;
            let kind = event.kind.map(Kind::as_str);
            execute!("demo.events.set_aside", {}, { reader: C::NAME, event: kind, reason });
            Ok(())
        });
        match event.context {
            Some(context) => context.wrap(work).await,
            None => work.await,
        }
    }
}

/// Moves a reader on to a position, unless it is there already. To be the first statement of the
/// transaction, as for appending.
async fn claim(
    transaction: &mut super::Transaction,
    reader: &str,
    position: i64,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(MOVE)
        .bind(position)
        .bind(reader)
        .execute(&mut *transaction)
        .await?;
    Ok(moved.rows_affected() == 1)
}

async fn move_to(pool: &Pool<Any>, reader: &str, position: i64) -> Result<(), sqlx::Error> {
    let moved = sqlx::query(MOVE).bind(position).bind(reader);
    moved.execute(pool).await.map(drop)
}

const MOVE: &str = "UPDATE event_readers SET position = $1 WHERE name = $2 AND position < $1";
