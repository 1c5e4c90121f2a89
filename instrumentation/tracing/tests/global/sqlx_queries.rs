//! What sqlx records of its queries, on the thread of its driver, taken in.

use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, SqlitePool};

use crate::support::Caught;

async fn pool(options: SqliteConnectOptions) -> SqlitePool {
    let one = SqlitePoolOptions::new().max_connections(1);
    one.connect_with(options).await.unwrap()
}

async fn wait_for(caught: &Caught, events: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while caught.len() < events {
        assert!(Instant::now() < deadline, "{} of {events}", caught.len());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_query_of_sqlx_is_an_event() {
    crate::subscriber();
    let caught = Caught::of("gl.sqlx.query");
    let pool = pool("sqlite::memory:".parse().unwrap()).await;
    sqlx::query("CREATE TABLE taken_in (id INTEGER PRIMARY KEY)")
        .execute(&pool)
        .await
        .unwrap();
    for _ in 0..3 {
        sqlx::query("INSERT INTO taken_in DEFAULT VALUES")
            .execute(&pool)
            .await
            .unwrap();
    }
    sqlx::query("SELECT id FROM taken_in WHERE id > ?")
        .bind(1)
        .fetch_all(&pool)
        .await
        .unwrap();
    wait_for(&caught, 5).await;
    pool.close().await;
    // One whose every statement is slow.
    let slow = SqliteConnectOptions::new()
        .in_memory(true)
        .log_slow_statements("warn".parse().unwrap(), Duration::ZERO);
    let slow = self::pool(slow).await;
    sqlx::query("SELECT 1 AS slow_one")
        .execute(&slow)
        .await
        .unwrap();
    wait_for(&caught, 6).await;
    slow.close().await;

    let mut events = caught.take();
    events.retain(|event| {
        let text = format!("{event:?}");
        text.contains("taken_in") || text.contains("slow_one")
    });
    let summaries: Vec<_> = events
        .iter()
        .map(|event| event.metadata("summary").unwrap().to_string())
        .collect();
    assert_eq!(
        summaries,
        [
            "CREATE TABLE taken_in (id …",
            "INSERT INTO taken_in DEFAULT …",
            "INSERT INTO taken_in DEFAULT …",
            "INSERT INTO taken_in DEFAULT …",
            "SELECT id FROM taken_in …",
            "SELECT 1 AS slow_one",
        ]
    );
    let select = &events[4];
    let keys: Vec<_> = select.measurements().map(|(key, _)| key).collect();
    assert_eq!(keys, ["rows_affected", "rows_returned", "duration"]);
    let time = select
        .measurement("duration")
        .unwrap()
        .as_duration()
        .unwrap();
    assert!(
        time < Duration::from_secs(30) && !time.is_zero(),
        "{time:?}"
    );
    assert_eq!(
        select.measurement("rows_returned").unwrap().as_u64(),
        Some(2)
    );
    let keys: Vec<_> = select.all_metadata().map(|(key, _)| key).collect();
    assert_eq!(keys, ["summary", "statement", "level", "target"]);
    let statement = select.metadata("statement").unwrap().to_string();
    assert_eq!(statement.trim(), "SELECT id FROM taken_in WHERE id > ?");
    assert!(select.metadata_is("level", "DEBUG") && select.metadata_is("target", "sqlx::query"));

    let slow = &events[5];
    assert!(slow.metadata_is("level", "WARN") && slow.metadata_is("slow_threshold", "0ns"));
    assert!(
        slow.metadata("message")
            .unwrap()
            .to_string()
            .contains("slow")
    );
}
