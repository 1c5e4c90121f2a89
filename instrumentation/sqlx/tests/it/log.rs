//! The events against sqlx's own log of what it executed.

use std::fmt;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Events, Seen, empty};

/// The statements that sqlx logged, of all tests of this process.
///
/// Global, because SQLite's driver executes (and logs) on a thread of its own.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Log;

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // The whole text stands there only if the summary leaves something out.
        let text = if statement.text.is_empty() {
            statement.summary
        } else {
            statement.text
        };
        LOGGED.lock().unwrap().push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    summary: String,
    text: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.trim().to_owned(),
            "db.statement" => self.text = value.trim().to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Starts the log, once.
fn log() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| tracing::subscriber::set_global_default(Log).unwrap());
}

fn logged(about: &str) -> Vec<String> {
    let mut logged = LOGGED.lock().unwrap().clone();
    logged.retain(|statement| statement.contains(about));
    logged.sort();
    logged
}

#[tokio::test]
async fn there_is_one_event_for_each_statement_that_sqlx_logs() {
    log();
    let (pool, events) = (empty("log.count").await, Events::of("log.count"));
    let run = async |statement: &'static str| {
        let _ = sqlx::query(statement).execute(&pool).await;
    };
    run("CREATE TABLE log_probe (id INTEGER PRIMARY KEY)").await;
    for _ in 0..3 {
        run("INSERT INTO log_probe DEFAULT VALUES").await;
    }
    run("INSERT INTO log_probe VALUES (1)").await;
    run("SELECT nonsense FROM log_probe").await;
    run("UPDATE log_probe SET id = id + 10").await;
    let all = "SELECT * FROM log_probe";
    sqlx::query(all).fetch_one(&pool).await.unwrap();
    sqlx::query(all).fetch_optional(&pool).await.unwrap();
    sqlx::query("SELECT * FROM log_probe WHERE id = 0")
        .fetch_one(&pool)
        .await
        .unwrap_err();
    sqlx::query(all).fetch_all(&pool).await.unwrap();
    let mut stream = sqlx::query("SELECT id + 1 FROM log_probe").fetch(&pool);
    stream.try_next().await.unwrap().unwrap();
    drop(stream);
    sqlx::raw_sql("SELECT 1 FROM log_probe; SELECT 2 FROM log_probe")
        .fetch_all(&pool)
        .await
        .unwrap();
    let mut connection = pool.acquire().await.unwrap();
    for _ in 0..2 {
        sqlx::query(all).fetch_all(&mut connection).await.unwrap();
        sqlx::query(all)
            .fetch_optional(&mut connection)
            .await
            .unwrap();
    }
    sqlx::query("DELETE FROM log_probe")
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);

    let seen = events.take();
    // The driver logs on its own thread, possibly after the last row is there.
    let deadline = Instant::now() + Duration::from_secs(10);
    while logged("log_probe").len() < seen.len() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    pool.close().await;
    let mut statements: Vec<_> = seen
        .iter()
        .map(|seen: &Seen| seen.get("statement").unwrap().to_owned())
        .collect();
    statements.sort();
    assert_eq!(statements.len(), 18);
    assert_eq!(statements, logged("log_probe"));
}
