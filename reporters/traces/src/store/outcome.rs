//! [`Outcome`]: how a span ended.

use std::fmt;

use telemetry::{EventKind, Value};

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned.
    Ok,
    /// It was told of an error; the metadata `reason` has its text.
    Error,
    /// It was dropped unfinished: a lost `select!` branch, a timeout, a closed tab. Not a failure.
    Cancelled,
    /// It panicked; the metadata `reason` has the message.
    Panic,
}

impl Outcome {
    pub(super) fn of(kind: EventKind, outcome: Option<Value<'_>>) -> Self {
        match outcome.and_then(Value::as_str) {
            _ if kind == EventKind::SpanException => Self::Panic,
            Some("error") => Self::Error,
            Some("cancelled") => Self::Cancelled,
            // Of a completion-only span, whose panic is no event of its own.
            Some("panic") => Self::Panic,
            _ => Self::Ok,
        }
    }

    /// Whether it is an error or a panic.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Panic)
    }

    /// The word that the events of spans have as their metadata `outcome`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
