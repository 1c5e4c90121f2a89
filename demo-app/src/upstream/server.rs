//! The service itself: one route, on a free port of the loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use serde_json::json;
use telemetry_http::{InFlight, TelemetryLayer};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::faults::{Fault, Faults};
use super::{SERVER, UpstreamError};
use crate::serve::Serving;

/// How late is too late.
const LATE: Duration = Duration::from_secs(3);

/// How long half an answer is on its way before the connection is closed.
const PAUSE: Duration = Duration::from_millis(20);

/// What it has to say.
const QUOTES: [&str; 6] = [
    "What nobody counts happens all the same.",
    "An average is where nobody lives.",
    "The slowest request has the most to tell.",
    "A chart without a question is wallpaper.",
    "Errors are answers, too.",
    "Whoever cannot say how long it took does not know that it was quick.",
];

/// The service. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    in_flight: InFlight,
    serving: Serving,
}

impl Server {
    /// Starts it; when this returns, it answers.
    pub(super) async fn start(faults: Faults) -> Result<Self, UpstreamError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(UpstreamError::Listen)?;
        let address = listener.local_addr().map_err(UpstreamError::Listen)?;
        let layer = TelemetryLayer::new(SERVER)?;
        let in_flight = layer.in_flight();
        let app = Router::new()
            .route("/quote", get(quote))
            .with_state(Arc::new(faults))
            .layer(layer);
        Ok(Self {
            address,
            in_flight,
            serving: Serving::start(listener, app),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests there are.
    pub(crate) fn in_flight(&self) -> InFlight {
        self.in_flight
    }

    /// Takes no more requests, and lets the running ones finish. `false` if that took too long, and
    /// the rest was cut off.
    pub(crate) async fn stop(mut self, within: Duration) -> bool {
        self.serving.drain(within).await
    }
}

async fn quote(State(faults): State<Arc<Faults>>) -> Response {
    match faults.next() {
        None => any_quote(),
        Some(Fault::Status) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "out of quotes\n").into_response()
        }
        Some(Fault::Late) => {
            // Whoever asked is gone before, and this is dropped then.
            sleep(LATE).await;
            any_quote()
        }
        Some(Fault::HangUp) => half_a_quote(),
    }
}

fn any_quote() -> Response {
    let text = QUOTES[fastrand::usize(..QUOTES.len())];
    Json(json!({ "text": text })).into_response()
}

fn half_a_quote() -> Response {
    let half = Bytes::from_static(b"{ \"text\": \"What was it ag");
    let first = stream::once(async move { Ok(half) });
    let then = stream::once(async {
        // So that what there is has been sent before.
        sleep(PAUSE).await;
        Err(io::Error::other("hangs up"))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_LENGTH, "100"),
    ];
    (headers, Body::from_stream(first.chain(then))).into_response()
}
