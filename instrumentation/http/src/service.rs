//! [`TelemetryService`]: the beginning of a request.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use telemetry::SpanName;
use tower_service::Service;

use crate::future::{Exchange, end_with_panic};
use crate::{ResponseBody, ResponseFuture, labels, route};

/// A service whose requests are spans; made by [`TelemetryLayer`](crate::TelemetryLayer).
#[derive(Debug, Clone)]
pub struct TelemetryService<S> {
    inner: S,
    name: SpanName,
}

impl<S> TelemetryService<S> {
    pub(crate) fn new(inner: S, name: SpanName) -> Self {
        Self { inner, name }
    }
}

impl<S, B, ResB> Service<Request<B>> for TelemetryService<S>
where
    S: Service<Request<B>, Response = Response<ResB>, Error: Display>,
    ResB: Body<Error: Display>,
{
    type Response = Response<ResponseBody<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let span = telemetry::span!(self.name, {
            method: labels::method(request.method()),
            route: labels::route(request.extensions()),
            // Not known yet; named here so that the catalogue lists it.
            status: None::<u16>,
        });
        if !span.is_observed() {
            return ResponseFuture::unobserved(self.inner.call(request));
        }
        route::listen(&span, request.extensions_mut());
        let exchange = Exchange::begin(span, request.method());
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(future) => ResponseFuture::observed(future, exchange),
            Err(payload) => end_with_panic(exchange.span, payload),
        }
    }
}
