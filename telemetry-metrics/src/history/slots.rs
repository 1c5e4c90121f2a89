//! [`Slots`]: what series counted in slots of equal length.

use std::time::{Duration, SystemTime};

use super::asked::{Asked, Piece, time_of};
use super::range::Tick;
use super::stats::Stats;
use super::step::Step;
use crate::metric::Kind;

/// More slots than this are made longer ones.
const MOST_SLOTS: u64 = 5_000;

/// What was counted, in slots of equal length; made by [`History::slots`](super::History::slots).
///
/// There are only whole slots, and what is in one does not change any more. To go on, ask for
/// [`Range::since`](super::Range::since) `end`, with the same `step`: recent steps are finer, and slots
/// would be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Slots {
    /// When the first slot begins, by the wall clock as it is now: if that is set, times of the past
    /// move with it.
    pub start: SystemTime,
    /// Where the first slot begins.
    pub begin: Tick,
    /// Where the last slot ends.
    pub end: Tick,
    /// How long each is: at least as long as asked for, longer where the history is coarser than
    /// that, or if there were thousands.
    pub step: Duration,
    /// One per slot. `None` where the series was not there, or the process was suspended.
    pub stats: Vec<Option<Stats>>,
}

/// Where slots lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    first: u64,
    count: u64,
    /// How many ticks are in one.
    slot: u64,
}

impl Grid {
    /// For the steps after one tick and up to another, of which the coarsest is a group of so many
    /// ticks; of a past that begins at `begin`.
    pub(super) fn new(after: u64, to: u64, begin: u64, wanted: u64, coarsest: u64) -> Self {
        let wanted = wanted.max((to - after).div_ceil(MOST_SLOTS)).max(1);
        let slot = wanted.div_ceil(coarsest).saturating_mul(coarsest);
        let first = (after / slot).max(begin.div_ceil(slot));
        let count = (to / slot).saturating_sub(first);
        Self { first, count, slot }
    }

    pub(super) fn begin(self) -> u64 {
        self.first * self.slot
    }

    pub(super) fn end(self) -> u64 {
        (self.first + self.count) * self.slot
    }

    fn len(self) -> usize {
        usize::try_from(self.count).unwrap_or(0)
    }

    /// In which slot a step that ends here lies.
    fn at(self, end: u64) -> usize {
        let slot = end.saturating_sub(1) / self.slot;
        let at = slot.checked_sub(self.first);
        at.and_then(|at| usize::try_from(at).ok())
            .unwrap_or(usize::MAX)
    }

    fn end_of(self, at: usize) -> u64 {
        (self.first + at as u64 + 1) * self.slot
    }

    /// In which slots a series was there.
    fn there(self, piece: &Piece) -> std::ops::Range<usize> {
        let within = |slot: u64| {
            let at = slot.saturating_sub(self.first).min(self.count);
            usize::try_from(at).unwrap_or(0)
        };
        let begin = within(piece.met.div_ceil(self.slot).saturating_sub(1));
        begin..within(piece.gone.div_ceil(self.slot)).max(begin)
    }
}

impl Asked {
    pub(super) fn slots(&self, grid: Grid) -> Slots {
        let mut slots = vec![Stats::of(self.definition()); grid.len()];
        let mut is_sampled = vec![false; slots.len()];
        for step in &self.steps {
            let at = grid.at(step.end);
            if let (Some(slot), Some(is_sampled)) = (slots.get_mut(at), is_sampled.get_mut(at)) {
                *is_sampled = true;
                slot.covered += time_of(self.interval, step.end - step.start);
            }
        }
        // By how many more series are there than in the slot before.
        let mut more = vec![0i64; slots.len() + 1];
        for piece in &self.pieces {
            let there = grid.there(piece);
            more[there.start] += 1;
            more[there.end] -= 1;
            if piece.shape.kind == Kind::LastValue {
                // It holds until the next one, so each slot has one.
                let mut values = piece.trail.from(piece.shape, self.after).peekable();
                let mut value = Step::Value(None);
                for (at, slot) in slots.iter_mut().enumerate() {
                    while let Some((_, next)) = values.next_if(|(end, _)| *end <= grid.end_of(at)) {
                        value = next;
                    }
                    slot.add(&value, piece.spread);
                }
                continue;
            }
            for (end, step) in piece.steps(self.after, self.to) {
                if let Some(slot) = slots.get_mut(grid.at(end)) {
                    slot.add(&step, piece.spread);
                }
            }
        }
        let mut there = 0;
        let stats = slots.into_iter().zip(is_sampled).zip(more);
        let stats = stats.map(|((mut slot, is_sampled), more)| {
            there += more;
            slot.settle();
            (is_sampled && there > 0).then_some(slot)
        });
        let start = time_of(self.interval, grid.begin());
        Slots {
            start: self.zero.checked_add(start).unwrap_or(self.zero),
            begin: Tick(grid.begin()),
            end: Tick(grid.end()),
            step: time_of(self.interval, grid.slot),
            stats: stats.collect(),
        }
    }
}
