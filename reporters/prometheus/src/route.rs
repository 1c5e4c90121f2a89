//! The axum route.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::reporter::Prometheus;

/// So many answers of a route are made at once; whoever comes then waits for one of them to be done.
const MAX_AT_ONCE: usize = 4;

impl Prometheus {
    /// A router that answers `GET /metrics` (and `HEAD`), to be merged into an application's.
    ///
    /// Whoever reaches it can read all numbers and tags, unless there is a
    /// [token](crate::PrometheusBuilder::bearer_token).
    ///
    /// Where a layer such as that of `telemetry-http` counts requests, use [`route`](Self::route).
    ///
    /// ```
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_prometheus::Prometheus;
    /// # let aggregator = Aggregator::builder().start()?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    /// let app: axum::Router = axum::Router::new().merge(prometheus.router());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new().route("/metrics", self.route())
    }

    /// The same for a path of your own: `router.route("/internal/metrics", prometheus.route())`.
    ///
    /// Add it after a layer that counts requests: axum applies a layer to what was added before it,
    /// and each scrape would be a request that succeeds. [`router`](Self::router), merged there,
    /// would replace the fallback, if it is axum's own, and requests to unknown paths would no longer
    /// be counted.
    pub fn route<S: Clone + Send + Sync + 'static>(&self) -> MethodRouter<S> {
        let (prometheus, turns) = (self.clone(), Arc::new(Semaphore::new(MAX_AT_ONCE)));
        get(move |method: Method, headers: HeaderMap| {
            let (prometheus, turns) = (prometheus.clone(), turns.clone());
            async move { prometheus.answer(&method, &headers, turns).await }
        })
    }

    async fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        turns: Arc<Semaphore>,
    ) -> Response {
        let wanted = match self.admit(method, headers) {
            Ok(wanted) => wanted,
            Err(refusal) => return refusal.response().map(Body::from),
        };
        // The semaphore is never closed, so there always is a turn.
        let turn = turns.acquire_owned().await.ok();
        let response = match Handle::try_current() {
            // A large snapshot takes milliseconds, which other tasks of this thread need not wait
            // for. The turn goes along: a client that hangs up does not stop the work.
            Ok(runtime) => {
                let prometheus = self.clone();
                let deliver = move || {
                    let response = prometheus.deliver(wanted);
                    drop(turn);
                    response
                };
                runtime.spawn_blocking(deliver).await
            }
            // Another runtime's thread, and nowhere else to go.
            Err(_) => Ok(self.deliver(wanted)),
        };
        match response {
            Ok(response) => response.map(Body::from),
            // The runtime is shutting down.
            Err(_) => {
                self.failed();
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}
