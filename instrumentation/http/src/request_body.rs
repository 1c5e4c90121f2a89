//! [`RequestBodyLayer`]: how many bytes of a request's body were read.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::listener::Readers;

/// Goes inside a [`TelemetryLayer`](crate::TelemetryLayer), and counts the bytes of request bodies
/// that come without a length: they are the `request_size` then, as far as the service has read
/// them before the terminal event.
///
/// Bodies whose length was announced are not counted. It changes the type of the body, so it
/// stands where the service takes any; axum's `Router::layer` does.
///
/// ```
/// use axum::{Router, routing::post};
/// use telemetry_http::{RequestBodyLayer, TelemetryLayer};
///
/// let app: Router = Router::new()
///     .route("/upload", post(|text: String| async move { text.len().to_string() }))
///     .layer(RequestBodyLayer::new())
///     .layer(TelemetryLayer::new("shop.endpoint")?);
/// # Ok::<(), telemetry::NameError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestBodyLayer;

impl RequestBodyLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for RequestBodyLayer {
    type Service = RequestBodyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestBodyService { inner }
    }
}

/// A service whose request bodies are counted; made by [`RequestBodyLayer`].
#[derive(Debug, Clone)]
pub struct RequestBodyService<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for RequestBodyService<S>
where
    S: Service<Request<RequestBody<B>>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let readers = Readers::of(request.extensions());
        self.inner
            .call(request.map(|body| RequestBody::new(body, readers)))
    }
}

pin_project! {
    /// The body of a request, counted as it is read; made by [`RequestBodyLayer`].
    ///
    /// It passes everything through: frames and trailers, `size_hint`, `is_end_stream`.
    pub struct RequestBody<B> {
        #[pin]
        inner: B,
        readers: Option<Readers>,
        read: u64,
    }
}

impl<B> RequestBody<B> {
    fn new(inner: B, readers: Option<Readers>) -> Self {
        if let Some(readers) = &readers {
            readers.tell(0);
        }
        Self {
            inner,
            readers,
            read: 0,
        }
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(readers)) = (&polled, this.readers) {
            if let Some(data) = frame.data_ref() {
                *this.read = this.read.saturating_add(data.remaining() as u64);
                // At once, and not at the end: the span may end before the body is read or dropped.
                readers.tell(*this.read);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> fmt::Debug for RequestBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody")
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}
