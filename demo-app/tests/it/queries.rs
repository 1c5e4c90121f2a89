//! The N+1 page and the fast one, by their queries.

use std::sync::{Arc, Mutex};

use crate::support::TestDemo;
use crate::support::query_log::{self, normal};
use crate::support::visitor::Visitor;

/// Whether a statement is one of a page's. Meanwhile stored events are read and sessions are
/// counted, which no page asks for.
fn is_of_a_page(statement: &str) -> bool {
    ["SELECT id, name FROM users", "FROM todo_items"]
        .iter()
        .any(|part| statement.contains(part))
}

/// Calls a page once, and returns the statements of its query events and those of sqlx's own log.
pub(crate) async fn statements(demo: &TestDemo, path: &str) -> (Vec<String>, Vec<String>) {
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
    let mut log = query_log::take();
    let mut events = std::mem::take(&mut *events.lock().unwrap());
    log.retain(|statement| is_of_a_page(statement));
    events.retain(|statement| is_of_a_page(statement));
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
async fn more_users_do_not_make_the_slow_page_slower() {
    let demo = TestDemo::start().await;
    for n in 0..3 {
        Visitor::signed_up(demo.address(), &format!("Latecomer {n}")).await;
    }
    for (path, expected) in [("/users-slow", 21), ("/users-fast", 1)] {
        let (events, _) = statements(&demo, path).await;
        assert_eq!(events.len(), expected, "{path}: {events:#?}");
        assert!(!demo.get(path).await.body.contains("Latecomer"), "{path}");
    }
}

#[tokio::test]
async fn no_other_page_asks_the_database() {
    let demo = TestDemo::start().await;
    for path in [
        "/",
        "/fail",
        "/health",
        "/metrics",
        "/sign-up",
        "/log-in",
        "/me",
        "/no-such-page",
    ] {
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let _guard = telemetry::attach("test-no-queries", "demo.repo.query", move |event| {
            let statement = event.metadata("statement").map(|text| text.to_string());
            seen.lock().unwrap().extend(statement);
        })
        .unwrap()
        .guard();
        demo.get(path).await;
        let mut events = events.lock().unwrap();
        events.retain(|one| is_of_a_page(one) || one.contains("sessions"));
        assert!(events.is_empty(), "{path}: {events:?}");
    }
}
