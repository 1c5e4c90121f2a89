//! The N+1 page and the fast one, by their queries.

use std::sync::{Arc, Mutex};

use crate::support::TestDemo;
use crate::support::query_log::{self, normal};

/// Calls a page once, and returns the statements of its query events and those of sqlx's own log.
async fn statements(demo: &TestDemo, path: &str) -> (Vec<String>, Vec<String>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    let _guard = telemetry::attach(
        format!("test-queries:{path}"),
        "demo.repo.query",
        move |event| {
            let statement = event.metadata("statement").map(|text| text.to_string());
            seen.lock()
                .unwrap()
                .push(normal(&statement.unwrap_or_default()));
        },
    )
    .unwrap()
    .guard();
    query_log::take();
    assert_eq!(demo.get(path).await.status, 200);
    let log = query_log::take();
    let events = std::mem::take(&mut *events.lock().unwrap());
    (events, log)
}

#[tokio::test]
async fn the_slow_page_runs_twenty_one_queries_and_the_fast_page_one() {
    let demo = TestDemo::start().await;
    for (path, expected) in [("/users-slow", 21), ("/users-fast", 1), ("/users-slow", 21)] {
        let (events, log) = statements(&demo, path).await;
        assert_eq!(events.len(), expected, "{path}: {events:#?}");
        assert_eq!(
            events, log,
            "{path}: each event is a statement that SQLite ran"
        );
    }
}

#[tokio::test]
async fn no_other_page_asks_the_database() {
    let demo = TestDemo::start().await;
    for path in ["/", "/fail", "/health", "/metrics", "/no-such-page"] {
        let events = Arc::new(Mutex::new(0));
        let seen = events.clone();
        let _guard = telemetry::attach("test-no-queries", "demo.repo.query", move |_| {
            *seen.lock().unwrap() += 1;
        })
        .unwrap()
        .guard();
        demo.get(path).await;
        assert_eq!(*events.lock().unwrap(), 0, "{path}");
    }
}
