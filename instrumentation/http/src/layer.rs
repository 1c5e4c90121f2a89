//! [`TelemetryLayer`]: where the prefix is chosen.

use telemetry::{NameError, SpanName};
use tower_layer::Layer;

use crate::TelemetryService;

/// Makes one span of each request to the service that it is put around; see the
/// [crate's page](crate) for the events.
///
/// Two layers with two prefixes may stand around each other: each emits its own events.
#[derive(Debug, Clone, Copy)]
pub struct TelemetryLayer {
    name: SpanName,
}

impl TelemetryLayer {
    /// A layer that emits `prefix.start`, `prefix.stop` and `prefix.exception`.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use telemetry_http::TelemetryLayer;
    ///
    /// let admin: Router = Router::new()
    ///     .route("/jobs", get(|| async { "none" }))
    ///     .layer(TelemetryLayer::new("admin.endpoint")?);
    ///
    /// assert!(TelemetryLayer::new("admin endpoint").is_err());
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the prefix is not a name, or if too many names were made at run time.
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        SpanName::new(prefix).map(|name| Self { name })
    }
}

impl<S> Layer<S> for TelemetryLayer {
    type Service = TelemetryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TelemetryService::new(inner, self.name)
    }
}
