//! [`EventKind`]: what an event is, so that nobody has to guess from its name.

/// What an event is. `shop.stop` emitted by [`execute!`](crate::execute!) is an
/// [`Event`](Self::Event), whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// Something that happened at one moment: [`execute!`](crate::execute!).
    Event,
    /// A span has begun: [`span!`](crate::span!).
    SpanStart,
    /// A span has ended, finished, failed or cancelled.
    SpanStop,
    /// A span has ended by a panic.
    SpanException,
    /// A span that reports itself only when it has ended, however it did:
    /// [`completion_span!`](crate::completion_span!).
    SpanComplete,
}

impl EventKind {
    /// Whether it is the one event with which a span ends.
    #[must_use]
    pub const fn is_span_end(self) -> bool {
        matches!(
            self,
            Self::SpanStop | Self::SpanException | Self::SpanComplete
        )
    }
}
