//! [`Keeper`]: takes spans in, on the thread that ends them, and gives traces out.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use telemetry::{Event, SpanInfo, TraceId, TraceShare};

use super::bell::Bell;
use super::budget::Budget;
use super::class::Class;
use super::query::{Cursor, Query, TraceSummary};
use super::record::SpanRecord;
use super::settings::{Limits, Slow};
use super::shard::{Admission, Shard};
use super::stats::TracesStats;
use super::trace::Trace;

/// So many locks; spans of one trace share one.
const SHARDS: usize = 16;

/// A reader looks at so many traces before it lets go of a lock for a moment.
const AT_ONCE: usize = 128;

#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) shards: [Shard; SHARDS],
    /// Of our own, so that nobody who chooses trace ids chooses shards.
    hasher: RandomState,
    pub(super) budget: Budget,
    /// The next number and the next age.
    clock: AtomicU64,
    pub(super) bell: Bell,
    pub(super) settings: Settings,
}

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) sample: TraceShare,
    pub(super) unsampled: bool,
    pub(super) slow: Slow,
    /// Only some spans are seen, so that a parent that has not come may never come.
    pub(super) is_filtered: bool,
}

impl Keeper {
    pub(super) fn new(budget: Budget, settings: Settings) -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::default(),
            budget,
            clock: AtomicU64::new(1),
            bell: Bell::default(),
            settings,
        }
    }

    /// Runs on the thread that ends the span.
    #[inline]
    pub(super) fn take(&self, event: &Event<'_>) {
        let Some(span) = event.span() else { return };
        let context = span.context();
        let Settings {
            sample, unsampled, ..
        } = self.settings;
        if !(context.is_sampled() || unsampled) || !sample.takes(context.trace_id()) {
            return;
        }
        let record = SpanRecord::of(event, span, &self.settings.limits);
        self.keep(Arc::new(record), span);
    }

    fn keep(&self, record: Arc<SpanRecord>, span: &SpanInfo) {
        let Settings { limits, slow, .. } = &self.settings;
        // A response that is streamed takes as long as its reader likes.
        let is_slow =
            slow.is_slow(record.name(), record.duration()) && !record.metadata_is("streamed", true);
        let told = (is_slow, self.settings.is_filtered);
        let shard = self.shard(record.trace_id());
        loop {
            let mut state = shard.lock();
            let has_room = match state.admit(&record, is_slow, limits) {
                Admission::Closed => return,
                Admission::LeftOut => false,
                Admission::Needs(bytes, _) if self.budget.reserve(bytes) => true,
                Admission::Needs(bytes, class) => {
                    // Never two locks at once.
                    drop(state);
                    if self.budget.evict(&self.shards, bytes, class) {
                        continue;
                    }
                    shard.lock().counts.no_room += 1;
                    return;
                }
            };
            let (was, class) = state.insert(record, has_room, told, span, &self.clock);
            shard.publish(&state, was);
            if class != was {
                shard.publish(&state, class);
            }
            drop(state);
            return self.bell.ring();
        }
    }

    fn shard(&self, id: TraceId) -> &Shard {
        &self.shards[self.hasher.hash_one(id) as usize % SHARDS]
    }

    pub(super) fn get(&self, id: TraceId) -> Option<Trace> {
        let state = self.shard(id).lock();
        let entry = state.get(id)?;
        let summary = TraceSummary::of(id, entry);
        let spans = entry.spans.clone();
        drop(state);
        Some(Trace::new(summary, spans))
    }

    pub(super) fn list(&self, query: &Query) -> Vec<TraceSummary> {
        let mut found = Vec::new();
        // Nothing that came since: of two new traces one could be seen, and an earlier one not, in a
        // shard that was looked at before; who then asks for what came after never would see it. A
        // number is taken under the lock of its shard, so all before this one are there.
        let now = self.clock.load(Ordering::Relaxed);
        for shard in &self.shards {
            let (from, to) = query.numbers();
            let mut to = to.min(now);
            let mut own = 0;
            loop {
                let state = shard.lock();
                let mut seen = 0;
                for (id, entry) in state.newest(from, to).take(AT_ONCE) {
                    (seen, to) = (seen + 1, entry.number);
                    if own < query.most() && query.wants(entry) {
                        own += 1;
                        found.push(TraceSummary::of(id, entry));
                    }
                }
                drop(state);
                if seen < AT_ONCE || own >= query.most() {
                    break;
                }
            }
        }
        found.sort_unstable_by_key(|summary| std::cmp::Reverse(summary.cursor()));
        found.truncate(query.most());
        found
    }

    /// The place of the latest that is there.
    pub(super) fn now(&self) -> Cursor {
        Cursor(self.clock.load(Ordering::Relaxed) - 1)
    }

    pub(super) fn stats(&self) -> TracesStats {
        let mut stats = TracesStats {
            memory: self.budget.most(),
            bytes: self.budget.used(),
            ..TracesStats::default()
        };
        for shard in &self.shards {
            let state = shard.lock();
            stats.traces_taken += state.counts.traces;
            stats.spans_taken += state.counts.spans;
            stats.spans_left_out += state.counts.left_out;
            stats.spans_dropped += state.counts.no_room;
            for class in Class::ALL {
                let (all, own) = (&mut stats.holds[class.index()], state.held(class));
                all.class = class;
                all.traces += own.traces;
                all.spans += own.spans;
                all.bytes += own.bytes;
                let evicted = state.counts.evicted[class.index()];
                all.evicted.traces += evicted.traces;
                all.evicted.spans += evicted.spans;
            }
        }
        stats
    }

    /// Lets all traces go; `close`: and takes none in any more.
    pub(super) fn clear(&self, close: bool) {
        for shard in &self.shards {
            let traces = shard.clear(close);
            let bytes = traces.values().map(|entry| entry.bytes).sum();
            drop(traces);
            self.budget.release(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use telemetry::{AttachOptions, attach_with, span};

    use super::*;

    #[test]
    fn a_call_that_runs_while_the_store_is_dropped_leaves_nothing_behind() {
        let settings = Settings {
            limits: Limits {
                text: 100,
                spans: 100,
                trace: 100_000,
            },
            unsampled: false,
            sample: TraceShare::new(1.0),
            slow: Slow {
                limit: Duration::MAX,
                others: Vec::new(),
            },
            is_filtered: false,
        };
        let keeper = Arc::new(Keeper::new(Budget::new(1_000_000, 0.5), settings));
        let handler = keeper.clone();
        let options = AttachOptions::new().spans_only(true);
        let take = move |event: &Event<'_>| handler.take(event);
        let _guard = attach_with("keeper", ["keeper.*"], options, take)
            .unwrap()
            .guard();
        span!("keeper.before").finish();
        assert_eq!(keeper.stats().traces(), 1);
        keeper.clear(false);
        span!("keeper.between").finish();
        assert_eq!(keeper.stats().traces(), 1);
        keeper.clear(true);
        span!("keeper.after").finish();
        assert_eq!((keeper.stats().traces(), keeper.stats().bytes), (0, 0));
    }
}
