//! A handler that wants the ends of spans only, of all of them: in a process of its own, because
//! everything is observed there.

use std::sync::{Arc, Mutex};

use sqlx::SqlitePool;
use telemetry_sqlx::Pool;

#[tokio::test]
async fn whoever_wants_spans_only_gets_statements_and_transactions() {
    let names = Arc::<Mutex<Vec<_>>>::default();
    let seen = names.clone();
    let _guard = telemetry::attach_spans("spans", move |event| {
        seen.lock().unwrap().push(event.name());
    })
    .unwrap()
    .guard();
    let plain = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let pool = Pool::new(plain, "only.spans").unwrap();
    assert!(!pool.query_event().is_observed(), "not as an event");
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT 1")
        .execute(&mut transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    sqlx::query("SELECT 1").execute(&pool).await.unwrap();
    sqlx::query("SELECT 1").fetch_optional(&pool).await.unwrap();
    assert_eq!(
        *names.lock().unwrap(),
        [
            "only.spans.query",
            "only.spans.transaction",
            "only.spans.query",
            "only.spans.query"
        ]
    );
}
