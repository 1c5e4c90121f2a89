//! [`Shard`]: a part of the traces, behind one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use telemetry::{SpanInfo, TraceId};

use super::class::Class;
use super::entry::{Entry, SPAN, TRACE};
use super::record::SpanRecord;
use super::settings::Limits;
use super::stats::Counts;

const CLASSES: usize = Class::ALL.len();

/// No trace of a class is there.
const NOBODY: u64 = u64::MAX;

/// As many traces go at once, if there are so many times as many; and no more once so many spans go.
/// To find out which shard has the oldest costs as much as several of them, and what one thread
/// evicts is what it waits for.
const AT_ONCE: usize = 16;
const SPANS_AT_ONCE: usize = 64;

/// What had to go.
pub(super) type Evictees = [Option<Box<Entry>>; AT_ONCE];

#[derive(Debug, Default)]
// On lines of its own: another shard's lock beside it would make both write one line.
#[repr(align(128))]
pub(super) struct Shard {
    state: Mutex<State>,
    /// What those who look for something to evict go by, without the lock. Written under it.
    published: [Published; CLASSES],
}

#[derive(Debug)]
struct Published {
    oldest: AtomicU64,
    bytes: AtomicUsize,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            oldest: AtomicU64::new(NOBODY),
            bytes: AtomicUsize::new(0),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    traces: HashMap<TraceId, Box<Entry>, RandomState>,
    /// In the order in which they are listed.
    numbers: BTreeMap<u64, TraceId>,
    /// In the order in which they go.
    ages: [BTreeMap<u64, TraceId>; CLASSES],
    held: [Held; CLASSES],
    pub(super) counts: Counts,
    /// Nothing is taken in any more.
    is_closed: bool,
}

/// What the traces of a class are, together.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Held {
    pub(super) bytes: usize,
    pub(super) spans: usize,
    pub(super) traces: usize,
}

impl Held {
    fn add(&mut self, entry: &Entry) {
        self.bytes += entry.bytes;
        self.spans += entry.spans.len();
        self.traces += 1;
    }

    fn remove(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes;
        self.spans -= entry.spans.len();
        self.traces -= 1;
    }
}

/// What [`State::admit`] says of a span.
#[derive(Debug, Clone, Copy)]
pub(super) enum Admission {
    /// It needs so many bytes, and belongs to this class as far as is known.
    Needs(usize, Class),
    /// Its trace is full.
    LeftOut,
    Closed,
}

impl Shard {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells others what has changed; the lock must be held.
    pub(super) fn publish(&self, state: &State, class: Class) {
        let published = &self.published[class.index()];
        let oldest = state.ages[class.index()].first_key_value();
        let oldest = oldest.map_or(NOBODY, |(age, _)| *age);
        published.oldest.store(oldest, Ordering::Relaxed);
        let bytes = state.held[class.index()].bytes;
        published.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self, class: Class) -> usize {
        self.published[class.index()].bytes.load(Ordering::Relaxed)
    }

    pub(super) fn oldest(&self, class: Class) -> Option<u64> {
        let age = self.published[class.index()].oldest.load(Ordering::Relaxed);
        (age != NOBODY).then_some(age)
    }

    /// Takes out the traces that have been in a class for the longest time: of many, several.
    pub(super) fn evict(&self, class: Class) -> Evictees {
        let mut evictees: Evictees = [const { None }; AT_ONCE];
        let mut state = self.lock();
        let mut spans = 0;
        let most = (state.held[class.index()].traces / AT_ONCE).max(1);
        for place in evictees.iter_mut().take(most) {
            let oldest = state.ages[class.index()].first_key_value();
            let Some(id) = oldest.map(|(_, id)| *id) else {
                break;
            };
            let Some(entry) = state.remove(id) else { break };
            let evicted = &mut state.counts.evicted[class.index()];
            evicted.traces += 1;
            evicted.spans += entry.spans.len() as u64;
            spans += entry.spans.len();
            *place = Some(entry);
            if spans >= SPANS_AT_ONCE {
                break;
            }
        }
        self.publish(&state, class);
        evictees
    }

