//! [`Call`]: a call that is told what happens.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use telemetry::{ContextGuard, InContext, Span, SpanContext, Traceparent, in_current_context};

use super::calls::Settings;
use super::exchange::Exchange;
use super::reason::{BODY, TRANSPORT};

/// One outgoing call, of a client that is not a tower service; begun by
/// [`Calls::begin`](crate::Calls::begin).
///
/// It ends with [`respond`](Self::respond), [`finish`](Self::finish) or [`fail`](Self::fail); dropped
/// before, its outcome is `cancelled`.
///
/// ```
/// # async fn send(traceparent: Option<String>) -> std::io::Result<u16> { Ok(200) }
/// # async fn read_body() -> std::io::Result<Vec<u8>> { Ok(b"{}".to_vec()) }
/// # async fn example(calls: telemetry_http::Calls) -> std::io::Result<()> {
/// let mut call = calls.begin("GET", "api.example.org");
/// let header = call.traceparent().map(|value| value.to_string());
///
/// // The span is current while the client works; an early return leaves a call that was cancelled.
/// let status = match call.scope(send(header)).await {
///     Ok(status) => status,
///     Err(error) => {
///         call.fail(&error);
///         return Err(error);
///     }
/// };
/// call.answered(status);
/// let body = call.scope(read_body()).await?;
/// call.received(body.len() as u64);
/// call.finish();
/// # Ok(()) }
/// ```
#[must_use = "a call that is dropped at once ends as `cancelled`"]
pub struct Call {
    exchange: Exchange,
    propagate: bool,
    settings: Arc<Settings>,
}

impl Call {
    pub(super) fn new(span: Span, propagate: bool, settings: Arc<Settings>) -> Self {
        Self {
            exchange: Exchange::begin(span),
            propagate,
            settings,
        }
    }

    /// The header to send, with the ids of this call's span, or of the span above if nobody observes
    /// this one. `None` if there are none, or if the host is
    /// [not to have it](crate::Calls::propagate_to).
    #[must_use]
    pub fn traceparent(&self) -> Option<Traceparent> {
        let context = self.context().filter(|_| self.propagate);
        context.map(|context| context.traceparent())
    }

    /// The ids that the client's own work belongs to.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.exchange.span.context()
    }

    /// Makes the call's span current on this thread until the guard is dropped: for clients that
    /// block. Do not hold it over an `.await`.
    pub fn enter(&self) -> ContextGuard {
        self.exchange.span.enter()
    }

    /// Makes the call's span current in each poll of a future.
    pub fn scope<F>(&self, future: F) -> InContext<F> {
        match self.context() {
            Some(context) => context.wrap(future),
            None => in_current_context(future),
        }
    }

    /// The headers of the answer are there, and its body follows. A status of 400 or more makes the
    /// outcome `error`, with `status` as its reason.
    pub fn answered(&mut self, status: u16) {
        self.exchange.answered(status);
    }

    /// The body that follows goes on until somebody has enough, as server-sent events do: the
    /// terminal event has `streamed: true`.
    pub fn streamed(&mut self) {
        self.exchange.streamed();
    }

    /// So many bytes of the body have come. They are added up, and count after
    /// [`answered`](Self::answered) only.
    pub fn received(&mut self, bytes: u64) {
        self.exchange.received(bytes);
    }

    /// The answer has come to its end.
    pub fn finish(self) {
        self.exchange.finish();
    }

    /// The headers of the answer are there, and nobody waits for more: ends the call.
    pub fn respond(mut self, status: u16) {
        self.answered(status);
        self.finish();
    }

    /// The call failed: there will be no answer, or no more of it. What is recorded is one word, of
    /// those of the [crate's page](crate#outgoing-calls), and nothing of the error's own.
    pub fn fail(self, error: &(dyn Error + 'static)) {
        let reason = self.settings.reasons.of(error);
        self.fail_with_any(reason);
    }

    /// As [`fail`](Self::fail), with a word of the caller's own.
    pub fn fail_with(self, reason: &'static str) {
        self.fail_with_any(Some(reason));
    }

    fn fail_with_any(mut self, reason: Option<&'static str>) {
        let unknown = if self.exchange.has_answer() {
            BODY
        } else {
            TRANSPORT
        };
        self.exchange.fail(reason.unwrap_or(unknown));
        self.exchange.finish();
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("span", &self.exchange.span)
            .finish_non_exhaustive()
    }
}
