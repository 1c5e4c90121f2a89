//! What only a server can do: be slow, be killed, refuse.

use std::time::Duration;

use futures_util::FutureExt;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Error, Executor};
use telemetry_sqlx::Pool;
use tokio::time::timeout;

use crate::databases::{create, on_postgres, postgres};
use crate::postgres_server::Server;
use crate::support::{Events, eventually};

/// Nothing here takes that long unless it hangs.
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_query_that_is_given_up_is_cancelled() {
    let users = postgres("postgres.given_up").await;
    let events = Events::of("postgres.given_up");
    let sleep = "SELECT pg_sleep(0.3) FROM users LIMIT 1";
    for optional in [false, true] {
        // It comes back when the server is done.
        eventually("idle", || users.pool.figures().idle == 1).await;
        let given_up = if optional {
            let sleep = sqlx::query(sleep).fetch_optional(&users.pool);
            timeout(Duration::from_millis(50), sleep).await.is_err()
        } else {
            let sleep = sqlx::query(sleep).fetch_all(&users.pool);
            timeout(Duration::from_millis(50), sleep).await.is_err()
        };
        assert!(given_up);
        let seen = events.one();
        assert_eq!(seen.gist(), "SELECT users cancelled - 0");
        assert!(seen.time("query_time").unwrap() > Duration::from_millis(5));
    }
    // Whoever comes next waits for that.
    users.pool.execute("SELECT 1").await.unwrap();
    let seen = events.one();
    assert_eq!(seen.gist(), "SELECT - ok - 1");
    assert!(seen.time("queue_time").unwrap() > Duration::from_millis(50));

    // A transaction that is given up in the middle of a statement.
    let transactions = Events::of_transactions("postgres.given_up");
    let work = async {
        let mut transaction = users.pool.begin().await.unwrap();
        transaction.execute("DELETE FROM users").await.unwrap();
        transaction.execute("SELECT pg_sleep(0.3)").await.unwrap();
        unreachable!("given up before");
    };
    let given_up: Result<(), _> = timeout(Duration::from_millis(100), work).await;
    given_up.unwrap_err();
    assert_eq!(
        events.gists(),
        ["DELETE users ok - 0", "SELECT - cancelled - 0"]
    );
    assert_eq!(transactions.ends(), ["dropped cancelled - 2"]);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&users.pool)
        .await
        .unwrap();
    assert_eq!(left, 3);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_the_server_refuses_says_why() {
    let users = postgres("postgres.refused").await;
    let events = Events::of("postgres.refused");
    for (statement, gist) in [
        ("SELECT 1/0", "SELECT - error data_exception 0"),
        (
            "SELECT 'x'::int FROM users",
            "SELECT users error data_exception 0",
        ),
        ("SELECT * FROM nowhere", "SELECT nowhere error undefined 0"),
        (
            "SELECT nothing FROM users",
            "SELECT users error undefined 0",
        ),
        ("SELEKT 1", "OTHER - error syntax_error 0"),
        (
            "SET statement_timeout = 20; SELECT pg_sleep(9)",
            "SET - error query_canceled 0",
        ),
    ] {
        (&users.pool)
            .execute(sqlx::raw_sql(statement))
            .await
            .unwrap_err();
        assert_eq!(events.one().gist(), gist);
    }
    let transactions = Events::of_transactions("postgres.refused");
    let mut transaction = users.pool.begin().await.unwrap();
    transaction.execute("SELECT 1/0").await.unwrap_err();
    transaction.execute("SELECT 1").await.unwrap_err();
    // The server says that all is well, and rolls it back.
    transaction.commit().await.unwrap();
    assert_eq!(transactions.ends(), ["rolled_back ok - 2"]);
    assert_eq!(
        events.gists(),
        [
            "SELECT - error data_exception 0",
            "SELECT - error transaction_aborted 0"
        ]
    );

    // From a savepoint there is a way back.
    let mut transaction = users.pool.begin().await.unwrap();
    let mut savepoint = transaction.begin().await.unwrap();
    savepoint.execute("SELECT 1/0").await.unwrap_err();
    savepoint.rollback().await.unwrap();
    transaction.commit().await.unwrap();
    let mut transaction = users.pool.begin().await.unwrap();
    transaction.execute("SAVEPOINT own").await.unwrap();
    transaction
        .fetch_optional("SELECT 1/0")
        .await
        .err()
        .unwrap();
    transaction.execute("ROLLBACK TO own").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(
        transactions.ends(),
        [
            "savepoint rolled_back ok - 1",
            "committed ok - 1",
            "committed ok - 3"
        ]
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn statements_of_postgresql_are_understood() {
    let users = postgres("postgres.understood").await;
    let events = Events::of("postgres.understood");
    for (statement, gist) in [
        (
            "WITH gone AS (DELETE FROM users WHERE id = 99 RETURNING id) \
             INSERT INTO users (id, name) SELECT id, $$FROM x$$ FROM gone",
            "INSERT users ok - 0",
        ),
        (
            "/* a /* FROM b */ FROM c */ TABLE users",
            "SELECT users ok - 3",
        ),
        (
            "SELECT E'it\\'s FROM x', U&'\\0041' FROM ONLY users u, LATERAL (SELECT u.id) l",
            "SELECT users ok - 3",
        ),
        (
            "EXPLAIN ANALYZE SELECT * FROM users",
            "EXPLAIN users ok - 3",
        ),
        (
            "MERGE INTO users USING (VALUES (1)) v (id) ON users.id = v.id \
             WHEN MATCHED THEN UPDATE SET age = 1",
            "MERGE users ok - 0",
        ),
        (
            "UPDATE ONLY users SET age = 2 FROM (VALUES (1)) v (id) WHERE users.id = v.id",
            "UPDATE users ok - 0",
        ),
        (
            "DELETE FROM users USING (VALUES (99)) v (id) WHERE users.id = v.id",
            "DELETE users ok - 0",
        ),
        ("PREPARE one AS SELECT * FROM users", "PREPARE users ok - 0"),
        ("EXECUTE one", "EXECUTE - ok - 3"),
        ("COPY users TO '/dev/null'", "COPY users ok - 0"),
        (
            "COPY (SELECT * FROM users) TO '/dev/null'",
            "COPY users ok - 0",
        ),
        ("LISTEN told", "LISTEN - ok - 0"),
        ("SET application_name = 'FROM users'", "SET - ok - 0"),
        ("CREATE INDEX by_age ON users (age)", "CREATE users ok - 0"),
        (
            "CREATE VIEW \"Grown ups\" AS TABLE users",
            "CREATE Grown ups ok - 0",
        ),
        (
            "SELECT (ARRAY[1, 2])[1] FROM \"Grown ups\"",
            "SELECT Grown ups ok - 3",
        ),
        ("TRUNCATE users", "TRUNCATE users ok - 0"),
    ] {
        let rows = (&users.pool).fetch_all(sqlx::raw_sql(statement)).await;
        drop(rows.unwrap_or_else(|error| panic!("{statement}: {error}")));
        let seen = events.one().gist();
        // How many lines an explanation has is the server's.
        let seen = match seen.strip_prefix("EXPLAIN users ok - ") {
            Some(_) => "EXPLAIN users ok - 3".to_owned(),
            None => seen,
        };
        assert_eq!(seen, gist, "{statement}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_copy_to_the_client_is_an_error_and_does_not_hang() {
    let users = postgres("postgres.copy").await;
    let events = Events::of("postgres.copy");
    let copy = (&users.pool).execute(sqlx::raw_sql("COPY users TO STDOUT"));
    let copied = timeout(LONG, copy).await.expect("it does not hang");
    assert!(matches!(copied, Err(Error::Protocol(_))));
    assert_eq!(events.one().gist(), "COPY users error protocol 0");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_server_that_is_killed_is_an_error_and_nothing_hangs() {
    let server = Server::start();
    let url = create(&server, "postgres.killed").await;
    let plain = PgPoolOptions::new()
        .max_connections(3)
        .acquire_timeout(Duration::from_millis(300))
        .connect(&url)
        .await
        .unwrap();
    let pool = Pool::new(plain, "postgres.killed").unwrap();
    let events = Events::of("postgres.killed");
    let transactions = Events::of_transactions("postgres.killed");

    let mut transaction = pool.begin().await.unwrap();
    transaction.execute("DELETE FROM users").await.unwrap();
    assert_eq!(events.gists(), ["DELETE users ok - 0"]);
    let query = pool.clone();
    let query = tokio::spawn(async move { query.execute("SELECT pg_sleep(60)").await });
    let mut connection = pool.acquire().await.unwrap();
    let mut is_asleep = async || {
        sqlx::query(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND state = 'active'",
        )
        .fetch_optional(&mut **connection.inner_mut())
        .await
        .unwrap()
        .is_some()
    };
    timeout(LONG, async {
        while !is_asleep().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
    server.kill();

    let error = timeout(LONG, query).await.expect("it ends").unwrap();
    error.unwrap_err();
    let seen = events.one();
    assert_eq!(seen.get("outcome"), Some("error"));
    let reason = seen.get("reason").unwrap();
    assert!(["io", "shutdown", "protocol"].contains(&reason), "{reason}");

    let commit = timeout(LONG, transaction.commit()).await.expect("it ends");
    commit.unwrap_err();
    let seen = transactions.one();
    assert_eq!(seen.get("ended"), Some("failed"));
    assert_eq!(seen.get("outcome"), Some("error"));

    let failed = timeout(LONG, sqlx::query("SELECT 1").execute(&mut connection)).await;
    failed.expect("it ends").unwrap_err();
    assert_eq!(events.one().get("outcome"), Some("error"));
    drop(connection);
    let failed = timeout(LONG, pool.begin()).await.expect("it ends");
    failed.unwrap_err();
    assert_eq!(transactions.one().get("ended"), Some("failed"));
    assert_eq!(pool.figures().waiting, 0);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_pool_that_is_used_up_and_closed_says_so() {
    let (_server, url) = on_postgres("postgres.used_up").await;
    let plain = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_millis(100))
        .connect(&url)
        .await
        .unwrap();
    let pool = Pool::new(plain, "postgres.used_up").unwrap();
    let events = Events::of("postgres.used_up");
    let held = (pool.acquire().await.unwrap(), pool.begin().await.unwrap());
    let many: Vec<_> = (0..5)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.execute("SELECT 1 FROM users").await })
        })
        .collect();
    eventually("all waiting", || pool.figures().waiting == 5).await;
    assert_eq!(pool.figures().in_use, 2);
    for one in many {
        assert!(matches!(one.await.unwrap(), Err(Error::PoolTimedOut)));
    }
    assert_eq!(pool.figures().waiting, 0);
    assert_eq!(events.gists(), ["SELECT users error pool_timed_out -"; 5]);

    let mut waiting = pool.fetch_all("SELECT 1 FROM users");
    assert!(waiting.as_mut().now_or_never().is_none());
    let closing = pool.close();
    let released = async {
        let error = waiting.await.unwrap_err();
        assert!(matches!(error, Error::PoolClosed));
        drop(held);
    };
    timeout(LONG, async { tokio::join!(closing, released) })
        .await
        .unwrap();
    assert_eq!(events.gists(), ["SELECT users error pool_closed -"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PostgreSQL"]
async fn counts_are_right_when_many_work_and_some_give_up() {
    let (_server, url) = on_postgres("postgres.many").await;
    let plain = PgPoolOptions::new()
        .max_connections(5)
        .connect(&url)
        .await
        .unwrap();
    let pool = Pool::new(plain, "postgres.many").unwrap();
    let events = Events::of("postgres.many");
    let transactions = Events::of_transactions("postgres.many");
    let tasks: Vec<_> = (0..64)
        .map(|n: u64| {
            let pool = pool.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let work = async {
                        let mut transaction = pool.begin().await?;
                        // One row, so that there are no deadlocks.
                        transaction
                            .execute("UPDATE users SET age = 1 WHERE id = 1")
                            .await?;
                        transaction.commit().await
                    };
                    let patience =
                        Duration::from_micros(if n.is_multiple_of(2) { 900 } else { 9_000_000 });
                    let _ = timeout(patience, work).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let ends = transactions.take();
    assert_eq!(ends.len(), 640);
    let how = |wanted: &str| {
        ends.iter()
            .filter(|end| end.get("ended") == Some(wanted))
            .count()
    };
    assert_eq!(how("committed") + how("dropped"), 640);
    assert!(how("committed") >= 320, "{} committed", how("committed"));
    let statements: u64 = ends
        .iter()
        .map(|end| end.number("statements").unwrap().as_u64().unwrap())
        .sum();
    let queries = events.take();
    assert_eq!(queries.len() as u64, statements);
    assert_eq!(pool.figures().waiting, 0);
    eventually("all idle", || pool.figures().in_use == 0).await;
    pool.close().await;
}
