//! Events that no attempt can use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::Any;
use telemetry::testing::{assert_emitted, capture_many};
use telemetry::{Number, OwnedEvent, Span, span};
use telemetry_sqlx::Pool;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{DEADLINE, Running, eventually};
use crate::flow::consumer::{Consumer, Failure};
use crate::flow::event::{self, StoredEvent};
use crate::flow::progress::Progress;
use crate::flow::reader::{Patience, Reader};
use crate::flow::{Kind, Settings, Transaction};

const NOT_JSON: &str = "INSERT INTO events \
     (position, kind, subject, payload, key, traceparent, created_at) \
     VALUES (1, 'user_signed_up', 1, 'not json', NULL, 'nonsense', 1)";

const OF_ANOTHER_VERSION: &str = "INSERT INTO events \
     (position, kind, subject, payload, key, traceparent, created_at) \
     VALUES (2, 'user_flew', 1, '{}', NULL, '', 1)";

#[tokio::test]
async fn an_event_that_makes_no_sense_is_set_aside_and_the_next_ones_are_read() {
    let capture = capture_many(["demo.events.*", "demo.projection.*", "demo.process.*"]);
    let demo = Running::start().await;
    demo.execute(NOT_JSON).await;
    demo.execute(OF_ANOTHER_VERSION).await;
    demo.execute("UPDATE event_position SET last = 2").await;
    let id = demo.flow.sign_up("Ida", "hash").await.unwrap();
    demo.caught_up().await;
    // The feed cannot show it; there is a user of that number, whom the process manager welcomes.
    assert_eq!(
        demo.number("SELECT count(*) FROM events_set_aside").await,
        1
    );
    assert_eq!(demo.number("SELECT count(*) FROM events").await, 5);
    assert_eq!(demo.flow.messages_of(id).await.unwrap().len(), 1);
    let tried = capture.named("demo.projection.apply.stop");
    let failed = tried
        .iter()
        .filter(|event| event.metadata_is("reason", "payload"));
    assert_eq!(failed.count(), 4);
    assert_emitted!(
        capture,
        "demo.events.set_aside",
        {},
        { reader: "activity", event: "user_signed_up", reason: "payload" }
    );
    demo.stop().await;
}

#[tokio::test]
async fn a_reader_that_stands_still_shows() {
    let capture = capture_many(["demo.projection.lag"]);
    let patient = Settings {
        attempts: u32::MAX,
        ..Settings::suiting("sqlite::memory:")
    };
    let demo = Running::on("sqlite::memory:", patient).await;
    demo.execute(NOT_JSON).await;
    demo.execute("UPDATE event_position SET last = 1").await;
    demo.flow.sign_up("Ida", "hash").await.unwrap();
    let stands_still = |event: &OwnedEvent| {
        event.metadata_is("projection", "activity")
            && event.measurement("events") >= Some(2_u64.into())
            && event.measurement("age").and_then(Number::as_duration) > Some(Duration::ZERO)
    };
    let seen = || async {
        demo.flow.emit_lag();
        capture.take().iter().any(stands_still)
    };
    eventually(seen, |seen| *seen).await;
    demo.flow.emit_lag();
    let readers = capture.named("demo.projection.lag");
    assert_eq!(readers.len(), 3, "{readers:#?}");
    assert_eq!(demo.flow.waiting_commands(), Some((0, 256)));
    demo.stop().await;
}

/// Fails as it is told to, and counts.
struct Test {
    attempts: Arc<AtomicU32>,
    /// What the first attempts end with; afterwards all is well.
    fails: fn(u32) -> Option<Failure>,
}

impl Consumer for Test {
    const NAME: &'static str = "test";

    fn wants(kind: Kind) -> bool {
        kind == Kind::UserSignedUp
    }

    fn span(event: &StoredEvent) -> Span {
        span!(parent: event.context, "flowtest.poison")
    }

    async fn apply(&self, _: &mut Transaction, _: &StoredEvent) -> Result<(), Failure> {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        (self.fails)(attempt).map_or(Ok(()), Err)
    }
}

