//! [`Query`] and [`TraceSummary`]: which traces there are.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry::{TraceId, Value};

use super::class::Class;
use super::entry::Entry;
use super::record::SpanRecord;

/// A place in the list of traces; from [`TraceSummary::cursor`] and [`Traces::now`](super::Traces::now).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub(super) u64);

impl Cursor {
    /// A number to put into an address; only of use to the store it comes from.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The place of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// Which traces to list: those for which all that is asked for is true. By default the latest 100.
///
/// ```
/// # use std::time::Duration;
/// use telemetry_traces::Query;
///
/// let slow_carts = Query::new().root("shop.request").route("/cart").min_duration(Duration::from_secs(1));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is asked"]
pub struct Query {
    root: Option<String>,
    route: Option<String>,
    min_duration: Duration,
    class: Option<Class>,
    kept: bool,
    linked_to: Option<TraceId>,
    limit: usize,
    before: Option<Cursor>,
    after: Option<Cursor>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            root: None,
            route: None,
            min_duration: Duration::ZERO,
            class: None,
            kept: false,
            linked_to: None,
            limit: 100,
            before: None,
            after: None,
        }
    }
}

impl Query {
    /// All traces, of which the latest 100 are listed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those whose [root](TraceSummary::root) has this name, or one below it: `shop` is for
    /// `shop.request`, and not for `shopping`.
    pub fn root(mut self, prefix: impl Into<String>) -> Self {
        self.root = Some(prefix.into());
        self
    }

    /// Those whose root has this text in its metadata `route`, `/cart` in `/cart/{id}`.
    pub fn route(mut self, part: impl Into<String>) -> Self {
        self.route = Some(part.into());
        self
    }

    /// Those that took at least so long.
    pub fn min_duration(mut self, duration: Duration) -> Self {
        self.min_duration = duration;
        self
    }

    /// Those of this class.
    pub fn class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Those in which a span failed.
    pub fn failed(self) -> Self {
        self.class(Class::Failed)
    }

    /// Those that are slow or failed.
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// Those that have a [link](SpanRecord::link) to a span of this trace: the jobs that it left, for
    /// example.
    pub fn linked_to(mut self, trace: TraceId) -> Self {
        self.linked_to = Some(trace);
        self
    }

    /// At most so many, the latest; 100 by default.
    pub fn limit(mut self, traces: usize) -> Self {
        self.limit = traces;
        self
    }

    /// Those that are older than this one: the next page.
    pub fn before(mut self, cursor: Cursor) -> Self {
        self.before = Some(cursor);
        self
    }

    /// Those that came after this one.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(super) fn most(&self) -> usize {
        self.limit
    }

    /// From the one, and up to the other.
    pub(super) fn numbers(&self) -> (u64, u64) {
        let from = self.after.map_or(0, |after| after.0.saturating_add(1));
        (from, self.before.map_or(u64::MAX, |before| before.0))
    }

    pub(super) fn wants(&self, entry: &Entry) -> bool {
        entry.duration() >= self.min_duration
            && self.class.is_none_or(|class| class == entry.class)
            && (!self.kept || entry.class.is_kept())
            && self.linked_to.is_none_or(|id| entry.links.contains(&id))
            && self
                .root
                .as_deref()
                .is_none_or(|prefix| is_within(entry.root.name(), prefix))
            && self
                .route
                .as_deref()
                .is_none_or(|part| has_route(&entry.root, part))
    }
}

fn is_within(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

fn has_route(root: &SpanRecord, part: &str) -> bool {
    let route = root.metadata("route").and_then(Value::as_str);
    route.is_some_and(|route| route.contains(part))
}

/// A trace in a list; from [`Traces::list`](super::Traces::list). It is as it was when it was listed.
#[derive(Debug, Clone)]
pub struct TraceSummary {
    pub(super) id: TraceId,
    pub(super) number: u64,
    pub(super) class: Class,
    pub(super) root: Arc<SpanRecord>,
    pub(super) started_at: SystemTime,
    pub(super) began: Duration,
    pub(super) duration: Duration,
    pub(super) spans: usize,
    pub(super) failures: u64,
    pub(super) left_out: u64,
    pub(super) is_awaiting: bool,
}

impl TraceSummary {
    pub(super) fn of(id: TraceId, entry: &Entry) -> Self {
        Self {
            id,
            number: entry.number,
            class: entry.class,
            root: entry.root.clone(),
            started_at: entry.started_at(),
            began: entry.began,
            duration: entry.duration(),
            spans: entry.spans.len(),
            failures: entry.failures,
            left_out: entry.left_out,
            is_awaiting: entry.is_awaiting(),
        }
    }

    /// The trace's id.
    #[must_use]
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// Its place in the list.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor(self.number)
    }

    /// What it is kept as.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// The span by which the trace is called: the one that nothing is above of, or the earliest below
    /// another process; while neither has ended, the earliest of those that have.
    #[must_use]
    pub fn root(&self) -> &SpanRecord {
        &self.root
    }

    /// The root's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.root.name()
    }

    /// When the earliest of its spans began.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// From when the earliest of its spans began to when the last ended, as far as they have come.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// How many of its spans are kept.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.spans
    }

    /// How many there was no room for.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many of its spans ended by an error or a panic, those left out included.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Whether a span that others are below of has not come. Mostly it still runs; but it may have
    /// begun before the store was started, have been left out, or not be [among
    /// those](super::TracesBuilder::only) that are taken.
    #[must_use]
    pub fn is_in_progress(&self) -> bool {
        self.is_awaiting
    }
}
