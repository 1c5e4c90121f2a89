//! [`RouteLayer`]: tells a [`TelemetryLayer`](crate::TelemetryLayer) further out what matched.
//!
//! A router notes what it matched in the request, which it then gives away; nobody outside sees
//! it again. So a telemetry layer that does not know the route leaves a handle of its span in the
//! request, and the layer here, which is inside the router, decorates the span through it. The way
//! back, through the response, would be too late: a handler that panics or is cancelled has none.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request};
use telemetry::{Span, SpanHandle};
use tower_layer::Layer;
use tower_service::Service;

use crate::labels;

/// The spans around this request that do not know its route yet, innermost first.
#[derive(Clone)]
struct Listener {
    span: SpanHandle,
    further_out: Option<Arc<Listener>>,
}

/// Leaves word in the request that `span` wants to know the route, unless it knows already.
pub(crate) fn listen(span: &Span, extensions: &mut Extensions) {
    if let Some(route) = labels::matched(extensions) {
        // Those further out may not know what this one does.
        return tell(route, extensions);
    }
    let further_out = extensions.remove::<Arc<Listener>>();
    extensions.insert(Arc::new(Listener {
        span: span.handle(),
        further_out,
    }));
}

fn tell(route: &str, extensions: &Extensions) {
    let mut next = extensions.get::<Arc<Listener>>();
    while let Some(listener) = next {
        listener.span.set("route", route);
        next = listener.further_out.as_ref();
    }
}

/// Goes inside a router, so that a [`TelemetryLayer`](crate::TelemetryLayer) around the whole
/// router gets to know which route matched.
///
/// It is not needed where the telemetry layer itself was added by `Router::layer`, except for what
/// is mounted by `nest_service`. It costs a look into the request's extensions.
///
/// ```
/// use axum::{Router, routing::get};
/// use telemetry_http::{RouteLayer, TelemetryLayer};
/// use tower::Layer;
///
/// let router: Router =
///     Router::new().route("/users/{id}", get(|| async { "Ada" })).route_layer(RouteLayer::new());
/// // `Router::fallback_service` makes a service something that `axum::serve` can take.
/// let app: Router =
///     Router::new().fallback_service(TelemetryLayer::new("shop.endpoint")?.layer(router));
/// # Ok::<(), telemetry::NameError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct RouteLayer {
    fixed: Option<&'static str>,
}

impl RouteLayer {
    /// Tells the template that axum has matched; nothing if it has matched none.
    #[must_use]
    pub const fn new() -> Self {
        Self { fixed: None }
    }

    /// Tells always the same route: for services that have no routes of their own.
    ///
    /// ```
    /// use axum::{Router, body::Body, extract::Request, response::Response};
    /// use telemetry_http::{RouteLayer, TelemetryLayer};
    /// use tower::{Layer, service_fn};
    ///
    /// let files = service_fn(|_: Request| async {
    ///     Ok::<_, std::convert::Infallible>(Response::new(Body::from("a file")))
    /// });
    /// let app: Router = Router::new()
    ///     .nest_service("/assets", RouteLayer::fixed("/assets/{*path}").layer(files))
    ///     .layer(TelemetryLayer::new("shop.endpoint")?);
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    #[must_use]
    pub const fn fixed(route: &'static str) -> Self {
        Self { fixed: Some(route) }
    }
}

impl<S> Layer<S> for RouteLayer {
    type Service = RouteService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RouteService {
            inner,
            fixed: self.fixed,
        }
    }
}

/// A service that tells its route; made by [`RouteLayer`].
#[derive(Debug, Clone)]
pub struct RouteService<S> {
    inner: S,
    fixed: Option<&'static str>,
}

impl<S, B> Service<Request<B>> for RouteService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let extensions = request.extensions();
        if let Some(route) = self.fixed.or_else(|| labels::matched(extensions)) {
            tell(route, extensions);
        }
        self.inner.call(request)
    }
}
