//! One event per statement, whichever way it is executed, and what it says.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Database, Execute, Executor, IntoArguments, Row, SqlSafeStr, Statement};
use telemetry_sqlx::{Pool, PoolConnection};

use crate::support::{Events, empty, users};

#[tokio::test]
async fn every_way_to_execute_is_one_event() {
    let (pool, events) = (users("queries.ways").await, Events::of("queries.ways"));
    let all = "SELECT id, name FROM users ORDER BY id";
    let three_rows = "SELECT users ok - 3";

    assert_eq!(sqlx::query(all).fetch_all(&pool).await.unwrap().len(), 3);
    assert_eq!(events.one().gist(), three_rows);

    assert_eq!(
        sqlx::query(all)
            .fetch(&pool)
            .try_collect::<Vec<_>>()
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(events.one().gist(), three_rows);

    let rows: Vec<(i64, String)> = sqlx::query_as(all).fetch_all(&pool).await.unwrap();
    assert_eq!(rows[2], (3, "Cy".to_owned()));
    assert_eq!(events.one().gist(), three_rows);

    let names: Vec<String> = sqlx::query(all)
        .map(|row: SqliteRow| row.get("name"))
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(names, ["Ada", "Bob", "Cy"]);
    assert_eq!(events.one().gist(), three_rows);

    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(count, 3);
    assert_eq!(events.one().gist(), "SELECT users ok - 1");

    let row = sqlx::query(all).fetch_one(&pool).await.unwrap();
    assert_eq!(row.get::<String, _>("name"), "Ada");
    assert_eq!(
        events.one().gist(),
        "SELECT users ok - 1",
        "two more rows exist, but are not wanted"
    );

    let nobody = "SELECT id FROM users WHERE name = ?";
    assert!(
        sqlx::query(nobody)
            .bind("Eve")
            .fetch_optional(&pool)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(events.one().gist(), "SELECT users ok - 0");

    let result = sqlx::query("UPDATE users SET name = name || '!'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(result.rows_affected(), 3);
    assert_eq!(events.one().gist(), "UPDATE users ok - 0");

    let id: i64 = sqlx::query_scalar("INSERT INTO users (name) VALUES (?) RETURNING id")
        .bind("Dan")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(id, 4);
    assert_eq!(events.one().gist(), "INSERT users ok - 1");

    (&pool)
        .execute("DELETE FROM users WHERE id = 4")
        .await
        .unwrap();
    assert_eq!(events.one().gist(), "DELETE users ok - 0");

    let steps: Vec<_> = (&pool).fetch_many(all).try_collect().await.unwrap();
    assert_eq!(steps.len(), 4, "three rows and a result");
    assert_eq!(events.one().gist(), three_rows);

    let results: Vec<_> = (&pool).execute_many(all).try_collect().await.unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(events.one().gist(), three_rows);
}

#[tokio::test]
async fn an_event_says_where_it_comes_from() {
    let plain = users("queries.origin").await.inner().clone();
    let events = Events::of("queries.origin");
    let statement = "SELECT name\n  FROM main.\"users\" -- all of them";

    let pool = Pool::new(plain, "queries.origin").unwrap();
    sqlx::query(statement).fetch_all(&pool).await.unwrap();
    let seen = events.one();
    assert_eq!(seen.get("repo"), Some("origin"), "the last segment");
    assert_eq!(seen.get("source"), Some("users"));
    assert_eq!(seen.get("statement"), Some(statement));

    let named = pool.clone().repo("people");
    sqlx::query(AssertSqlSafe(format!("PRAGMA {}", "user_version")))
        .fetch_all(&named)
        .await
        .unwrap();
    let seen = events.one();
    assert_eq!(seen.get("repo"), Some("people"));
    assert_eq!(seen.get("source"), None);
    assert_eq!(seen.get("command"), Some("PRAGMA"));
    assert_eq!(seen.get("statement"), Some("PRAGMA user_version"));
}

#[tokio::test]
async fn several_statements_in_one_text_are_one_event() {
    let (pool, events) = (empty("queries.multi").await, Events::of("queries.multi"));
    let text =
        "CREATE TABLE a (x); INSERT INTO a VALUES (1), (2); SELECT x FROM a; SELECT x FROM a";
    let rows = sqlx::raw_sql(text).fetch_all(&pool).await.unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(events.one().gist(), "CREATE a ok - 4");
}

#[tokio::test]
async fn a_bound_value_is_nowhere_in_the_event() {
    let (pool, events) = (users("queries.secret").await, Events::of("queries.secret"));
    let insert = "INSERT INTO users (id, name) VALUES (?, ?)";
    for _ in 0..2 {
        // The second one violates the key, and error messages like to quote.
        let _ = sqlx::query(insert)
            .bind(87_654_321)
            .bind("s3cret")
            .execute(&pool)
            .await;
    }
    let _ = sqlx::query("SELECT * FROM users WHERE name = $name")
        .bind("s3cret")
        .fetch_all(&pool)
        .await;
    let seen = events.take();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[1].gist(), "INSERT users error unique_violation 0");
    let text = format!("{seen:?}");
    assert!(
        !text.contains("s3cret") && !text.contains("87654321") && !text.contains("87_654_321"),
        "{text}"
    );
}

#[tokio::test]
async fn preparing_executes_nothing() {
    let (pool, events) = (
        users("queries.prepare").await,
        Events::of("queries.prepare"),
    );
    let sql = "SELECT id, name FROM users WHERE id > ?";
    let statement = (&pool).prepare(sql.into_sql_str()).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let again = connection.prepare(sql.into_sql_str()).await.unwrap();
    drop(connection);
    assert_eq!(statement.columns().len(), 2);
    assert_eq!(again.columns().len(), 2);
    assert_eq!(events.gists(), [""; 0]);

    let rows = statement.query().bind(1).fetch_all(&pool).await.unwrap();
    assert_eq!(rows.len(), 2);
    let seen = events.one();
    assert_eq!(seen.gist(), "SELECT users ok - 2");
    assert_eq!(seen.get("statement"), Some(sql));
}

#[cfg(feature = "macros")]
#[tokio::test]
async fn describing_executes_nothing() {
    use sqlx::Column;

    let (pool, events) = (
        users("queries.describe").await,
        Events::of("queries.describe"),
    );
    let sql = "SELECT id, name FROM users";
    let described = (&pool).describe(sql.into_sql_str()).await.unwrap();
    assert_eq!(described.columns()[1].name(), "name");
    let mut connection = pool.acquire().await.unwrap();
    let described = (&mut connection)
        .describe(sql.into_sql_str())
        .await
        .unwrap();
    assert_eq!(described.columns()[1].name(), "name");
    assert_eq!(events.gists(), [""; 0]);
}

#[tokio::test]
async fn whether_anybody_observes_is_asked_when_the_statement_is_handed_over() {
    let pool = users("queries.late").await;
    let before = sqlx::query("SELECT 1 FROM users").fetch_all(&pool);
    // `Query::fetch_all` hands over when it is first polled, the executor's own method when called.
    let handed_over = (&pool).fetch_all("SELECT 2 FROM users");
    let events = Events::of("queries.late");
    assert_eq!(handed_over.await.unwrap().len(), 3);
    assert_eq!(events.gists(), [""; 0]);
    assert_eq!(before.await.unwrap().len(), 3);
    assert_eq!(events.gists(), ["SELECT users ok - 3"]);

    let handed_over = (&pool).fetch_all("SELECT 3 FROM users");
    drop(events);
    assert_eq!(
        handed_over.await.unwrap().len(),
        3,
        "and nobody is there any more"
    );
}

#[test]
fn a_prefix_has_to_be_a_name() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let plain = sqlx::SqlitePool::connect_lazy("sqlite::memory:").unwrap();
    for bad in ["", "a..b", "a b", ".", "a."] {
        assert!(Pool::new(plain.clone(), bad).is_err(), "{bad:?}");
    }
    assert_eq!(
        Pool::new(plain, "queries.name")
            .unwrap()
            .query_event()
            .as_str(),
        "queries.name.query"
    );
}

/// Compiles: the wrappers are usable without knowing the database.
async fn generic<DB>(
    pool: &Pool<DB>,
    connection: &mut PoolConnection<DB>,
) -> Result<usize, sqlx::Error>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
{
    let one = sqlx::query("SELECT 1")
        .fetch_all(&mut *connection)
        .await?
        .len();
    let two = sqlx::query("SELECT 2")
        .fetch_all(&mut *connection)
        .await?
        .len();
    let query = sqlx::query::<DB>("SELECT 3");
    assert_eq!(query.sql().as_str(), "SELECT 3");
    // Not awaited: the one connection is taken.
    drop(sqlx::query("SELECT 4").fetch_all(pool));
    Ok(one + two)
}

#[tokio::test]
async fn code_that_is_generic_over_the_database_can_use_it_from_a_task() {
    let (pool, events) = (
        empty("queries.generic").await,
        Events::of("queries.generic"),
    );
    let mut connection = pool.acquire().await.unwrap();
    let task = async move { generic(&pool, &mut connection).await };
    assert_eq!(tokio::spawn(task).await.unwrap().unwrap(), 2);
    assert_eq!(events.gists(), ["SELECT - ok - 1"; 2]);
}

/// As above, in a transaction.
async fn transacting<DB>(pool: Pool<DB>) -> Result<usize, sqlx::Error>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
{
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT 1").execute(&mut transaction).await?;
    let mut savepoint = transaction.begin().await?;
    let rows = sqlx::query("SELECT 2").fetch_all(&mut savepoint).await?;
    savepoint.commit().await?;
    transaction.rollback().await?;
    let mut connection = pool.acquire().await?;
    connection.begin().await?.commit().await?;
    Ok(rows.len())
}

#[tokio::test]
async fn code_that_is_generic_over_the_database_can_begin_transactions_in_a_task() {
    let pool = empty("queries.transacting").await;
    let events = Events::of_transactions("queries.transacting");
    assert_eq!(tokio::spawn(transacting(pool)).await.unwrap().unwrap(), 1);
    assert_eq!(
        events.ends(),
        [
            "savepoint committed ok - 1",
            "rolled_back ok - 2",
            "committed ok - 0"
        ]
    );
}

/// As above, without us.
async fn plainly_generic<DB>(pool: &sqlx::Pool<DB>) -> Result<usize, sqlx::Error>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
{
    Ok(sqlx::query("SELECT 1").fetch_all(pool).await?.len())
}

#[tokio::test]
async fn generic_code_that_does_not_know_of_us_still_compiles() {
    let pool = empty("queries.plain").await;
    assert_eq!(plainly_generic(pool.inner()).await.unwrap(), 1);
}
