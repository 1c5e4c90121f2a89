//! The routes.

mod accounts;
mod activity;
mod bridge;
mod chaos;
mod headers;
mod jobs;
pub(crate) mod live;
mod nav;
mod pages;
mod panics;
mod quotes;
mod todos;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use telemetry_metrics::Snapshots;
use tokio::sync::watch;

pub(crate) use self::accounts::Accounts;
use crate::flow::Flow;
use crate::store::Store;
use crate::telemetry::{DASHBOARD, Telemetry, endpoint_layer, logged_request};
use crate::upstream::Quotes;
use crate::work::Work;
use crate::{Config, LandingDelay, LogMode, StartError};

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    store: Store,
    flow: Flow,
    work: Work,
    quotes: Quotes,
    accounts: Accounts,
    landing_delay: LandingDelay,
    numbers: Snapshots,
}

/// The parts of the application that pages are made of.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) flow: Flow,
    pub(crate) work: Work,
    pub(crate) quotes: Quotes,
    pub(crate) accounts: Accounts,
    pub(crate) sockets: live::Sockets,
}

pub(crate) fn app(
    config: &Config,
    parts: Parts,
    telemetry: &Telemetry,
    cut_off: watch::Receiver<bool>,
) -> Result<Router, StartError> {
    let shared = Shared {
        store: parts.store,
        flow: parts.flow,
        work: parts.work,
        quotes: parts.quotes,
        accounts: parts.accounts,
        landing_delay: config.landing_delay_ms,
        numbers: telemetry.aggregator.snapshots(),
    };
    let routes = Router::new()
        .route("/", get(landing))
        .route("/users-fast", get(users_fast))
        .route("/users-slow", get(users_slow))
        .route("/slow", get(slow))
        .route("/fail", get(fail))
        .route("/panic", get(panic))
        .route("/health", get(health))
        .route("/style.css", get(style))
        .merge(accounts::router())
        .merge(activity::router())
        .merge(jobs::router())
        .merge(quotes::router())
        .merge(todos::router())
        .with_state(shared)
        .merge(telemetry.prometheus.router())
        .merge(bridge::router(telemetry.bridge.clone()))
        .merge(live::router(config, parts.sockets).map_err(StartError::Name)?)
        .method_not_allowed_fallback(not_allowed)
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(accounts::MAX_FORM));
    let routes = match config.chaos.is_none() {
        true => routes,
        false => routes.layer(from_fn_with_state(
            chaos::Broken::new(config.chaos),
            chaos::break_some,
        )),
    };
    // Inside the endpoint's layer, so that they begin in the request's trace.
    let routes = match config.log {
        LogMode::Off => routes,
        LogMode::Text | LogMode::Json => routes.layer(from_fn(logged_request)),
    };
    let routes = routes
        .layer(from_fn(panics::note))
        // One line makes events of all requests. It stands behind the routes, so that the matched
        // route is known to it, and inside of what answers for panics, so that it sees the
        // panic itself.
        .layer(endpoint_layer().map_err(StartError::Name)?)
        .layer(from_fn_with_state(cut_off, answer_or_cut_off));
    // Outside of that layer: who watches is no visitor, and should not change what is seen.
    let routes = match &telemetry.dashboard {
        // `nest` would not take the path with a slash at its end.
        Some(dashboard) => routes.nest_service(DASHBOARD, dashboard.router::<()>()),
        None => routes,
    };
    Ok(routes
        .layer(from_fn(panics::answer))
        .layer(map_response(headers::protect)))
}

/// Gives up a request when the application cannot wait for it any longer. It is dropped like one
/// whose client went away, so it is counted as `cancelled` before the reporters are flushed.
async fn answer_or_cut_off(
    State(mut cut_off): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        _ = cut_off.wait_for(|now| *now) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn landing(State(shared): State<Shared>) -> impl IntoResponse {
    tokio::time::sleep(shared.landing_delay.pick()).await;
    pages::landing()
}

async fn users_fast(State(shared): State<Shared>) -> Response {
    pages::users(
        "/users-fast",
        "One query",
        shared.store.users_in_one_query().await,
    )
}

async fn users_slow(State(shared): State<Shared>) -> Response {
    pages::users(
        "/users-slow",
        "One query, and one for each user",
        shared.store.users_one_by_one().await,
    )
}

/// How long the slow page takes.
const SLOW: Duration = Duration::from_secs(2);

async fn slow() -> impl IntoResponse {
    tokio::time::sleep(SLOW).await;
    pages::slow()
}

async fn fail() -> impl IntoResponse {
    pages::failed("This page always fails, so that there is a failure to look at.")
}

async fn panic() -> Response {
    panic!("the /panic page was asked for");
}

async fn not_found() -> impl IntoResponse {
    pages::not_found()
}

async fn not_allowed() -> impl IntoResponse {
    pages::not_allowed()
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        pages::STYLE,
    )
}

/// Whether the application runs, and how its reporters fare. A reporter whose peer is away does
/// not make the application unhealthy.
async fn health(State(shared): State<Shared>) -> impl IntoResponse {
    let reporters: Vec<_> = shared
        .numbers
        .health()
        .into_iter()
        .map(|report| {
            json!({
                "reporter": report.reporter,
                "sent": report.sent,
                "failed": report.failed,
                "dropped": report.dropped,
            })
        })
        .collect();
    (
        StatusCode::OK,
        Json(json!({ "status": "ok", "reporters": reporters })),
    )
}
