//! `GET /metrics/bridge`: what the exporter behind `--bridge prometheus` makes of the same numbers.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use telemetry_bridge::PrometheusBridge;
use tokio::sync::Semaphore;

use crate::telemetry::RunningBridge;

/// No route, unless there is something to show.
pub(super) fn router(bridge: Option<RunningBridge>) -> Router {
    let Some(RunningBridge::Prometheus(bridge)) = bridge else {
        return Router::new();
    };
    // Renderings wait for each other anyway; here they do so without a thread each.
    let turns = Arc::new(Semaphore::new(1));
    let answer = move || answer(bridge.clone(), turns.clone());
    Router::new().route("/metrics/bridge", get(answer))
}

async fn answer(bridge: Arc<PrometheusBridge>, turns: Arc<Semaphore>) -> Response {
    // The semaphore is never closed, so there always is a turn.
    let turn = turns.acquire_owned().await.ok();
    let render = move || {
        let text = bridge.render();
        drop(turn);
        text
    };
    match tokio::task::spawn_blocking(render).await {
        Ok(text) => {
            let headers = [(header::CONTENT_TYPE, PrometheusBridge::CONTENT_TYPE)];
            (headers, text).into_response()
        }
        // It panicked, or the runtime is shutting down.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
