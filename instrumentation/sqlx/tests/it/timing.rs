//! Whose time is whose.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Executor, Sqlite, Transaction};
use telemetry_sqlx::Pool;

use crate::support::{Events, Seen, one_connection, users};

const A_WHILE: Duration = Duration::from_millis(30);

#[track_caller]
fn adds_up(seen: &Seen) {
    let [total, queue, query] =
        ["total_time", "queue_time", "query_time"].map(|key| seen.time(key));
    assert_eq!(
        total.unwrap(),
        queue.unwrap_or_default() + query.unwrap_or_default()
    );
}

#[tokio::test]
async fn the_time_of_a_slow_consumer_does_not_count() {
    let (pool, events) = (
        users("timing.consumer").await,
        Events::of("timing.consumer"),
    );
    let mut connection = None;
    for on_connection in [false, true] {
        let started = Instant::now();
        let mut consumed = Duration::ZERO;
        let mut stream = if on_connection {
            connection
                .insert(pool.acquire().await.unwrap())
                .fetch("SELECT * FROM users")
        } else {
            (&pool).fetch("SELECT * FROM users")
        };
        while let Some(row) = stream.next().await {
            let since = Instant::now();
            row.unwrap();
            std::thread::sleep(A_WHILE);
            consumed += since.elapsed();
        }
        let wall = started.elapsed();
        let seen = events.one();
        adds_up(&seen);
        assert_eq!(seen.rows(), Some(3));
        assert!(consumed >= 3 * A_WHILE);
        let total = seen.time("total_time").unwrap();
        assert!(
            total <= wall - consumed,
            "{total:?} of {wall:?}, consumer {consumed:?}"
        );
    }
}

#[tokio::test]
async fn the_time_between_the_last_row_and_a_drop_does_not_count() {
    let (pool, events) = (users("timing.drop").await, Events::of("timing.drop"));
    let mut stream = (&pool).fetch("SELECT * FROM users");
    let started = Instant::now();
    stream.try_next().await.unwrap().unwrap();
    let first_row = started.elapsed();
    std::thread::sleep(A_WHILE);
    drop(stream);
    let seen = events.one();
    adds_up(&seen);
    assert!(seen.time("total_time").unwrap() <= first_row);
}

#[tokio::test]
async fn waiting_for_a_connection_is_queue_time() {
    let (pool, events) = (users("timing.queue").await, Events::of("timing.queue"));
    for optional in [true, false] {
        let held = pool.acquire().await.unwrap();
        let query = async {
            let started = Instant::now();
            if optional {
                (&pool).fetch_optional("SELECT * FROM users").await.unwrap();
            } else {
                (&pool).fetch_all("SELECT * FROM users").await.unwrap();
            }
            started.elapsed()
        };
        // Polled second: the query is waiting when this begins.
        let release = async {
            let since = Instant::now();
            tokio::time::sleep(A_WHILE).await;
            let held_for = since.elapsed();
            drop(held);
            held_for
        };
        let (wall, held_for) = tokio::join!(query, release);
        let seen = events.one();
        adds_up(&seen);
        let queued = seen.time("queue_time").unwrap();
        assert!(
            held_for <= queued && queued <= wall,
            "{queued:?} of {wall:?}, held {held_for:?}"
        );
        assert!(seen.time("query_time").unwrap() <= wall - held_for);
    }
}

/// Two pools on a database in a file, which one of them can lock.
struct File {
    path: std::path::PathBuf,
    pool: Pool<Sqlite>,
    other: Pool<Sqlite>,
}

impl File {
    async fn new(prefix: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{prefix}-{}.db", std::process::id()));
        let pool = async || {
            let options = SqliteConnectOptions::new()
                .filename(&path)
                .create_if_missing(true);
            Pool::new(
                one_connection().connect_with(options).await.unwrap(),
                prefix,
            )
            .unwrap()
        };
        let (pool, other) = (pool().await, pool().await);
        sqlx::query("CREATE TABLE t (a)")
            .execute(pool.inner())
            .await
            .unwrap();
        Self { path, pool, other }
    }

    /// Nobody else can write.
    async fn lock(&self) -> Transaction<'static, Sqlite> {
        let mut lock = self
            .other
            .inner()
            .begin_with("BEGIN IMMEDIATE")
            .await
            .unwrap();
        lock.execute("INSERT INTO t VALUES (1)").await.unwrap();
        lock
    }
}

/// Polls `work`, which needs the lock, and then releases it; how long `work` waited at least.
async fn unlock_after<T>(
    lock: Transaction<'static, Sqlite>,
    work: impl Future<Output = T>,
) -> (T, Duration) {
    // Polled second: the work is waiting when this begins.
    let release = async {
        let since = Instant::now();
        tokio::time::sleep(A_WHILE).await;
        let locked_for = since.elapsed();
        lock.commit().await.unwrap();
        locked_for
    };
    tokio::join!(work, release)
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[tokio::test]
async fn waiting_for_the_database_is_query_time() {
    let file = File::new("timing.database").await;
    let mut connection = file.pool.acquire().await.unwrap();
    let events = Events::of("timing.database");
    let query = async {
        let started = Instant::now();
        connection
            .execute("INSERT INTO t VALUES (2)")
            .await
            .unwrap();
        started.elapsed()
    };
    let (wall, locked_for) = unlock_after(file.lock().await, query).await;
    let seen = events.one();
    adds_up(&seen);
    let queried = seen.time("query_time").unwrap();
    assert!(
        locked_for <= queried && queried <= wall,
        "{queried:?} of {wall:?}, {locked_for:?}"
    );
}

#[tokio::test]
async fn waiting_for_a_later_row_is_query_time_too() {
    let file = File::new("timing.later").await;
    let events = Events::of("timing.later");
    let lock = file.lock().await;
    // The first row is there at once; the second has to wait for the lock.
    let statement = "SELECT 1; INSERT INTO t VALUES (2) RETURNING a";
    let mut rows = sqlx::raw_sql(statement).fetch(&file.pool);
    rows.try_next().await.unwrap().unwrap();
    let (second, locked_for) = unlock_after(lock, rows.try_next()).await;
    second.unwrap().unwrap();
    assert!(rows.try_next().await.unwrap().is_none());
    let seen = events.one();
    adds_up(&seen);
    assert_eq!(seen.rows(), Some(2));
    let queried = seen.time("query_time").unwrap();
    assert!(locked_for <= queried, "{queried:?}, locked {locked_for:?}");
}
