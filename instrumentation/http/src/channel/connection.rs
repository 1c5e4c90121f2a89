//! [`Channel`]: from the join to the end.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use telemetry::{Span, SpanContext, Wrapped, completion_span, execute};

use super::Channels;
use super::open::Counted;
use crate::brief::Brief;

/// Who ended a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The other end said good-bye, or its messages came to an end.
    Client,
    /// This end: it shuts down, or the client was idle or may not stay.
    Server,
    /// The connection broke, or the other end broke the protocol.
    Error,
}

impl CloseReason {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Client => ("client", "ok"),
            Self::Server => ("server", "ok"),
            Self::Error => ("error", "error"),
        }
    }
}

/// A channel that is open; made by [`Channels::join`](crate::Channels::join) and
/// [`Channels::joined`](crate::Channels::joined).
///
/// Its end emits `prefix.closed`, exactly once: [`close`](Self::close) with its reason, a drop before
/// with `cancelled`, or with `panic` if the thread unwinds.
#[must_use = "a channel that is dropped is closed"]
pub struct Channel {
    channels: Channels,
    channel: &'static str,
    join: Option<SpanContext>,
    joined_at: Instant,
    messages_in: AtomicU64,
    messages_out: AtomicU64,
    reason: Option<CloseReason>,
    counted: Option<Counted>,
}

impl Channel {
    pub(super) fn new(
        channels: Channels,
        channel: &'static str,
        join: Option<SpanContext>,
    ) -> Self {
        Self {
            counted: Some(channels.enter()),
            channels,
            channel,
            join,
            joined_at: Instant::now(),
            messages_in: AtomicU64::new(0),
            messages_out: AtomicU64::new(0),
            reason: None,
        }
    }

    /// Makes a future the work of one message that has come in: `prefix.handle_in` is emitted when
    /// it is ready, panics or is dropped, and is current while it runs. It does not look at what
    /// the future returns.
    ///
    /// The message counts from now on, whether the future is polled or not.
    pub fn handle_in<F>(&self, event: &str, future: F) -> Wrapped<F> {
        self.message(event).wrap(future)
    }

    /// As [`handle_in`](Self::handle_in), and looks at the result: an `Err` makes the outcome
    /// `error`, with the first bytes of its text as `reason`.
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub fn handle_in_result<F, T, E>(
        &self,
        event: &str,
        future: F,
    ) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        let span = self.message(event);
        let handle = span.handle();
        span.wrap(async move {
            let handled = future.await;
            handled.inspect_err(|error| handle.fail(&Brief(error)))
        })
    }

    /// The span of one message that has come in, for what the other two do not do: a handler that is
    /// no future, or metadata of its own. It begins a trace.
    ///
    /// ```
    /// let channels = telemetry_http::Channels::new("shop.socket")?.events(["ping"]);
    /// let channel = channels.joined("room");
    /// let answer = channel.message("ping").in_scope(|| "pong");
    /// # assert_eq!(answer, "pong");
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn message(&self, event: &str) -> Span {
        self.message_below(None, event)
    }

    /// As [`message`](Self::message), as part of a trace that the message itself tells, as in a
    /// `traceparent` among its fields.
    pub fn message_below(&self, parent: Option<SpanContext>, event: &str) -> Span {
        self.messages_in.fetch_add(1, Ordering::Relaxed);
        let event = self.channels.event(event);
        let name = self.channels.names().handle_in;
        completion_span!(parent: parent, "*.handle_in" => name, {
            channel: self.channel,
            event,
            link: self.join.as_ref().map(telemetry::display),
        })
    }

    /// Counts a message that goes out.
    pub fn sent(&self) {
        self.messages_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the channel.
    pub fn close(mut self, reason: CloseReason) {
        self.reason = Some(reason);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // Whoever looks at the count when it is told of the end does not find this one any more.
        self.counted = None;
        let (reason, outcome) = match self.reason {
            Some(reason) => reason.words(),
            None if std::thread::panicking() => ("panic", "panic"),
            None => ("cancelled", "cancelled"),
        };
        // The end belongs to the trace of the join.
        let _within = self.join.map(SpanContext::enter);
        execute!("*.closed" => self.channels.names().closed, {
            duration: self.joined_at.elapsed(),
            messages_in: self.messages_in.load(Ordering::Relaxed),
            messages_out: self.messages_out.load(Ordering::Relaxed),
        }, { channel: self.channel, reason, outcome });
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
