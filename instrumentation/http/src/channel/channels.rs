//! [`Channels`]: the settings, and the join.

use std::fmt::Display;
use std::sync::Arc;

use telemetry::{EventName, NameError, completion_span, execute};

use super::Channel;
use super::open::{Counted, Open};
use crate::brief::Brief;

/// The `event` of a message whose name is not among those that [`Channels::events`] lists.
pub const OTHER_EVENT: &str = "other";

/// Channels whose events have one prefix. The [crate's page](crate#channels) lists the events.
///
/// Clones are the same channels: they count together.
///
/// ```
/// use telemetry_http::{Channels, CloseReason};
///
/// # async fn authorize(token: &str) -> Result<u64, std::num::ParseIntError> { token.parse() }
/// # async fn post(text: &str) {}
/// # async fn example(mut messages: std::vec::IntoIter<(String, String)>) -> Result<(), Box<dyn std::error::Error>> {
/// let channels = Channels::new("shop.socket")?.events(["new_message", "typing"]);
///
/// // For each connection, in the task that reads it:
/// let (channel, user) = channels.join("room", authorize("7")).await?;
/// while let Some((event, text)) = messages.next() {
///     channel.handle_in(&event, post(&text)).await;
/// }
/// channel.close(CloseReason::Client);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Channels {
    names: Names,
    /// The names of messages that may be told.
    known: Arc<[Box<str>]>,
    open: Open,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    joined: EventName,
    pub(super) handle_in: EventName,
    pub(super) closed: EventName,
    open: EventName,
}

impl Channels {
    /// Channels that emit `prefix.joined`, `prefix.handle_in`, `prefix.closed` and `prefix.open`.
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the prefix is not a name, or if too many names were made at run time.
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        let name = |event: &str| EventName::new(&format!("{prefix}.{event}"));
        // The longest first: if it is too long, none is kept.
        let handle_in = name("handle_in")?;
        Ok(Self {
            names: Names {
                joined: name("joined")?,
                handle_in,
                closed: name("closed")?,
                open: name("open")?,
            },
            known: Arc::default(),
            open: Open::default(),
        })
    }

    /// The names of messages that may become the metadata `event`, in place of those listed before.
    /// All others are [`OTHER_EVENT`]: whoever is at the other end chooses what it sends.
    #[must_use]
    pub fn events<E: Into<Box<str>>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.known = events.into_iter().map(Into::into).collect();
        self
    }

    /// Runs what decides about a join, and emits `prefix.joined` when it has decided (or panicked, or
    /// was dropped). `Ok` opens a channel.
    ///
    /// `channel` is the kind of channel, not its topic: `"room"`, and not `"room:42"`.
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub async fn join<T, E: Display>(
        &self,
        channel: &'static str,
        joining: impl Future<Output = Result<T, E>>,
    ) -> Result<(Channel, T), E> {
        let span = completion_span!("*.joined" => self.names.joined, { channel });
        let (context, handle) = (span.context(), span.handle());
        let joined = span.wrap(async {
            let joined = joining.await;
            joined.inspect_err(|error| handle.fail(&Brief(error)))
        });
        let value = joined.await?;
        Ok((Channel::new(self.clone(), channel, context), value))
    }

    /// As [`join`](Self::join), where there is nothing to decide.
    pub fn joined(&self, channel: &'static str) -> Channel {
        let span = completion_span!("*.joined" => self.names.joined, { channel });
        let context = span.context();
        span.finish();
        Channel::new(self.clone(), channel, context)
    }

    /// How many channels are open at this moment, observed or not.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.count()
    }

    /// Emits `prefix.open` with `count`, that of [`open`](Self::open).
    pub fn emit_open(&self) {
        execute!("*.open" => self.names.open, { count: self.open() });
    }

    /// A closure that [emits](Self::emit_open): the measurement of a poller.
    ///
    /// ```
    /// let channels = telemetry_http::Channels::new("shop.socket")?;
    /// let measurement = channels.measurement();
    /// // With telemetry-poller: `Poller::builder().measurement("shop.socket.open", measurement)`
    /// measurement();
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn measurement(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let this = self.clone();
        move || this.emit_open()
    }

    pub(super) fn names(&self) -> Names {
        self.names
    }

    pub(super) fn enter(&self) -> Counted {
        self.open.enter()
    }

    /// The name of a message, if it may be told.
    pub(super) fn event(&self, name: &str) -> &str {
        let known = self.known.iter().find(|known| ***known == *name);
        known.map_or(OTHER_EVENT, |known| known)
    }
}
