//! What a live tail allocates on the threads that emit: nothing for what is held back.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use telemetry::{execute, list_handlers};
use telemetry_counting::{Counting, allocations_of};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn emit(times: u32) {
    for n in 0..times {
        execute!("alloc.tail", { n }, { route: "/", email: "ada@shop.test" });
    }
}

#[tokio::test]
async fn what_is_held_back_allocates_nothing() {
    let aggregator = Aggregator::builder().start().unwrap();
    let history = History::builder(&aggregator).interval(Duration::from_millis(100));
    let dashboard = Dashboard::builder(&aggregator)
        .history(Arc::new(history.start().unwrap()))
        .access(Access::host_decides())
        .start()
        .unwrap();
    let app = Router::new().nest("/dashboard", dashboard.router());
    emit(1);
    assert_eq!(allocations_of(|| emit(1_000)), 0, "nobody watches");

    let stream = Request::get("/dashboard/stream?page=events&tail=alloc.tail");
    let answer = app.oneshot(stream.body(Body::empty()).unwrap());
    let mut stream = answer.await.unwrap().into_body();
    while list_handlers("alloc.tail").is_empty() {
        let frame = tokio::time::timeout(Duration::from_secs(30), stream.frame()).await;
        frame.expect("it goes on").expect("it is open").unwrap();
    }
    assert!(allocations_of(|| emit(1)) > 0, "the first ones are shown");
    emit(1_000);
    // One in ten milliseconds is let through: of some short runs there are those without.
    let fewest = (0..100).map(|_| allocations_of(|| emit(200))).min();
    assert_eq!(fewest, Some(0));
}
