//! [`TelemetryService`]: the beginning of a request.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::exchange::Exchange;
use crate::left::Bodiless;
use crate::{ResponseBody, ResponseFuture, TelemetryLayer, labels, listener};

/// The longest request that is believed to come when it is announced, in bytes: 1 TiB. A client
/// may announce anything, and one number of twenty digits spoils a total for ever.
const BELIEVABLE: u64 = 1 << 40;

/// A service whose requests are spans; made by [`TelemetryLayer`].
#[derive(Debug, Clone)]
pub struct TelemetryService<S> {
    inner: S,
    layer: TelemetryLayer,
}

impl<S> TelemetryService<S> {
    pub(crate) fn new(inner: S, layer: TelemetryLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, B, ResB> Service<Request<B>> for TelemetryService<S>
where
    S: Service<Request<B>, Response = Response<ResB>, Error: Display>,
    B: Body,
    ResB: Body<Error: Display>,
{
    type Response = Response<ResponseBody<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let TelemetryLayer {
            name,
            traces,
            in_flight,
        } = &self.layer;
        // First, so that whoever sees the start event finds the request counted.
        let counted = in_flight.enter();
        let parent = traces.parent(&mut request);
        let mut lacks_route = true;
        let span = telemetry::span!(parent: parent, *name, {
            method: labels::method(request.method()),
            route: {
                let matched = labels::matched(request.extensions());
                lacks_route = matched.is_none();
                matched.unwrap_or(labels::UNMATCHED_ROUTE)
            },
            version: labels::version(request.version()),
            // Not known yet; named here so that the catalogue lists them.
            status: None::<u16>,
            status_class: None::<&str>,
            streamed: None::<bool>,
        });
        let method = Bodiless::of(request.method());
        let mut exchange = Exchange::begin(counted, span, method, *traces);
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let called = catch_unwind(AssertUnwindSafe(|| {
            let _entered = exchange.enter();
            if exchange.span.is_observed() {
                let announced = request.body().size_hint().exact();
                let size = announced.filter(|announced| *announced <= BELIEVABLE);
                exchange.request_size = size;
                let extensions = request.extensions_mut();
                listener::listen(&exchange.span, lacks_route, size.is_none(), extensions);
            }
            self.inner.call(request)
        }));
        match called {
            Ok(future) => ResponseFuture::new(future, exchange),
            Err(payload) => exchange.end_with_panic(payload),
        }
    }
}
