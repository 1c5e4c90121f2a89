//! [`RouteLayer`]: tells a [`TelemetryLayer`](crate::TelemetryLayer) further out what matched.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::labels;
use crate::listener::tell_route;

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
            tell_route(route, extensions);
        }
        self.inner.call(request)
    }
}
