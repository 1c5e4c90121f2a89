//! The axum route.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use tokio::runtime::Handle;

use crate::reporter::Prometheus;
use crate::text::CONTENT_TYPE;

impl Prometheus {
    /// A router that answers `GET /metrics` (and `HEAD`), to be merged into an application's.
    ///
    /// Whoever reaches it can read all numbers and tags.
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
    pub fn route<S: Clone + Send + Sync + 'static>(&self) -> MethodRouter<S> {
        let prometheus = self.clone();
        get(move || {
            let prometheus = prometheus.clone();
            async move { prometheus.answer().await }
        })
    }

    async fn answer(&self) -> Response {
        let text = match Handle::try_current() {
            // A large snapshot takes milliseconds, which other tasks of this thread need not wait
            // for.
            Ok(runtime) => {
                let prometheus = self.clone();
                runtime.spawn_blocking(move || prometheus.render()).await
            }
            // Another runtime's thread, and nowhere else to go.
            Err(_) => Ok(self.render()),
        };
        match text {
            Ok(text) => ([(CONTENT_TYPE_HEADER, CONTENT_TYPE)], text).into_response(),
            // The runtime is shutting down.
            Err(_) => {
                self.failed();
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}
