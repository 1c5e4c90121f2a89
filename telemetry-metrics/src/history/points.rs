//! Charts: one number of each slot.

use std::time::{Duration, SystemTime};

use super::range::Tick;
use super::slots::Slots;
use super::stats::Stats;
use crate::amount::Amount;
use crate::metric::Kind;

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
/// It is one number of each of the [`Slots`].
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

impl Points {
    pub(super) fn of(slots: &Slots, show: Show) -> Self {
        let values = slots.stats.iter();
        let values = values.map(|stats| stats.as_ref().and_then(|stats| show.of(stats)));
        Self {
            start: slots.start,
            begin: slots.begin,
            end: slots.end,
            step: slots.step,
            values: values.collect(),
        }
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
