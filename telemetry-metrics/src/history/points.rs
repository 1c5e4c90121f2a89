//! Charts: what series counted in slots of equal length.

use std::time::{Duration, SystemTime};

use super::query::SeriesId;
use super::range::{Range, Tick};
use super::stats::Stats;
use super::step::Step;
use super::store::Store;
use crate::amount::Amount;
use crate::metric::Kind;

/// More slots than this are made longer ones.
const MOST_SLOTS: u64 = 5_000;

/// Which number of each slot a chart shows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Show {
    /// [`Stats::count`].
    Count,
    /// [`Stats::rate`].
    Rate,
    /// [`Stats::sum`], as stored.
    Sum,
    /// [`Stats::mean`].
    Mean,
    /// [`Stats::value`], as stored.
    Value,
    /// [`Stats::quantile`] of this share.
    Quantile(f64),
}

/// Numbers at equal distances; made by [`History::points`](super::History::points).
///
/// There are only whole slots, and what is in one does not change any more. To go on, ask for
/// [`Range::since`] `end`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Points {
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
    /// One per slot. `None` where the series was not there, or the process was suspended, or the
    /// number does not exist (the mean of nothing).
    pub values: Vec<Option<f64>>,
}

/// What is in one slot.
struct Slot {
    is_sampled: bool,
    stats: Stats,
}

impl Store {
    pub(super) fn points(
        &self,
        ids: &[SeriesId],
        show: Show,
        range: Range,
        step: Duration,
    ) -> Points {
        let (after, to) = self.resolve(range);
        let slot = self.slot(after, to, step);
        let first = (after / slot).max(self.axis.begin.div_ceil(slot));
        let count = (to / slot).saturating_sub(first);
        let mut slots: Vec<Slot> = Vec::new();
        slots.resize_with(usize::try_from(count).unwrap_or(0), || Slot {
            is_sampled: false,
            stats: Stats::new(),
        });
        let (begin, end) = (first * slot, (first + count) * slot);
        let at = |tick: u64| usize::try_from((tick - 1) / slot - first).unwrap_or(usize::MAX);
        for (step, _) in self.axis.steps(begin, end) {
            if let Some(slot) = slots.get_mut(at(step.end)) {
                slot.is_sampled = true;
                slot.stats.covered += self.time_of(step.end - step.start);
            }
        }
        let mut there = vec![false; slots.len()];
        for track in self.of_one_definition(ids) {
            for (n, (slot_of, there)) in (first..).zip(slots.iter_mut().zip(&mut there)) {
                *there |= track.met <= (n + 1) * slot && self.gone(track) > n * slot;
                slot_of.stats.begin(track);
            }
            if track.shape.kind == Kind::LastValue {
                // It holds until the next one, so each slot has one.
                let mut values = track.trail.steps(track.shape).peekable();
                let mut value = Step::Value(None);
                for (n, slot_of) in (first..).zip(&mut slots) {
                    while let Some((_, next)) = values.next_if(|(end, _)| *end <= (n + 1) * slot) {
                        value = next;
                    }
                    slot_of.stats.add(&value);
                }
                continue;
            }
            for (end, step) in track.steps(begin, end) {
                if let Some(slot) = slots.get_mut(at(end)) {
                    slot.stats.add(&step);
                }
            }
        }
        let values = slots.iter().zip(there).map(|(slot, there)| {
            let shows = slot.is_sampled && there;
            shows.then(|| show.of(&slot.stats)).flatten()
        });
        Points {
            start: self
                .zero
                .checked_add(self.time_of(begin))
                .unwrap_or(self.zero),
            begin: Tick(begin),
            end: Tick(end),
            step: self.time_of(slot),
            values: values.collect(),
        }
    }

    /// How many ticks a slot takes: a multiple of the longest step in the range.
    fn slot(&self, after: u64, to: u64, step: Duration) -> u64 {
        let wanted = step.as_nanos().div_ceil(self.interval.as_nanos().max(1));
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let wanted = wanted.max((to - after).div_ceil(MOST_SLOTS));
        let coarsest = self.axis.steps(after, to).map(|(_, edge)| edge.group).max();
        let coarsest = coarsest.unwrap_or(1);
        wanted.max(1).div_ceil(coarsest).saturating_mul(coarsest)
    }
}

impl Show {
    /// Zero is worth showing where something might have been counted.
    fn of(self, stats: &Stats) -> Option<f64> {
        let kind = stats.kind()?;
        let counts = !matches!(kind, Kind::Sum | Kind::LastValue);
        let adds = !matches!(kind, Kind::Counter | Kind::LastValue);
        match self {
            Self::Count => counts.then_some(stats.count() as f64),
            Self::Rate => stats.rate(),
            Self::Sum => adds.then(|| stats.sum().map_or(0.0, Amount::as_f64)),
            Self::Mean => stats.mean(),
            Self::Value => stats.value().map(Amount::as_f64),
            Self::Quantile(q) => stats.quantile(q),
        }
    }
}
