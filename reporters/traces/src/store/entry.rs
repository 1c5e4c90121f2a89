//! [`Entry`]: one trace, as far as it has come.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry::{SpanId, TraceId};

use super::account;
use super::class::Class;
use super::record::SpanRecord;
use super::settings::Limits;

/// What a trace takes besides its spans: itself, its place in the table and its places in the two orders,
/// whose nodes have room to spare, and a first piece of its lists. The table is as large as it ever had
/// to be, which is a few hundredths of the memory at most.
pub(super) const TRACE: usize = account::allocation(size_of::<Entry>()) + 64 + 2 * 48 + 32;

/// What a span takes besides its record: its places in the lists, which may be half empty.
pub(super) const SPAN: usize = 2 * (size_of::<Arc<SpanRecord>>() + size_of::<SpanId>());

/// What each parent that is awaited, and each link, may take.
const AWAITED: usize = 64;
const LINKS: usize = 8;

/// By how many eighths of the limits a trace may exceed them.
const BEYOND: usize = 1;

#[derive(Debug)]
pub(super) struct Entry {
    /// By which traces are listed: when its first span came.
    pub(super) number: u64,
    /// By which traces of its class go: when it joined that.
    pub(super) age: u64,
    pub(super) class: Class,
    /// What it takes, with all that belongs to it.
    pub(super) bytes: usize,
    pub(super) spans: Vec<Arc<SpanRecord>>,
    /// Those of `spans`, close together, because they are looked through for each new parent.
    ids: Vec<SpanId>,
    /// Parents of the spans that have not come, and are of this process.
    awaited: Vec<SpanId>,
    pub(super) links: Vec<TraceId>,
    /// The topmost span so far.
    pub(super) root: Arc<SpanRecord>,
    pub(super) began: Duration,
    pub(super) ended: Duration,
    /// What the clock of the system showed when the process began, as the trace's first span has it. By
    /// this one alone, so that no span seems to begin before the one above it.
    zero: SystemTime,
    pub(super) failures: u64,
    pub(super) left_out: u64,
}

impl Entry {
    pub(super) fn new(number: u64, first: &Arc<SpanRecord>, started_at: SystemTime) -> Self {
        let zero = started_at.checked_sub(first.began());
        Self {
            number,
            age: number,
            class: Class::InProgress,
            bytes: TRACE,
            spans: Vec::with_capacity(4),
            ids: Vec::with_capacity(4),
            awaited: Vec::new(),
            links: Vec::new(),
            root: first.clone(),
            began: first.began(),
            ended: first.ended(),
            zero: zero.unwrap_or(SystemTime::UNIX_EPOCH),
            failures: 0,
            left_out: 0,
        }
    }

    /// Whether the trace has room for a span.
    ///
    /// A root, and a parent of spans that are here, may go a little beyond the limits: they come after
    /// all that is below them, and what was kept would be worth little without them.
    pub(super) fn has_room(&self, record: &SpanRecord, limits: &Limits) -> bool {
        let is_above = record.local_parent().is_none() || self.awaited.contains(&record.span_id());
        let beyond = if is_above { BEYOND } else { 0 };
        let bytes = self.bytes.saturating_add(record.bytes() + SPAN);
        self.spans.len() < limits.spans + (limits.spans / 8 + 1) * beyond
            && bytes <= limits.trace + limits.trace / 8 * beyond
    }

    /// Takes a span in, for which there is room.
    pub(super) fn push(&mut self, record: Arc<SpanRecord>) {
        self.bytes += record.bytes() + SPAN;
        let id = record.span_id();
        if let Some(at) = self.awaited.iter().position(|awaited| *awaited == id) {
            self.awaited.swap_remove(at);
        }
        self.ids.push(id);
        if let Some(parent) = record.local_parent() {
            let is_known = self.awaited.contains(&parent) || self.ids.contains(&parent);
            if !is_known && self.awaited.len() < AWAITED {
                self.awaited.push(parent);
            }
        }
        if let Some(link) = record.link() {
            let link = link.trace_id();
            if self.links.len() < LINKS && !self.links.contains(&link) {
                self.links.push(link);
            }
        }
        if rank(&record) < rank(&self.root) {
            self.root = record.clone();
        }
        self.spans.push(record);
    }

    /// What a span says of the whole trace, also if there is no room for it.
    pub(super) fn hear(&mut self, record: &SpanRecord) {
        self.began = self.began.min(record.began());
        self.ended = self.ended.max(record.ended());
        self.failures += u64::from(record.outcome().is_failure());
    }

    /// What the trace is now; it may have been more before.
    pub(super) fn class(&self, is_slow: bool, is_whole: bool) -> Class {
        let now = if self.failures > 0 {
            Class::Failed
        } else if is_slow {
            Class::Slow
        } else if is_whole || self.awaited.is_empty() {
            Class::Ordinary
        } else {
            Class::InProgress
        };
        now.max(self.class)
    }

    pub(super) fn is_awaiting(&self) -> bool {
        !self.awaited.is_empty()
    }

    pub(super) fn started_at(&self) -> SystemTime {
        let started_at = self.zero.checked_add(self.began);
        started_at.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    pub(super) fn duration(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}

/// The span that a trace is called by: best one that nothing is above of, then one below another
/// process, then any; the earliest of them.
fn rank(record: &SpanRecord) -> (u8, Duration) {
    let above = match record.parent() {
        None => 0,
        Some(parent) if parent.is_remote() => 1,
        Some(_) => 2,
    };
    (above, record.began())
}
