//! [`ClientLayer`] and [`ClientService`]: the beginning of a call through a tower service.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use telemetry::{NameError, SpanContext};
use tower_layer::Layer;
use tower_service::Service;

use super::calls::Settings;
use super::exchange::Exchange;
use super::future::Waiting;
use super::{Calls, ClientBody, ClientFuture, propagation};
use crate::left::Bodiless;
use crate::{labels, traces};

/// Makes one span of each call to the service that it is put around, and sends `traceparent` along;
/// see the [crate's page](crate#outgoing-calls) for the events.
///
/// It belongs right around the client, inside of what retries, buffers, limits and gives up: each
/// try is a span then, and a timeout is `cancelled`.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Empty;
/// use hyper_util::client::legacy::{Client, Error};
/// use hyper_util::rt::TokioExecutor;
/// use telemetry_http::Calls;
/// use tower::ServiceBuilder;
///
/// let calls = Calls::new("shop.api")?.allow(["api.example.org"])?.explain::<Error>();
/// let client = ServiceBuilder::new()
///     .layer(calls.layer())
///     .service(Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientLayer {
    settings: Arc<Settings>,
}

impl ClientLayer {
    /// A layer that emits `prefix.start`, `prefix.stop` and `prefix.exception`. No host is named,
    /// and `traceparent` is sent to all; [`Calls`] has the settings.
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the prefix is not a name, or if too many names were made at run time.
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        Calls::new(prefix).map(Self::from)
    }
}

impl From<Calls> for ClientLayer {
    fn from(calls: Calls) -> Self {
        Self {
            settings: calls.settings,
        }
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientService {
            inner,
            settings: self.settings.clone(),
        }
    }
}

/// A client whose calls are spans; made by [`ClientLayer`].
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, B, ResB> Service<Request<B>> for ClientService<S>
where
    S: Service<Request<B>, Response = Response<ResB>, Error: 'static>,
    ResB: Body,
{
    type Response = Response<ClientBody<ResB>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let settings = &self.settings;
        let current = SpanContext::current();
        if current.is_none() && !settings.is_observed() {
            // The caller's own header, if there is one, is right as it is.
            return ClientFuture::new(self.inner.call(request), None);
        }
        let sides = settings.sides_of_request(request.uri(), request.headers());
        let parent = current.or_else(|| traces::theirs(request.headers(), request.extensions()));
        let span = settings.span(labels::method(request.method()), sides.host, parent);
        if let Some(context) = span.context().filter(|_| sides.propagate) {
            propagation::write(request.headers_mut(), &context);
        }
        if !span.is_observed() {
            return ClientFuture::new(self.inner.call(request), None);
        }
        let waiting = Waiting {
            method: Bodiless::of(request.method()),
            exchange: Exchange::begin(span),
            settings: settings.clone(),
        };
        // Unwind safety: the panic goes on at once; whoever catches it above decides.
        let called = catch_unwind(AssertUnwindSafe(|| {
            let _within = waiting.exchange.span.enter();
            self.inner.call(request)
        }));
        match called {
            Ok(future) => ClientFuture::new(future, Some(waiting)),
            Err(payload) => waiting.exchange.end_with_panic(payload),
        }
    }
}
