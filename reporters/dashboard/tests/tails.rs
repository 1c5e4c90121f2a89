//! Tails that are opened and closed leave nothing behind. It measures the whole process, so it has a
//! binary of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use telemetry::{execute, list_handlers};
use telemetry_counting::{Counting, share_all, shared_bytes};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LONG: Duration = Duration::from_secs(60);

/// Opens a tail, fills it, and closes it.
async fn turn(app: &Router) {
    let stream = Request::get("/stream?page=events&tail=tails.flood").body(Body::empty());
    let answer = app.clone().oneshot(stream.unwrap()).await.unwrap();
    let mut body = answer.into_body();
    while list_handlers("tails.flood").is_empty() {
        let frame = tokio::time::timeout(LONG, body.frame()).await;
        frame.expect("it goes on").expect("it is open").unwrap();
    }
    let text = "x".repeat(1_000);
    for n in 0..300 {
        execute!("tails.flood", { n }, { route: &*text, method: &*text, queue: &*text });
    }
    drop(body);
    let deadline = Instant::now() + LONG;
    while !list_handlers("tails.flood").is_empty() {
        assert!(Instant::now() < deadline, "it stays attached");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Who emits next lets go of what was detached.
    execute!("tails.other");
}

#[test]
fn a_tail_that_was_closed_is_gone() {
    share_all();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let aggregator = Aggregator::builder().start().unwrap();
    let history = History::builder(&aggregator).interval(Duration::from_millis(100));
    let dashboard = Dashboard::builder(&aggregator)
        .access(Access::host_decides())
        .history(Arc::new(history.start().unwrap()))
        .start()
        .unwrap();
    let app = dashboard.router();
    let other = telemetry::attach("tails-other", "tails.other", |_| {});
    let _other = other.unwrap().guard();
    runtime.block_on(async {
        let mut grown = Vec::new();
        for _ in 0..4 {
            let before = shared_bytes();
            for _ in 0..25 {
                turn(&app).await;
            }
            grown.push(shared_bytes() - before);
        }
        // A ring is 40 kB. What varies is how much of the last one is still held.
        let last = grown[1..].iter().min().unwrap();
        assert!(*last < 40_000, "{grown:?}");
    });
}
