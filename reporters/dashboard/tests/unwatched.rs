//! A dashboard that nobody looks at. It looks at all handlers, and so has a binary of its own.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use telemetry_counting::{Counting, allocations_of};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::{Aggregator, counter};
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn handlers() -> Vec<String> {
    let handlers = telemetry::list_handlers("");
    let mut ids: Vec<_> = handlers.iter().map(|one| one.id.to_string()).collect();
    ids.sort_unstable();
    ids
}

fn emit() {
    telemetry::execute!("unwatched");
}

async fn watch(app: &Router, query: &str) -> Body {
    let request = Request::get(format!("/stream?{query}")).body(Body::empty());
    let answer = app.clone().oneshot(request.unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{query}: {}", answer.status());
    answer.into_body()
}

/// Reads until this came.
async fn read(body: &mut Body, wanted: &str) {
    let mut text = String::new();
    while !text.contains(wanted) {
        let frame = tokio::time::timeout(Duration::from_secs(60), body.frame()).await;
        let data = frame.unwrap().unwrap().unwrap().into_data().unwrap();
        text.push_str(&String::from_utf8_lossy(&data));
    }
}

async fn until_there_are(expected: &[String]) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while handlers() != expected {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", handlers());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn nobody_is_attached_to_events_and_nothing_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let aggregator = Aggregator::builder()
        .metrics([counter("unwatched.count")])
        .start()
        .unwrap();
    emit();
    let before = handlers();
    let dashboard = Dashboard::builder(&aggregator)
        .access(Access::host_decides())
        .start()
        .unwrap();
    assert_eq!(handlers(), before);
    let app: Router = dashboard.router();

    runtime.block_on(async {
        for page in [
            "overview", "metrics", "events", "traces", "runtime", "handlers", "health",
        ] {
            let mut body = watch(&app, &format!("page={page}")).await;
            read(&mut body, "event: sections").await;
            assert_eq!(handlers(), before, "{page} attaches nothing");
        }
        let mut tail = watch(&app, "page=events&tail=unwatched").await;
        read(&mut tail, "\"kind\":\"tail\"").await;
        assert_eq!(handlers().len(), before.len() + 1, "the tail does");
        drop(tail);
        until_there_are(&before).await;
    });

    // What was kept for whoever comes back is gone in the end, and the last task with it. Then a
    // second costs no more than a moment.
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    let tasks = || runtime.metrics().num_alive_tasks();
    while tasks() > 0 {
        assert!(std::time::Instant::now() < deadline, "a task is left");
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
    }
    let sleep = |millis| {
        allocations_of(|| {
            let time = Duration::from_millis(millis);
            runtime.block_on(async { tokio::time::sleep(time).await });
        })
    };
    sleep(1);
    assert_eq!(sleep(1), sleep(500), "it is the sleep itself");
    // The first one notices that the tail is gone.
    emit();
    assert_eq!(allocations_of(emit), 0);
    drop(dashboard);
}
