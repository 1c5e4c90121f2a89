//! [`Span`]: what was received as one.

use std::sync::Arc;
use std::time::Duration;

use crate::{Attributes, Resource, Scope};

/// A span, as it was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Whom it is from.
    pub resource: Arc<Resource>,
    /// The instrumentation that it is from.
    pub scope: Arc<Scope>,
    /// 32 hexadecimal digits.
    pub trace: String,
    /// 16 hexadecimal digits.
    pub id: String,
    /// That of the parent; empty at the root.
    pub parent: String,
    /// `tracestate`
    pub trace_state: String,
    /// The flags of W3C Trace Context in the lowest byte; above, whether the parent is remote.
    pub flags: u32,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// In nanoseconds since 1970.
    pub start: u64,
    /// In nanoseconds since 1970.
    pub end: u64,
    /// What it says of itself.
    pub attributes: Attributes,
    /// What happened meanwhile.
    pub events: Vec<Event>,
    /// Spans that it has to do with.
    pub links: Vec<Link>,
    /// How it ended.
    pub outcome: Outcome,
    /// What the status says.
    pub message: String,
    /// Attributes, events and links that were left out.
    pub dropped: [u32; 3],
}

impl Span {
    /// From its start to its end.
    ///
    /// # Panics
    ///
    /// If it ended before it began.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let nanoseconds = self.end.checked_sub(self.start);
        Duration::from_nanos(
            nanoseconds.unwrap_or_else(|| panic!("ends before it begins: {self:#?}")),
        )
    }
}

/// `SpanKind`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "their names say it")]
pub enum Kind {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// `Status.code`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "their names say it")]
pub enum Outcome {
    Unset,
    Ok,
    Error,
}

/// `Span.Event`
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// In nanoseconds since 1970.
    pub time: u64,
    /// What it says of itself.
    pub attributes: Attributes,
}

/// `Span.Link`
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// 32 hexadecimal digits.
    pub trace: String,
    /// 16 hexadecimal digits.
    pub span: String,
    /// As those of a span.
    pub flags: u32,
    /// What it says of itself.
    pub attributes: Attributes,
}