    /// Takes out everything.
    pub(super) fn clear(&self, close: bool) -> HashMap<TraceId, Box<Entry>, RandomState> {
        let mut state = self.lock();
        state.is_closed |= close;
        let traces = std::mem::take(&mut state.traces);
        state.numbers.clear();
        state.ages.iter_mut().for_each(BTreeMap::clear);
        state.held = Default::default();
        for class in Class::ALL {
            self.publish(&state, class);
        }
        traces
    }
}

impl State {
    /// What is to be done with a span.
    pub(super) fn admit(
        &mut self,
        record: &SpanRecord,
        is_slow: bool,
        limits: &Limits,
    ) -> Admission {
        if self.is_closed {
            return Admission::Closed;
        }
        let own = if record.outcome().is_failure() {
            Class::Failed
        } else if is_slow {
            Class::Slow
        } else {
            Class::InProgress
        };
        let Some(entry) = self.traces.get(&record.trace_id()) else {
            return Admission::Needs(TRACE + SPAN + record.bytes(), own);
        };
        if entry.has_room(record, limits) {
            Admission::Needs(SPAN + record.bytes(), own.max(entry.class))
        } else {
            Admission::LeftOut
        }
    }

    /// Takes a span in whose bytes are reserved; or, if there is no room in its trace, what it says of
    /// that. The answer is the class that the trace was in, and the one that it is in.
    pub(super) fn insert(
        &mut self,
        record: Arc<SpanRecord>,
        has_room: bool,
        (is_slow, is_whole): (bool, bool),
        span: &SpanInfo,
        clock: &AtomicU64,
    ) -> (Class, Class) {
        let id = record.trace_id();
        let entry = self.traces.entry(id).or_insert_with(|| {
            let number = clock.fetch_add(1, Ordering::Relaxed);
            let entry = Box::new(Entry::new(number, &record, span.started_at()));
            self.numbers.insert(number, id);
            self.ages[entry.class.index()].insert(entry.age, id);
            self.held[entry.class.index()].traces += 1;
            self.held[entry.class.index()].bytes += entry.bytes;
            self.counts.traces += 1;
            entry
        });
        let was = entry.class;
        self.held[was.index()].remove(entry);
        entry.hear(&record);
        if has_room {
            self.counts.spans += 1;
            entry.push(record);
        } else {
            self.counts.left_out += 1;
            entry.left_out += 1;
        }
        entry.class = entry.class(is_slow, is_whole);
        if entry.class != was {
            self.ages[was.index()].remove(&entry.age);
            entry.age = clock.fetch_add(1, Ordering::Relaxed);
            self.ages[entry.class.index()].insert(entry.age, id);
        }
        self.held[entry.class.index()].add(entry);
        (was, entry.class)
    }

    fn remove(&mut self, id: TraceId) -> Option<Box<Entry>> {
        let entry = self.traces.remove(&id)?;
        self.numbers.remove(&entry.number);
        self.ages[entry.class.index()].remove(&entry.age);
        self.held[entry.class.index()].remove(&entry);
        Some(entry)
    }

    pub(super) fn get(&self, id: TraceId) -> Option<&Entry> {
        self.traces.get(&id).map(|entry| &**entry)
    }

    /// Of the traces with a number in `from..to`, the latest first.
    pub(super) fn newest(&self, from: u64, to: u64) -> impl Iterator<Item = (TraceId, &Entry)> {
        let numbers = if from < to { from..to } else { to..to };
        let ids = self.numbers.range(numbers).rev();
        ids.filter_map(|(_, id)| Some((*id, self.get(*id)?)))
    }

    pub(super) fn held(&self, class: Class) -> Held {
        self.held[class.index()]
    }
}
