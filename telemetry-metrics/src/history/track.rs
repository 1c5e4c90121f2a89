//! [`Track`]: one series, as far as it is remembered.

use std::mem::size_of;
use std::sync::Arc;
use std::time::SystemTime;

use super::key::Key;
use super::merged::doubt;
use super::step::{Shape, Step};
use super::trail::Trail;
use crate::definition::Definition;
use crate::snapshot::{Data, Series};

/// What an allocator needs for itself, per piece.
const PIECE: usize = 16;

#[derive(Debug)]
pub(super) struct Track {
    pub(super) key: Key,
    pub(super) definition: Arc<Definition>,
    pub(super) shape: Shape,
    /// Since when the series has been counted; another time means that it has begun anew.
    started: SystemTime,
    /// The end of the first step in which it was there.
    pub(super) met: u64,
    /// When it was last there.
    pub(super) seen: u64,
    /// Its numbers when it was last there, written as a step; and how many.
    last: Box<[u8]>,
    count: u64,
    pub(super) trail: Trail,
    /// Where all its numbers lie, as far as this is known.
    pub(super) range: (f64, f64),
    /// By how much a difference of its totals may be off.
    pub(super) doubt: f64,
}

impl Track {
    /// Begins with what the series has counted up to now, or with nothing.
    pub(super) fn new(
        key: Key,
        definition: &Arc<Definition>,
        series: &Series,
        tick: u64,
        counted_before: bool,
    ) -> Self {
        let shape = Shape::of(definition);
        let mut track = Self {
            key,
            definition: definition.clone(),
            shape,
            started: series.started,
            met: tick,
            seen: tick,
            last: written(&Step::nothing(shape)),
            count: 0,
            trail: Trail::default(),
            range: (f64::INFINITY, f64::NEG_INFINITY),
            doubt: 0.0,
        };
        // A value is what it is, whenever it was set.
        if counted_before && !matches!(series.data, Data::LastValue(_)) {
            track.advance(definition, series, tick);
        }
        track
    }

    /// What was counted since the last call; `None` if nothing was.
    pub(super) fn advance(
        &mut self,
        definition: &Arc<Definition>,
        series: &Series,
        tick: u64,
    ) -> Option<Step> {
        self.seen = tick;
        // One that was described later, say.
        if !Arc::ptr_eq(&self.definition, definition) {
            self.definition = definition.clone();
        }
        if self.started != series.started {
            self.started = series.started;
            self.last = written(&Step::nothing(self.shape));
            self.count = 0;
        }
        let count = match &series.data {
            Data::Summary(summary) => {
                let (min, max) = self.range;
                self.range = (min.min(summary.min), max.max(summary.max));
                summary.count
            }
            Data::Distribution(distribution) => distribution.count,
            Data::Counter(count) => *count,
            Data::Sum(_) | Data::LastValue(_) => u64::MAX,
        };
        // Without looking at its buckets.
        if count == self.count {
            return None;
        }
        let now = Step::total(&series.data);
        let then = Step::read(self.shape, &mut &self.last[..]);
        if let (Step::Indices(now, _), Step::Indices(then, _)) = (&now, &then) {
            self.doubt = self.doubt.max(doubt(*now, *then));
        }
        if now == then {
            return None;
        }
        self.last = written(&now);
        self.count = if count == u64::MAX { 0 } else { count };
        let step = now.since(&then);
        (!step.is_nothing()).then_some(step)
    }

    /// The series is not there any more; `None` if that needs no saying.
    pub(super) fn leave(&mut self) -> Option<Step> {
        let none = Step::Value(None);
        let is_value = matches!(Step::nothing(self.shape), Step::Value(_));
        let last = written(&none);
        if !is_value || self.last == last {
            return None;
        }
        self.last = last;
        Some(none)
    }

    /// The steps that end after one tick and up to another.
    pub(super) fn steps(&self, after: u64, to: u64) -> impl Iterator<Item = (u64, Step)> {
        let steps = self.trail.steps(self.shape);
        let later = steps.skip_while(move |(end, _)| *end <= after);
        later.take_while(move |(end, _)| *end <= to)
    }

    /// How many bytes it takes, with its entries in two tables that may be half empty.
    pub(super) fn bytes(&self) -> usize {
        let tags = self.key.tags.iter().map(|tag| tag.len() + 2 * PIECE);
        let tables = 2 * size_of::<(u64, Box<Self>)>() + 3 * size_of::<(Key, u64)>();
        let own = size_of::<Self>() + self.last.len() + self.trail.bytes() + 3 * PIECE;
        tables + own + tags.sum::<usize>()
    }
}

fn written(step: &Step) -> Box<[u8]> {
    let mut bytes = Vec::new();
    step.write(&mut bytes);
    bytes.into()
}
