//! Which database it is.

use sqlx::{Any, AnyConnection, Connection as _, Database, Executor, IntoArguments};
use telemetry_sqlx::{Connection, Pool};

use crate::databases::{any_postgres, any_sqlite, on_postgres, postgres, sqlite};
use crate::support::Events;

/// What statements and transactions say, on the pool, on its connections, and within.
async fn systems<DB>(pool: &Pool<DB>, prefix: &str) -> Vec<Option<String>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
{
    let (queries, transactions) = (Events::of(prefix), Events::of_transactions(prefix));
    sqlx::query("SELECT 1").execute(pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("SELECT 1")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("SELECT 1")
        .execute(&mut transaction)
        .await
        .unwrap();
    transaction.begin().await.unwrap().commit().await.unwrap();
    transaction.commit().await.unwrap();
    drop(connection);
    pool.begin().await.unwrap().commit().await.unwrap();
    let mut seen = queries.take();
    assert_eq!(seen.len(), 3);
    seen.extend(transactions.take());
    assert_eq!(seen.len(), 6);
    seen.iter()
        .map(|seen| seen.get("system").map(str::to_owned))
        .collect()
}

fn all(system: &str) -> Vec<Option<String>> {
    vec![Some(system.to_owned()); 6]
}

#[tokio::test]
async fn sqlite_says_that_it_is() {
    let users = sqlite("system.sqlite").await;
    assert_eq!(systems(&users.pool, "system.sqlite").await, all("sqlite"));
    let users = any_sqlite("system.any_sqlite").await;
    let seen = systems(&users.pool, "system.any_sqlite").await;
    assert_eq!(seen, all("sqlite"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn postgres_says_that_it_is() {
    let users = postgres("system.postgres").await;
    let seen = systems(&users.pool, "system.postgres").await;
    assert_eq!(seen, all("postgresql"));
    let users = any_postgres("system.any_postgres").await;
    let seen = systems(&users.pool, "system.any_postgres").await;
    assert_eq!(seen, all("postgresql"));
}

async fn any(url: &str, prefix: &str) -> Connection<Any> {
    sqlx::any::install_default_drivers();
    let plain = AnyConnection::connect(url).await.unwrap();
    Connection::new(plain, prefix).unwrap()
}

#[tokio::test]
async fn a_connection_without_a_pool_knows_what_any_turned_out_to_be() {
    let mut connection = any("sqlite::memory:", "system.alone").await;
    let queries = Events::of("system.alone");
    // Comments do not nest in SQLite.
    let nested = "/* a /* b */ SELECT * FROM [sqlite_schema] -- */";
    connection.execute(nested).await.unwrap();
    let seen = queries.one();
    assert_eq!(seen.get("system"), Some("sqlite"));
    assert_eq!(seen.gist(), "SELECT sqlite_schema ok - 0");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_connection_of_any_knows_that_postgres_aborts_what_it_refused() {
    let (_server, url) = on_postgres("system.aborted").await;
    let mut connection = any(&url, "system.aborted").await;
    let transactions = Events::of_transactions("system.aborted");
    let mut transaction = connection.begin().await.unwrap();
    transaction.execute("SELECT 1/0").await.unwrap_err();
    transaction.commit().await.unwrap();
    let seen = transactions.one();
    assert_eq!(seen.get("system"), Some("postgresql"));
    assert_eq!(seen.end(), "rolled_back ok - 1");
}
