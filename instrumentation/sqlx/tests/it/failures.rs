//! Errors, timeouts, and work that is dropped, as only SQLite or its driver can show them.

use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo};
use sqlx::{Error, Executor, Sqlite, Type};
use telemetry_sqlx::Pool;

use crate::support::{Events, one_connection, users};

#[tokio::test]
async fn an_error_after_some_rows_counts_the_rows_and_ends_the_stream() {
    let (pool, events) = (users("failures.later").await, Events::of("failures.later"));
    let statement = "SELECT iif(id < 3, 1, abs(-9223372036854775808)) FROM users";
    let mut stream = (&pool).fetch(statement);
    assert!(stream.next().await.unwrap().is_ok());
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(events.gists(), [""; 0]);
    assert!(stream.next().await.unwrap().is_err());
    assert_eq!(events.one().gist(), "SELECT users error database 2");
    // The connection is back although the stream is still there.
    sqlx::query("SELECT 1").execute(pool.inner()).await.unwrap();
    assert!(stream.next().await.is_none());
    drop(stream);
    assert_eq!(events.gists(), [""; 0]);
}

/// Cannot be bound.
struct Stubborn;

impl Type<Sqlite> for Stubborn {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Stubborn {
    fn encode_by_ref(&self, _: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Err("no".into())
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_bound_is_an_error() {
    let (pool, events) = (
        users("failures.encode").await,
        Events::of("failures.encode"),
    );
    let query = || sqlx::query("SELECT ? FROM users").bind(Stubborn);
    assert!(matches!(
        query().fetch_all(&pool).await,
        Err(Error::Encode(_))
    ));
    assert!(matches!(
        query().fetch_optional(&pool).await,
        Err(Error::Encode(_))
    ));
    assert_eq!(events.gists(), ["SELECT users error encode 0"; 2]);
}

#[tokio::test]
async fn a_row_that_is_not_there_is_no_error() {
    let (pool, events) = (
        users("failures.no_row").await,
        Events::of("failures.no_row"),
    );
    let nobody = "SELECT name FROM users WHERE id = 9";
    assert!(matches!(
        sqlx::query(nobody).fetch_one(&pool).await,
        Err(Error::RowNotFound)
    ));
    let scalar: Result<String, _> = sqlx::query_scalar(nobody).fetch_one(&pool).await;
    assert!(matches!(scalar, Err(Error::RowNotFound)));
    assert_eq!(events.gists(), ["SELECT users ok - 0"; 2]);
}

#[tokio::test]
async fn a_timeout_is_an_error_whose_queue_time_is_the_wait() {
    let timeout = Duration::from_millis(40);
    let plain = one_connection()
        .acquire_timeout(timeout)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let pool = Pool::new(plain, "failures.timeout").unwrap();
    let events = Events::of("failures.timeout");
    let held = pool.acquire().await.unwrap();

    for optional in [true, false] {
        let started = Instant::now();
        let query = sqlx::query("SELECT 1 FROM users");
        let error = if optional {
            query.fetch_optional(&pool).await.unwrap_err()
        } else {
            query.fetch_all(&pool).await.unwrap_err()
        };
        let wall = started.elapsed();
        assert!(matches!(error, Error::PoolTimedOut), "{error}");
        let seen = events.one();
        assert_eq!(seen.gist(), "SELECT users error pool_timed_out -");
        let waited = seen.time("queue_time").unwrap();
        assert!(
            timeout <= waited && waited <= wall,
            "{waited:?} of {wall:?}"
        );
        assert_eq!(seen.time("total_time"), Some(waited));
        assert_eq!(seen.time("query_time"), None);
    }

    assert!(pool.acquire().await.is_err());
    drop(held);
    assert_eq!(events.gists(), [""; 0], "there was no statement");
}

#[tokio::test]
async fn a_closed_pool_is_an_error() {
    let (pool, events) = (
        users("failures.closed").await,
        Events::of("failures.closed"),
    );
    assert_eq!((pool.size(), pool.is_closed()), (1, false));
    pool.clone().close().await;
    assert_eq!(
        (pool.size(), pool.num_idle(), pool.is_closed()),
        (0, 0, true)
    );
    assert!(matches!(
        sqlx::query("SELECT 1").execute(&pool).await,
        Err(Error::PoolClosed)
    ));
    assert_eq!(events.one().gist(), "SELECT - error pool_closed -");
}

#[tokio::test]
async fn work_dropped_while_it_waits_for_a_connection_is_cancelled() {
    let (pool, events) = (
        users("failures.impatient").await,
        Events::of("failures.impatient"),
    );
    let held = pool.acquire().await.unwrap();
    let query = sqlx::query("SELECT * FROM users");
    assert!(query.fetch_optional(&pool).now_or_never().is_none());
    let seen = events.one();
    assert_eq!(seen.gist(), "SELECT users cancelled - -");
    assert_eq!(seen.time("queue_time"), seen.time("total_time"));
    assert!(
        sqlx::query("SELECT * FROM users")
            .fetch_all(&pool)
            .now_or_never()
            .is_none()
    );
    assert_eq!(events.one().gist(), "SELECT users cancelled - -");
    drop(held);
}

#[tokio::test]
async fn work_that_was_never_begun_says_nothing() {
    let (pool, events) = (
        users("failures.unpolled").await,
        Events::of("failures.unpolled"),
    );
    drop((&pool).fetch_all("DELETE FROM users"));
    drop((&pool).fetch_optional("DELETE FROM users"));
    let mut connection = pool.acquire().await.unwrap();
    drop((&mut connection).fetch_all("DELETE FROM users"));
    drop((&mut connection).fetch_optional("DELETE FROM users"));
    assert_eq!(events.gists(), [""; 0]);

    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 3);
    let seen = events.one();
    assert!(
        seen.time("queue_time").is_some(),
        "what was never begun did not use it up"
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_decoded_is_not_an_error_of_the_query() {
    let (pool, events) = (
        users("failures.decode").await,
        Events::of("failures.decode"),
    );
    let number: Result<i64, _> = sqlx::query_scalar("SELECT name FROM users")
        .fetch_one(&pool)
        .await;
    assert!(matches!(number, Err(Error::ColumnDecode { .. })));
    assert_eq!(events.one().gist(), "SELECT users ok - 1");
    // Here sqlx drops the stream behind the row that it could not decode.
    let numbers: Result<Vec<i64>, _> = sqlx::query_scalar("SELECT name FROM users")
        .fetch_all(&pool)
        .await;
    assert!(matches!(numbers, Err(Error::ColumnDecode { .. })));
    assert_eq!(events.one().gist(), "SELECT users cancelled - 1");
}

#[tokio::test]
async fn a_handler_that_panics_does_not_disturb_the_query() {
    let pool = users("failures.handler").await;
    let guard = telemetry::attach("failures.handler", "failures.handler.query", |_| {
        panic!("on purpose")
    });
    let _guard = guard.unwrap().guard();
    for _ in 0..3 {
        assert_eq!(
            sqlx::query("SELECT * FROM users")
                .fetch_all(&pool)
                .await
                .unwrap()
                .len(),
            3
        );
    }
    assert_eq!(telemetry::list_handlers("failures.handler")[0].failures, 3);
}
