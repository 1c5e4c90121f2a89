//! [`TelemetryLayer`]: where the prefix and the settings are chosen.

use telemetry::{NameError, SpanName};
use tower_layer::Layer;

use crate::traces::Traces;
use crate::{InFlight, TelemetryService};

/// Makes one span of each request to the service that it is put around; see the
/// [crate's page](crate) for the events.
///
/// Two layers with two prefixes may stand around each other: each emits its own events, and the
/// inner one's spans are below those of the outer.
#[derive(Debug, Clone, Copy)]
pub struct TelemetryLayer {
    pub(crate) name: SpanName,
    pub(crate) traces: Traces,
    pub(crate) in_flight: InFlight,
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
        Ok(Self {
            name: SpanName::new(prefix)?,
            traces: Traces {
                trust: true,
                answer: true,
            },
            in_flight: InFlight::new(prefix)?,
        })
    }

    /// Whether a request's `traceparent` header is believed; it is unless told otherwise.
    ///
    /// Believed, one valid header makes the request's span a part of the caller's trace; none, an
    /// invalid one and several begin a new trace, or go on with the one that is current. At the
    /// edge of a public service strangers could so choose trace ids, and mix their requests into
    /// one trace; nothing else depends on the ids. Told `false`, this layer, and those further
    /// inside, leave the header alone.
    ///
    /// ```
    /// let public = telemetry_http::TelemetryLayer::new("shop.endpoint")?.trust_traceparent(false);
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    #[must_use]
    pub fn trust_traceparent(mut self, trust: bool) -> Self {
        self.traces.trust = trust;
        self
    }

    /// Whether responses get a `traceparent` header with the ids of the request's span, by which a
    /// caller or the reader of a bug report finds the trace; they do unless told otherwise.
    ///
    /// A header that the service has set stays. A request that nobody observes has no ids of its
    /// own, and its response no header. Scripts in a browser can read it from another origin only if
    /// `access-control-expose-headers` names it.
    #[must_use]
    pub fn answer_traceparent(mut self, answer: bool) -> Self {
        self.traces.answer = answer;
        self
    }

    /// How many requests there are now, in all services that layers of this prefix are put around.
    #[must_use]
    pub fn in_flight(&self) -> InFlight {
        self.in_flight
    }
}

impl<S> Layer<S> for TelemetryLayer {
    type Service = TelemetryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TelemetryService::new(inner, *self)
    }
}
