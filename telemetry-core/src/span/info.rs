//! [`SpanInfo`]: what the events of a span say about it.

use std::time::{Duration, SystemTime};

use super::live::Ends;
use crate::clock::Moment;
use crate::{EventKind, SpanContext};

/// The span that an event begins or ends; from [`Event::span`](crate::Event::span).
#[derive(Debug, Clone)]
pub struct SpanInfo {
    pub(super) ends: Ends,
    pub(super) kind: EventKind,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanContext>,
    pub(super) started: Moment,
    pub(super) started_at: Option<SystemTime>,
    pub(super) duration: Option<Duration>,
}

impl SpanInfo {
    /// The span's name, without `.start`, `.stop` or `.exception`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.ends.name()
    }

    /// Which of the span's events this is.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// The span's own ids.
    #[must_use]
    pub fn context(&self) -> SpanContext {
        self.context
    }

    /// The span above; `None` for the first of a trace. It may be one of another process.
    #[must_use]
    pub fn parent(&self) -> Option<SpanContext> {
        self.parent
    }

    /// When it began, by the clock of the system.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at.unwrap_or_else(|| {
            let now = SystemTime::now();
            now.checked_sub(self.started.elapsed()).unwrap_or(now)
        })
    }

    /// How long it took; `None` at its start.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// A copy whose time of day is settled, to be kept for long.
    pub(crate) fn settled(&self) -> Self {
        Self {
            started_at: Some(self.started_at()),
            ..self.clone()
        }
    }
}
