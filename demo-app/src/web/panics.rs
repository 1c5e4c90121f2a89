//! The answer to a request whose handler panicked.
//!
//! Two middlewares, around the endpoint's layer and inside of it. The outer one answers, because the
//! layer has to see the panic itself; but which trace the request belongs to is known inside only, and
//! so the inner one notes it.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use telemetry::SpanContext;

use super::pages;
use crate::catch::caught;

/// As other answers have it from the endpoint's layer.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where the span of a request is noted.
#[derive(Debug, Clone, Default)]
struct Noted(Arc<OnceLock<SpanContext>>);

/// The outer one.
pub(super) async fn answer(mut request: Request, next: Next) -> Response {
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    match caught(next.run(request)).await {
        Ok(response) => response,
        Err(_) => panicked(noted.0.get()),
    }
}

/// The inner one.
pub(super) async fn note(request: Request, next: Next) -> Response {
    if let Some(noted) = request.extensions().get::<Noted>()
        && let Some(span) = SpanContext::current()
    {
        // Nobody has before.
        let _ = noted.0.set(span);
    }
    next.run(request).await
}

fn panicked(span: Option<&SpanContext>) -> Response {
    let mut response = pages::panicked(span.map(SpanContext::trace_id));
    if let Some(span) = span
        && let Ok(traceparent) = HeaderValue::try_from(span.to_string())
    {
        response.headers_mut().insert(TRACEPARENT, traceparent);
    }
    response
}
