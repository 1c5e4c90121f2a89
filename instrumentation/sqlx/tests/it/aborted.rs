//! Transactions that PostgreSQL has given up: whatever the `COMMIT` says, it was a rollback.

use futures_util::FutureExt;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Error, Executor, Postgres, SqlStr, Type};

use crate::databases::{any_postgres, any_sqlite, postgres};
use crate::support::Events;

/// Cannot be bound.
struct Stubborn;

impl Type<Postgres> for Stubborn {
    fn type_info() -> PgTypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Stubborn {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Err("no".into())
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_never_came_to_the_database_does_not_heal_it() {
    let users = postgres("aborted.encode").await;
    let events = Events::of_transactions("aborted.encode");
    for aborted in [false, true] {
        let mut transaction = users.pool.begin().await.unwrap();
        if aborted {
            transaction.execute("SELECT 1/0").await.unwrap_err();
        }
        let unbound = sqlx::query("SELECT $1").bind(Stubborn);
        let error = unbound.execute(&mut transaction).await.unwrap_err();
        assert!(matches!(error, Error::Encode(_)));
        transaction.commit().await.unwrap();
    }
    assert_eq!(events.ends(), ["committed ok - 1", "rolled_back ok - 2"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_cannot_be_prepared_or_described_is_refused_too() {
    let users = postgres("aborted.prepare").await;
    let events = Events::of_transactions("aborted.prepare");
    let nowhere = || SqlStr::from_static("SELECT * FROM nowhere");

    let mut transaction = users.pool.begin().await.unwrap();
    transaction.prepare(nowhere()).await.err().unwrap();
    transaction.commit().await.unwrap();
    let mut transaction = users.pool.begin().await.unwrap();
    transaction.describe(nowhere()).await.err().unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(events.ends(), ["rolled_back ok - 0"; 2]);

    let mut transaction = users.pool.begin().await.unwrap();
    let count = SqlStr::from_static("SELECT count(*) FROM users");
    transaction.prepare(count).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(events.ends(), ["committed ok - 0"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_statement_that_is_given_up_and_fails_later_fails_the_commit() {
    let users = postgres("aborted.later").await;
    let events = Events::of_transactions("aborted.later");
    let mut transaction = users.pool.begin().await.unwrap();
    let slow = transaction.execute("SELECT 1 / (length(pg_sleep(0.05)::text) * 0)");
    assert!(slow.now_or_never().is_none());
    transaction.commit().await.unwrap_err();
    assert_eq!(events.ends(), ["failed error data_exception 1"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_pool_of_any_knows_its_database() {
    let users = any_postgres("aborted.any").await;
    let events = Events::of_transactions("aborted.any");
    let mut transaction = users.pool.begin().await.unwrap();
    transaction.execute("SELECT 1/0").await.unwrap_err();
    transaction.commit().await.unwrap();
    assert_eq!(events.ends(), ["rolled_back ok - 1"]);
}

#[tokio::test]
async fn sqlite_goes_on_after_a_refusal_also_through_any() {
    let users = any_sqlite("aborted.any_sqlite").await;
    let events = Events::of_transactions("aborted.any_sqlite");
    let queries = Events::of("aborted.any_sqlite");
    let mut transaction = users.pool.begin().await.unwrap();
    let delete = transaction.execute("DELETE FROM users");
    delete.await.unwrap();
    let refused = transaction.execute("SELECT * FROM nowhere").await;
    refused.unwrap_err();
    transaction.commit().await.unwrap();
    assert_eq!(events.ends(), ["committed ok - 2"]);
    // Whose quotes and comments they are is known, too: here comments do not nest.
    queries.take();
    let nested = "/* a /* b */ SELECT * FROM [users] -- */";
    assert!((&users.pool).fetch_all(nested).await.unwrap().is_empty());
    assert_eq!(queries.gists(), ["SELECT users ok - 0"]);
}
