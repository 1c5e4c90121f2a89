//! [`End`]: what the detector wants to know of a span that has ended.

use telemetry::{Event, Number, OwnedEvent, SpanContext, SpanInfo, Value};

use super::group::{Call, Moment, nanos};
use super::shape::Asked;

/// The end of a span, as it was told by an event on its way or by a copy of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'e> {
    pub(super) name: &'static str,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanContext>,
    pub(super) at: Moment,
    pub(super) query: Option<Query<'e>>,
    /// It says that it is about one request, message or attempt of a job.
    pub(super) is_about_one: bool,
    pub(super) is_transaction: bool,
    pub(super) route: Option<&'e str>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'e> {
    pub(super) asked: Asked<'e>,
    pub(super) call: Call,
    /// It did what it was to do, so that asking again is no second try.
    pub(super) counts: bool,
}

impl<'e> End<'e> {
    pub(super) fn of(event: &Event<'e>) -> Option<Self> {
        let span = event.span()?;
        Self::read(span, event.measurements(), event.all_metadata())
    }

    pub(super) fn of_owned(event: &'e OwnedEvent) -> Option<Self> {
        Self::read(event.span()?, event.measurements(), event.all_metadata())
    }

    fn read(
        span: &SpanInfo,
        measurements: impl Iterator<Item = (&'static str, Number)>,
        metadata: impl Iterator<Item = (&'static str, Value<'e>)>,
    ) -> Option<Self> {
        if !span.kind().is_span_end() {
            return None;
        }
        let is_complete = span.kind() == telemetry::EventKind::SpanComplete;
        let (mut at, mut total_time, mut rows) = (0, None, None);
        for (key, number) in measurements {
            match key {
                "monotonic_time" => at = number.as_duration().map_or(0, nanos),
                "total_time" => total_time = number.as_duration(),
                "rows" => rows = number.as_u64(),
                _ => {}
            }
        }
        let (mut statement, mut repo, mut source, mut command) = (None, None, None, None);
        let mut system = None;
        let (mut outcome, mut route) = (None, None);
        let (mut is_about_one, mut has_savepoint) = (false, false);
        for (key, value) in metadata {
            match key {
                "statement" => statement = value.as_str(),
                "repo" => repo = value.as_str(),
                "source" => source = value.as_str(),
                "system" => system = value.as_str(),
                "command" => command = value.as_str(),
                "outcome" => outcome = value.as_str(),
                "savepoint" => has_savepoint = true,
                "route" => {
                    route = value.as_str();
                    is_about_one = true;
                }
                // An attempt of a job, one that is linked to who enqueued it, what handles an event.
                "attempt" | "link" | "event" => is_about_one = true,
                _ => {}
            }
        }
        let duration = span.duration().unwrap_or_default();
        let query = statement.filter(|_| is_complete).map(|statement| Query {
            asked: Asked {
                statement,
                repo,
                source,
                system,
                command,
            },
            call: Call {
                start: at.saturating_sub(nanos(duration)),
                end: at,
                time: total_time.unwrap_or(duration),
                rows,
            },
            counts: counts(outcome, rows),
        });
        Some(Self {
            name: span.name(),
            context: span.context(),
            parent: span.parent(),
            at,
            query,
            is_about_one,
            is_transaction: is_complete && (has_savepoint || span.name().ends_with(".transaction")),
            route,
        })
    }

    /// Whether it is where a request begins in this process: nothing above it is asked for the same
    /// answer.
    pub(super) fn is_request(&self, separate: &[String]) -> bool {
        match self.parent {
            None => true,
            Some(parent) => {
                parent.is_remote()
                    || self.is_about_one
                    || separate.iter().any(|name| name == self.name)
            }
        }
    }
}

/// A query that failed is asked again by whoever tries again. One that was given up half-way counts
/// if somebody had got something of it.
fn counts(outcome: Option<&str>, rows: Option<u64>) -> bool {
    match outcome {
        None | Some("ok") => true,
        Some("cancelled") => rows.is_some_and(|rows| rows > 0),
        Some(_) => false,
    }
}