/// Runs a reader until it has come far enough.
async fn run<C: Consumer>(demo: &Running, consumer: C, is_enough: impl Fn(i64) -> bool) {
    let position = Reader::<C>::position(demo.store.pool()).await.unwrap();
    let last = event::last_position(demo.store.pool()).await.unwrap();
    let (_stored, stored) = watch::channel(last);
    let (stop, stopped) = watch::channel(false);
    let progress = Arc::new(Progress::new(C::NAME, position));
    let reader = Reader {
        consumer,
        pool: demo.store.pool().clone(),
        stored,
        stop: stopped,
        progress: progress.clone(),
        patience: Patience {
            attempts: 3,
            first_delay: Duration::from_millis(1),
        },
    };
    let task = tokio::spawn(reader.run());
    eventually(
        || async { progress.reached() },
        |reached| is_enough(*reached),
    )
    .await;
    stop.send(true).unwrap();
    timeout(DEADLINE, task).await.unwrap().unwrap();
}

/// Runs a reader over a sign-up, and returns how often it tried and whether it set it aside.
async fn read(fails: fn(u32) -> Option<Failure>) -> (u32, bool) {
    let demo = Running::start().await;
    demo.flow.sign_up("Ida", "hash").await.unwrap();
    demo.caught_up().await;
    let attempts = Arc::new(AtomicU32::new(0));
    let consumer = Test {
        attempts: attempts.clone(),
        fails,
    };
    // The sign-up and its welcome.
    run(&demo, consumer, |reached| reached == 2).await;
    let aside = "SELECT count(*) FROM events_set_aside WHERE reader = 'test'";
    let aside = demo.number(aside).await;
    demo.stop().await;
    (attempts.load(Ordering::Relaxed), aside == 1)
}

/// Is overtaken by another process, while it does what comes before its transaction.
struct Overtaken {
    pool: Pool<Any>,
    applied: Arc<AtomicU32>,
}

impl Consumer for Overtaken {
    const NAME: &'static str = "overtaken";

    fn wants(_: Kind) -> bool {
        true
    }

    fn span(_: &StoredEvent) -> Span {
        Span::unobserved()
    }

    async fn before(&self, _: &StoredEvent) -> Result<(), Failure> {
        let overtaken = "UPDATE event_readers SET position = 1000 WHERE name = 'overtaken'";
        sqlx::query(overtaken).execute(self.pool.inner()).await?;
        Ok(())
    }

    async fn apply(&self, _: &mut Transaction, _: &StoredEvent) -> Result<(), Failure> {
        self.applied.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn what_another_process_has_applied_is_not_applied_again() {
    let demo = Running::start().await;
    demo.flow.sign_up("Ida", "hash").await.unwrap();
    demo.caught_up().await;
    let applied = Arc::new(AtomicU32::new(0));
    let consumer = Overtaken {
        pool: demo.store.pool().clone(),
        applied: applied.clone(),
    };
    run(&demo, consumer, |reached| reached >= 2).await;
    assert_eq!(applied.load(Ordering::Relaxed), 0);
    let position = "SELECT position FROM event_readers WHERE name = 'overtaken'";
    assert_eq!(demo.number(position).await, 1000);
    demo.stop().await;
}

#[tokio::test]
async fn a_reader_that_panics_goes_on() {
    let capture = capture_many(["flowtest.poison.*"]);
    assert_eq!(read(|_| panic!("on purpose")).await, (3, true));
    let panics = capture.named("flowtest.poison.exception");
    assert_eq!(panics.len(), 3, "{panics:#?}");
    assert!(
        panics
            .iter()
            .all(|event| event.metadata_is("outcome", "panic"))
    );
}

#[tokio::test]
async fn what_is_not_the_events_fault_is_tried_for_as_long_as_it_takes() {
    let later = |attempt| (attempt < 8).then_some(Failure::Later("database"));
    assert_eq!(read(later).await, (8, false));
}

#[tokio::test]
async fn an_event_that_fails_once_is_used_and_not_set_aside() {
    let once = |attempt| (attempt == 1).then_some(Failure::Poison("odd"));
    assert_eq!(read(once).await, (2, false));
}
