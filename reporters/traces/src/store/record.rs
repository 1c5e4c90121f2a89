//! [`SpanRecord`]: what is kept of a span.

use std::fmt;
use std::time::Duration;

use telemetry::{Event, EventKind, Number, SpanContext, SpanId, SpanInfo, ToValue, TraceId, Value};

use super::account;
use super::fields::{self, Fields};
use super::outcome::Outcome;
use super::settings::Limits;

/// What is kept of a span that has ended.
///
/// Its values are what the span's last event had; `outcome`, `duration` and `monotonic_time` are not
/// among them, because [`outcome`](Self::outcome) and [`duration`](Self::duration) say them.
pub struct SpanRecord {
    name: &'static str,
    context: SpanContext,
    parent: Option<SpanContext>,
    kind: EventKind,
    outcome: Outcome,
    /// Since the process began, by the clock that is never set. It is what spans are put in order by.
    began: Duration,
    duration: Duration,
    fields: Fields,
}

impl SpanRecord {
    pub(super) fn of(event: &Event<'_>, span: &SpanInfo, limits: &Limits) -> Self {
        let duration = span.duration().unwrap_or_default();
        let ended = event.measurement("monotonic_time");
        let ended = ended.and_then(Number::as_duration).unwrap_or_default();
        Self {
            name: span.name(),
            context: span.context(),
            parent: span.parent(),
            kind: span.kind(),
            outcome: Outcome::of(span.kind(), event.metadata("outcome")),
            began: ended.saturating_sub(duration),
            duration,
            fields: Fields::of(event, limits),
        }
    }

    /// The span's name, without `.stop` or `.exception`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The span's ids.
    #[must_use]
    pub fn context(&self) -> SpanContext {
        self.context
    }

    /// Its trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.context.trace_id()
    }

    /// Its id.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.context.span_id()
    }

    /// The span above. It may be one of another process, see [`SpanContext::is_remote`].
    #[must_use]
    pub fn parent(&self) -> Option<SpanContext> {
        self.parent
    }

    /// The span that this one follows from, in another trace: the metadata `link`, as the attempts of
    /// a job have it.
    #[must_use]
    pub fn link(&self) -> Option<SpanContext> {
        let link = self.metadata("link")?.as_str()?;
        SpanContext::from_traceparent(link).ok()
    }

    /// What kind of event it ended with.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    pub(super) fn began(&self) -> Duration {
        self.began
    }

    pub(super) fn ended(&self) -> Duration {
        self.began.saturating_add(self.duration)
    }

    /// The id of the span above, if that is of this process as far as is known, so that it will end
    /// here as well.
    pub(super) fn local_parent(&self) -> Option<SpanId> {
        let parent = self.parent.filter(|parent| !parent.is_remote())?;
        Some(parent.span_id())
    }

    /// The metadata called `key`, if the span has it.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<Value<'_>> {
        let mut all = self.all_metadata();
        all.find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// All metadata, in the order in which it was written. Values that print themselves are texts here.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        self.fields.metadata()
    }

    /// Whether the metadata called `key` equals `value`; `None` asks whether it is absent.
    #[must_use]
    pub fn metadata_is(&self, key: &str, value: impl ToValue) -> bool {
        self.metadata(key) == value.to_value()
    }

    /// The measurement called `key`, if the span has it.
    #[must_use]
    pub fn measurement(&self, key: &str) -> Option<Number> {
        let mut all = self.measurements();
        all.find(|(own, _)| *own == key).map(|(_, number)| number)
    }

    /// All measurements, in the order in which they were written.
    pub fn measurements(&self) -> impl Iterator<Item = (&'static str, Number)> {
        self.fields.measurements()
    }

    /// How many measurements and pieces of metadata were too many to be kept.
    #[must_use]
    pub fn fields_left_out(&self) -> usize {
        self.fields.left_out()
    }

    /// How much memory the record takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        ITSELF + self.fields.bytes()
    }
}

/// With the counts of an `Arc`.
const ITSELF: usize = account::allocation(size_of::<SpanRecord>() + 2 * size_of::<usize>());

/// The most that one record can take.
pub(super) fn most(text: usize) -> usize {
    ITSELF + fields::most(text)
}

impl fmt::Debug for SpanRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanRecord")
            .field("name", &self.name)
            .field("context", &self.context)
            .field("parent", &self.parent)
            .field("outcome", &self.outcome)
            .field("duration", &self.duration)
            .field("metadata", &Map(|| self.all_metadata()))
            .field("measurements", &Map(|| self.measurements()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl SpanRecord {
    /// A span that took no time.
    pub(super) fn bare(context: SpanContext, parent: Option<SpanContext>, began: Duration) -> Self {
        Self {
            name: "bare",
            context,
            parent,
            kind: EventKind::SpanStop,
            outcome: Outcome::Ok,
            began,
            duration: Duration::ZERO,
            fields: Fields::default(),
        }
    }
}

struct Map<F>(F);

impl<K: fmt::Debug, V: fmt::Debug, I: Iterator<Item = (K, V)>, F: Fn() -> I> fmt::Debug for Map<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries((self.0)()).finish()
    }
}
