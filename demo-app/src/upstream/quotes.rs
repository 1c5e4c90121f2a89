//! Calls to the service: with a limit to how long, how many and how much.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;
use telemetry::{completion_span, execute};
use telemetry_http::{Calls, ClientService};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;

use super::{CALLS, UpstreamError};

/// How many calls there may be at a time.
pub(super) const CALLS_AT_A_TIME: usize = 256;

/// How many connections are kept that nobody needs at the moment, and for how long.
const IDLE_CONNECTIONS: usize = 32;
const IDLE_FOR: Duration = Duration::from_secs(10);

/// How large an answer may be, in bytes.
const LARGEST: usize = 8 * 1024;

/// How many characters of a quote are shown.
const LONGEST: usize = 300;

/// Calls the service. Clones share connections and limits.
#[derive(Clone)]
pub(crate) struct Quotes {
    client: ClientService<Client<HttpConnector, Empty<Bytes>>>,
    uri: Uri,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// Why there is no quote. As text it is a word for events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuoteError {
    /// Too many wait for one already.
    Busy,
    /// There was no answer in time.
    Timeout,
    /// The service is not there.
    Connect,
    /// The connection was closed before the answer, or in the middle of it.
    Closed,
    /// The answer says that something went wrong.
    Status,
    /// The answer is no quote.
    Malformed,
}

impl Quotes {
    pub(super) fn of(service: SocketAddr, patience: Duration) -> Result<Self, UpstreamError> {
        let host = service.ip().to_string();
        let calls = Calls::new(CALLS)?
            .allow([&host])
            .and_then(|calls| calls.propagate_to([&host]))
            .map_err(UpstreamError::Host)?
            .explain::<legacy::Error>()
            .explain::<hyper::Error>()
            .reason_with(reason);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_FOR)
            .pool_timer(TokioTimer::new())
            .build_http();
        Ok(Self {
            client: calls.service(client),
            // An address is an authority.
            uri: Uri::builder()
                .scheme("http")
                .authority(service.to_string())
                .path_and_query("/quote")
                .build()
                .unwrap_or_default(),
            places: Arc::new(Semaphore::new(CALLS_AT_A_TIME)),
            patience,
        })
    }

    /// Asks for a quote, and waits for so long and no longer.
    pub(crate) async fn fetch(&self) -> Result<String, QuoteError> {
        completion_span!("demo.quotes.fetch")
            .wrap_result(self.ask())
            .await
    }

    async fn ask(&self) -> Result<String, QuoteError> {
        let _place = self.places.try_acquire().map_err(|_| QuoteError::Busy)?;
        // Around the client's layer, so that what is given up is told as `cancelled`.
        let answered = timeout(self.patience, self.exchange()).await;
        let body = answered.map_err(|_| QuoteError::Timeout)??;
        quote(&body).ok_or(QuoteError::Malformed)
    }

    async fn exchange(&self) -> Result<Bytes, QuoteError> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.uri.clone();
        let mut client = self.client.clone();
        std::future::poll_fn(|cx| client.poll_ready(cx)).await?;
        let answer = client.call(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(QuoteError::Status);
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => QuoteError::Malformed,
            false => QuoteError::Closed,
        })?;
        Ok(body.to_bytes())
    }

    /// How many calls there are.
    pub(crate) fn in_flight(&self) -> usize {
        CALLS_AT_A_TIME - self.places.available_permits()
    }

    /// For a poller: emits how many calls there are, and may be.
    pub(crate) fn emit_gauges(&self) {
        execute!("demo.upstream.calls", { in_flight: self.in_flight(), limit: CALLS_AT_A_TIME });
    }
}

/// Words for the errors that only this client has.
fn reason(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<legacy::Error>() {
        return error.is_connect().then_some("connect");
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    error.is_incomplete_message().then_some("closed")
}

/// The quote in an answer: text of somebody else, so no more of it than fits, and on one line.
fn quote(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let text = answer.get("text")?.as_str()?.trim();
    let text = text.chars().take(LONGEST);
    let text: String = text.map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!text.is_empty()).then_some(text)
}

impl From<legacy::Error> for QuoteError {
    fn from(error: legacy::Error) -> Self {
        match error.is_connect() {
            true => Self::Connect,
            false => Self::Closed,
        }
    }
}

impl fmt::Display for QuoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Closed => "closed",
            Self::Status => "status",
            Self::Malformed => "malformed",
        })
    }
}

impl fmt::Debug for Quotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quotes")
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_a_text_is_a_quote() {
        let text = |body: &str| quote(body.as_bytes());
        assert_eq!(text(r#"{"text":" a\nb "}"#).as_deref(), Some("a b"));
        let long = format!(r#"{{"text":"{}"}}"#, "ü".repeat(5000));
        assert_eq!(text(&long), Some("ü".repeat(LONGEST)));
        for body in [
            "",
            "[]",
            "{}",
            r#"{"text":7}"#,
            r#"{"text":" "}"#,
            "\u{0}",
            "{\"text\":\"a",
        ] {
            assert_eq!(text(body), None, "{body:?}");
        }
        assert_eq!(quote(b"{\"text\":\"\xff\"}"), None);
    }
}
