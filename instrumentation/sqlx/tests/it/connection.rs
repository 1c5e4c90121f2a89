//! Connections taken out of the pool.

use std::time::{Duration, Instant};

use sqlx::Acquire;

use crate::support::{Events, users};

#[tokio::test]
async fn the_wait_for_a_connection_belongs_to_its_first_statement() {
    let (pool, events) = (
        users("connection.first").await,
        Events::of("connection.first"),
    );
    let held = pool.acquire().await.unwrap();
    let acquire = async {
        let started = Instant::now();
        (pool.acquire().await.unwrap(), started.elapsed())
    };
    let release = async {
        let since = Instant::now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let held_for = since.elapsed();
        drop(held);
        held_for
    };
    let ((mut connection, wall), held_for) = tokio::join!(acquire, release);
    assert_eq!(events.gists(), [""; 0], "taking a connection is no query");

    for _ in 0..2 {
        sqlx::query("SELECT * FROM users")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        sqlx::query("SELECT * FROM users")
            .fetch_optional(&mut connection)
            .await
            .unwrap();
    }
    let seen = events.take();
    assert_eq!(seen.len(), 4);
    let queued = seen[0].time("queue_time").unwrap();
    assert!(
        held_for <= queued && queued <= wall,
        "{queued:?} of {wall:?}, held {held_for:?}"
    );
    assert_eq!(
        seen[0].time("total_time"),
        Some(queued + seen[0].time("query_time").unwrap())
    );
    for later in &seen[1..] {
        assert_eq!(later.time("queue_time"), None);
        assert_eq!(later.time("total_time"), later.time("query_time"));
    }
}

#[tokio::test]
async fn a_wait_that_nobody_observed_is_not_told_later() {
    let pool = users("connection.late").await;
    let mut connection = pool.acquire().await.unwrap();
    let events = Events::of("connection.late");
    sqlx::query("SELECT * FROM users")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(events.one().time("queue_time"), None);
    drop(connection);

    // The first statement is the one that nobody observed.
    let mut connection = pool.acquire().await.unwrap();
    drop(events);
    sqlx::query("SELECT * FROM users")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let events = Events::of("connection.late");
    sqlx::query("SELECT * FROM users")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(events.one().time("queue_time"), None);
}

#[tokio::test]
async fn what_is_done_through_sqlx_itself_is_not_seen() {
    let (pool, events) = (
        users("connection.inner").await,
        Events::of("connection.inner"),
    );
    let mut connection = pool.acquire().await.unwrap();
    let mut transaction = connection.inner_mut().begin().await.unwrap();
    sqlx::query("DELETE FROM users")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    let mut plain = connection.into_inner();
    sqlx::query("SELECT * FROM users")
        .fetch_all(&mut *plain)
        .await
        .unwrap();
    drop(plain);
    sqlx::query("SELECT * FROM users")
        .fetch_all(pool.inner())
        .await
        .unwrap();
    assert_eq!(events.gists(), [""; 0]);
}
