//! [`Trace`]: the spans of one trace, as a tree.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry::{SpanId, TraceId};

use super::query::TraceSummary;
use super::record::SpanRecord;
use super::tree::{self, Line, Tree};

/// A trace as it was when it was asked for; from [`Traces::get`](super::Traces::get).
///
/// `{}` draws it, in 100 columns; `{:140}` in 140. Nothing that is in a text can break out of its line.
///
/// ```text
/// trace 0af7651916cd43dd8448eb211c80319c  12.4ms  3 spans  ordinary
/// shop.request method=GET route=/cart status=200  |████████████████████████|   12.4ms
///   shop.repo.query source=carts command=SELECT   | ████                   |    2.1ms
///   shop.repo.query source=items command=SELECT   |      ███████████████   |    8.0ms
/// ```
#[derive(Debug, Clone)]
pub struct Trace {
    summary: TraceSummary,
    /// In the order in which they began.
    spans: Vec<TraceSpan>,
    lines: Vec<Line>,
}

/// A span and its place in its [`Trace`]. Everything that a [`SpanRecord`] has, it has too.
#[derive(Debug, Clone)]
pub struct TraceSpan {
    record: Arc<SpanRecord>,
    parent: Option<usize>,
    depth: usize,
    started_at: SystemTime,
    offset: Duration,
    self_time: Duration,
}

/// A line of a trace that is read as a tree; from [`Trace::rows`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Row<'t> {
    /// A span.
    Span(&'t TraceSpan),
    /// A span of this process that is not here, and the rows below are below it. It still runs; or it
    /// began before the store was started, or there was no room for it.
    Missing(SpanId),
}

impl Row<'_> {
    /// How many rows it is below of.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Span(span) => span.depth,
            Self::Missing(_) => 0,
        }
    }
}

impl Trace {
    pub(super) fn new(mut summary: TraceSummary, mut spans: Vec<Arc<SpanRecord>>) -> Self {
        tree::sort(&mut spans);
        let Tree {
            lines,
            parents,
            depths,
            selves,
        } = tree::build(&spans);
        // The earliest may have been left out, and yet say when the trace began.
        let began = summary.began;
        summary.spans = spans.len();
        let spans = spans
            .into_iter()
            .enumerate()
            .map(|(index, record)| {
                let offset = record.began().saturating_sub(began);
                let started_at = summary.started_at.checked_add(offset);
                TraceSpan {
                    record,
                    parent: parents[index],
                    depth: depths[index],
                    started_at: started_at.unwrap_or(summary.started_at),
                    offset,
                    self_time: selves[index],
                }
            })
            .collect();
        Self {
            summary,
            spans,
            lines,
        }
    }

    /// The trace's id.
    #[must_use]
    pub fn id(&self) -> TraceId {
        self.summary.id
    }

    /// What a list says of it.
    #[must_use]
    pub fn summary(&self) -> &TraceSummary {
        &self.summary
    }

    /// When the earliest of its spans began.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.summary.started_at
    }

    /// From when the earliest of its spans began to when the last ended, as far as they have come.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.summary.duration
    }

    /// All spans, in the order in which they began.
    #[must_use]
    pub fn spans(&self) -> &[TraceSpan] {
        &self.spans
    }

    /// All spans as a tree, from its top: each right below its parent, siblings in the order in which
    /// they began.
    ///
    /// A span below another process stands at the top.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|line| match line {
            Line::Span(index) => Row::Span(&self.spans[*index]),
            Line::Missing(id) => Row::Missing(*id),
        })
    }

    /// The span of this id.
    #[must_use]
    pub fn span(&self, id: SpanId) -> Option<&TraceSpan> {
        self.spans.iter().find(|span| span.span_id() == id)
    }

    /// The first span of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&TraceSpan> {
        self.spans.iter().find(|span| span.name() == name)
    }

    /// The span above, if it is here.
    #[must_use]
    pub fn parent_of(&self, span: &TraceSpan) -> Option<&TraceSpan> {
        self.spans.get(span.parent?)
    }

    /// The spans right below one, in the order in which they began.
    pub fn children_of(&self, span: &TraceSpan) -> impl Iterator<Item = &TraceSpan> {
        let id = self
            .spans
            .iter()
            .position(|own| Arc::ptr_eq(&own.record, &span.record));
        let all = self.spans.iter();
        all.filter(move |own| own.parent.is_some() && own.parent == id)
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }
}

impl TraceSpan {
    /// How many rows it is below of.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// When it began, by the clock of the system. All spans of a trace are told by one look at that
    /// clock, so the order and the distance of their beginnings are right.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// How long after the beginning of the trace it began.
    #[must_use]
    pub fn offset(&self) -> Duration {
        self.offset
    }

    /// The part of its duration in which no span right below it ran.
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.self_time
    }
}

impl Deref for TraceSpan {
    type Target = SpanRecord;

    fn deref(&self) -> &SpanRecord {
        &self.record
    }
}
