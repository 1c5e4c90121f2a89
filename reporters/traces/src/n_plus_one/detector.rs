//! [`Detector`]: the whole of it, but for where the ends of spans come from and where findings go.

use std::sync::{Mutex, MutexGuard, PoisonError};

use telemetry::TraceId;

use super::end::End;
use super::finding::Finding;
use super::group::Moment;
use super::shapes::Shapes;
use super::shard::{Settings, Shard};

/// A trace is in one of these, so that a span takes one lock, which others seldom want.
pub(super) const SHARDS: usize = 16;

pub(super) struct Detector {
    settings: Settings,
    shapes: Shapes,
    shards: [Mutex<Shard>; SHARDS],
}

/// What a detector was too small for; from [`NPlusOne::pressure`](crate::NPlusOne::pressure).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Pressure {
    /// What spans and counts take now, in bytes; statements that are remembered not included.
    pub bytes: usize,
    /// Spans whose counts were given up before they ended, to make room. What was too much by then was
    /// told of.
    pub evicted: u64,
    /// Queries, or counts of them, that were left out because their span had too many different ones
    /// already.
    pub left_out: u64,
}

impl Detector {
    /// `memory` is for statements that are known; that for counts is in the settings.
    pub(super) fn new(settings: Settings, memory: usize) -> Self {
        Self {
            settings,
            shapes: Shapes::new(memory),
            shards: Default::default(),
        }
    }

    /// Takes notice of the end of a span. What is found is to be told by the caller.
    pub(super) fn observe(&self, end: &End<'_>) -> Vec<Finding> {
        self.observe_in(end.context.trace_id(), end)
    }

    /// As if the span were of this trace.
    pub(super) fn observe_in(&self, trace: TraceId, end: &End<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        let shape = end.query.as_ref().map(|query| self.shapes.of(&query.asked));
        let shard = &self.shards[(trace.get() as usize) % SHARDS];
        lock(shard).ended(end, shape, &self.settings, &mut found);
        found
    }

    /// Looks for what has waited long enough, everywhere.
    pub(super) fn look_at_what_is_due(&self, now: Moment) -> Vec<Finding> {
        let mut found = Vec::new();
        for shard in &self.shards {
            lock(shard).look_at_what_is_due(now, usize::MAX, &self.settings, &mut found);
        }
        found
    }

    /// Tells of everything that is too much by now.
    pub(super) fn settle(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for shard in &self.shards {
            lock(shard).settle_all(&self.settings, &mut found);
        }
        found
    }

    pub(super) fn pressure(&self) -> Pressure {
        let mut pressure = Pressure::default();
        for shard in &self.shards {
            let shard = lock(shard);
            pressure.bytes += shard.bytes;
            pressure.evicted += shard.evicted;
            pressure.left_out += shard.left_out;
        }
        pressure
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
