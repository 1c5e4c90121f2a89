//! Databases to run on, and what the handlers saw.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use telemetry::{AttachGuard, EventKind, SpanContext, SpanInfo};
use telemetry_sqlx::Pool;

/// A copy of an event.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    measurements: Vec<(&'static str, telemetry::Number)>,
    metadata: Vec<(&'static str, String)>,
    pub(crate) kind: EventKind,
    pub(crate) context: Option<SpanContext>,
    pub(crate) parent: Option<SpanContext>,
}

impl Seen {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.metadata
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, value)| value.as_str())
    }

    /// Everything that it says in words.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.metadata.iter().map(|(_, text)| text.as_str())
    }

    pub(crate) fn number(&self, key: &str) -> Option<telemetry::Number> {
        self.measurements
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, number)| *number)
    }

    pub(crate) fn time(&self, key: &str) -> Option<Duration> {
        self.number(key)
            .map(|number| number.as_duration().expect("a time is a `Duration`"))
    }

    pub(crate) fn rows(&self) -> Option<u64> {
        self.number("rows")
            .map(|number| number.as_u64().expect("rows are counted"))
    }

    /// Command, source, outcome, reason, rows.
    pub(crate) fn gist(&self) -> String {
        let [command, source, outcome, reason] =
            ["command", "source", "outcome", "reason"].map(|key| self.get(key).unwrap_or("-"));
        let rows = self.rows().map_or("-".to_owned(), |rows| rows.to_string());
        format!("{command} {source} {outcome} {reason} {rows}")
    }

    /// Of a transaction: how it ended, outcome, reason, statements.
    pub(crate) fn end(&self) -> String {
        let [ended, outcome, reason] =
            ["ended", "outcome", "reason"].map(|key| self.get(key).unwrap_or("-"));
        let savepoint = match self.get("savepoint") {
            Some("true") => "savepoint ",
            Some("false") => "",
            other => panic!("{other:?}"),
        };
        let statements = self.number("statements").unwrap().as_u64().unwrap();
        format!("{savepoint}{ended} {outcome} {reason} {statements}")
    }
}

/// What a handler that is attached to `{prefix}.query`, or another of our events, saw.
pub(crate) struct Events {
    seen: Arc<Mutex<Vec<Seen>>>,
    _guard: AttachGuard,
}

impl Events {
    pub(crate) fn of(prefix: &str) -> Self {
        Self::called(&format!("{prefix}.query"))
    }

    pub(crate) fn of_transactions(prefix: &str) -> Self {
        Self::called(&format!("{prefix}.transaction"))
    }

    pub(crate) fn called(name: &str) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let sink = seen.clone();
        let guard = telemetry::attach(name, name, move |event| {
            sink.lock().unwrap().push(Seen {
                kind: event.kind(),
                context: event.context(),
                parent: event.span().and_then(SpanInfo::parent),
                measurements: event.measurements().collect(),
                metadata: event
                    .all_metadata()
                    .map(|(key, value)| (key, value.to_string()))
                    .collect(),
            });
        });
        Self {
            seen,
            _guard: guard.unwrap().guard(),
        }
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    pub(crate) fn gists(&self) -> Vec<String> {
        self.take().iter().map(Seen::gist).collect()
    }

    pub(crate) fn ends(&self) -> Vec<String> {
        self.take().iter().map(Seen::end).collect()
    }

    #[track_caller]
    pub(crate) fn one(&self) -> Seen {
        let seen = self.take();
        let [one] = &seen[..] else {
            panic!("not one event: {seen:#?}")
        };
        one.clone()
    }
}

/// One connection, because a database in memory is its connection.
pub(crate) fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// An empty database.
pub(crate) async fn empty(prefix: &str) -> Pool<Sqlite> {
    let plain = one_connection().connect("sqlite::memory:").await.unwrap();
    Pool::new(plain, prefix).unwrap()
}

/// A database with three users, Ada, Bob and Cy.
pub(crate) async fn users(prefix: &str) -> Pool<Sqlite> {
    let pool = empty(prefix).await;
    sqlx::raw_sql(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
         INSERT INTO users (name) VALUES ('Ada'), ('Bob'), ('Cy')",
    )
    .execute(pool.inner())
    .await
    .unwrap();
    pool
}

/// Waits until something is so; for ten seconds, and then it is not.
#[track_caller]
pub(crate) fn eventually(what: &'static str, mut is_so: impl FnMut() -> bool) -> impl Future {
    let place = std::panic::Location::caller();
    async move {
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while !is_so() {
            assert!(std::time::Instant::now() < deadline, "not {what}: {place}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
