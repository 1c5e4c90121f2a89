//! A statement is a span: it has ids, a parent, and is current while the driver works.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, StreamExt};
use telemetry::{EventKind, SpanContext};

use crate::support::{Events, users};

#[tokio::test]
async fn a_statement_is_a_span_below_what_is_current() {
    let (pool, events) = (users("spans.parent").await, Events::of("spans.parent"));
    let request = SpanContext::new_root();
    let all = "SELECT * FROM users";
    let mut connection = pool.acquire().await.unwrap();
    request
        .wrap(sqlx::query(all).fetch_all(&mut connection))
        .await
        .unwrap();
    request
        .wrap(sqlx::query(all).fetch_optional(&mut connection))
        .await
        .unwrap();
    drop(connection);
    request
        .wrap(sqlx::query(all).fetch_all(&pool))
        .await
        .unwrap();
    request
        .wrap(sqlx::query(all).fetch_optional(&pool))
        .await
        .unwrap();
    let seen = events.take();
    assert_eq!(seen.len(), 4);
    for seen in &seen {
        assert_eq!(seen.kind, EventKind::SpanComplete);
        assert_eq!(seen.parent, Some(request));
        let own = seen.context.unwrap();
        assert_eq!(own.trace_id(), request.trace_id());
        assert!(own != request && own.span_id() != request.span_id());
        assert!(seen.time("duration").unwrap() >= seen.time("query_time").unwrap());
    }
    // Below nothing, it begins a trace.
    sqlx::query(all).fetch_all(&pool).await.unwrap();
    assert_eq!(events.one().parent, None);
}

#[tokio::test]
async fn a_statement_is_current_while_the_driver_works_and_not_while_the_consumer_does() {
    let current = Arc::new(Mutex::new(Vec::new()));
    let seen = current.clone();
    // sqlx calls this while it acquires a connection for us.
    let plain = crate::support::one_connection()
        .before_acquire(move |_, _| {
            seen.lock().unwrap().push(SpanContext::current());
            async { Ok(true) }.boxed()
        })
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let pool = telemetry_sqlx::Pool::new(plain, "spans.current").unwrap();
    let events = Events::of("spans.current");
    let mut stream = sqlx::query("SELECT 1 UNION SELECT 2").fetch(&pool);
    while let Some(row) = stream.next().await {
        row.unwrap();
        assert_eq!(SpanContext::current(), None);
    }
    drop(stream);
    let own = events.one().context;
    assert!(own.is_some());
    assert_eq!(current.lock().unwrap().pop(), Some(own));

    sqlx::query("SELECT 1").fetch_optional(&pool).await.unwrap();
    let own = events.one().context;
    assert_eq!(current.lock().unwrap().pop(), Some(own));

    let transactions = Events::of_transactions("spans.current");
    drop(pool.begin().await.unwrap());
    let own = transactions.one().context;
    assert!(own.is_some());
    assert_eq!(current.lock().unwrap().pop(), Some(own));
    assert_eq!(SpanContext::current(), None);
}

#[tokio::test]
async fn a_transaction_that_nobody_observes_leaves_the_parent_as_it_is() {
    let (pool, events) = (users("spans.passed").await, Events::of("spans.passed"));
    let request = SpanContext::new_root();
    let mut transaction = request.wrap(pool.begin()).await.unwrap();
    sqlx::query("DELETE FROM users")
        .execute(&mut transaction)
        .await
        .unwrap();
    assert_eq!(events.one().parent, None, "what is current where it runs");
    let query = sqlx::query("DELETE FROM users").execute(&mut transaction);
    request.wrap(query).await.unwrap();
    assert_eq!(events.one().parent, Some(request));
}

#[tokio::test]
async fn work_that_unwinds_says_so_once() {
    let (pool, events) = (users("spans.panic").await, Events::of("spans.panic"));
    let transactions = Events::of_transactions("spans.panic");
    let task = tokio::spawn(async move {
        let mut transaction = pool.begin().await.unwrap();
        let mut stream = sqlx::query("SELECT * FROM users").fetch(&mut transaction);
        stream.next().await.unwrap().unwrap();
        panic!("on purpose");
    });
    assert!(task.await.unwrap_err().is_panic());
    let seen = events.one();
    assert_eq!(seen.get("outcome"), Some("panic"));
    assert_eq!(seen.rows(), Some(1));
    let seen = transactions.one();
    assert_eq!(seen.get("outcome"), Some("panic"));
    assert_eq!(seen.get("ended"), Some("dropped"));
}
