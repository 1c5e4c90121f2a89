//! [`Meter`]: how far a series has counted, to say what it adds from one sample to the next.

use std::time::SystemTime;

use super::merged::doubt;
use super::step::{Shape, Step};
use crate::snapshot::{Data, Series};

/// What an allocator needs for itself, per piece.
pub(super) const PIECE: usize = 16;

#[derive(Debug)]
pub(super) struct Meter {
    /// Since when the series has been counted; another time means that it has begun anew.
    started: SystemTime,
    /// Its numbers when it was last there, written as a step; and how many.
    last: Box<[u8]>,
    count: u64,
    pub(super) spread: Spread,
}

/// What is known of numbers beside their buckets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Where all of them lie, as far as this is known.
    pub(super) range: (f64, f64),
    /// By how much a difference of their totals may be off.
    pub(super) doubt: f64,
}

impl Spread {
    pub(super) const NONE: Self = Self {
        range: (f64::INFINITY, f64::NEG_INFINITY),
        doubt: 0.0,
    };

    /// Of the numbers of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            range: (
                self.range.0.min(other.range.0),
                self.range.1.max(other.range.1),
            ),
            doubt: self.doubt.max(other.doubt),
        }
    }
}

impl Meter {
    /// Of a series that has added nothing yet.
    pub(super) fn new(shape: Shape, series: &Series) -> Self {
        Self {
            started: series.started,
            last: written(&Step::nothing(shape)),
            count: 0,
            spread: Spread::NONE,
        }
    }

    /// Of a series that has counted up to now without anybody knowing; but a value is what it is,
    /// whenever it was set.
    pub(super) fn at(shape: Shape, series: &Series) -> Self {
        let mut meter = Self::new(shape, series);
        if !matches!(series.data, Data::LastValue(_)) {
            meter.advance(shape, series);
        }
        meter
    }

    /// Of something that is no series.
    pub(super) fn idle() -> Self {
        Self {
            started: SystemTime::UNIX_EPOCH,
            last: Box::default(),
            count: 0,
            spread: Spread::NONE,
        }
    }

    /// What was added since the last call; `None` if nothing was.
    pub(super) fn advance(&mut self, shape: Shape, series: &Series) -> Option<Step> {
        if self.started != series.started {
            self.started = series.started;
            self.last = written(&Step::nothing(shape));
            self.count = 0;
        }
        let count = match &series.data {
            Data::Summary(summary) => {
                let (min, max) = self.spread.range;
                self.spread.range = (min.min(summary.min), max.max(summary.max));
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
        let then = Step::read(shape, &mut &self.last[..]);
        if let (Step::Indices(now, _), Step::Indices(then, _)) = (&now, &then) {
            self.spread.doubt = self.spread.doubt.max(doubt(*now, *then));
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
    pub(super) fn leave(&mut self, shape: Shape) -> Option<Step> {
        let none = Step::Value(None);
        let is_value = matches!(Step::nothing(shape), Step::Value(_));
        let last = written(&none);
        if !is_value || self.last == last {
            return None;
        }
        self.last = last;
        Some(none)
    }

    /// How many bytes it takes beside itself.
    pub(super) fn bytes(&self) -> usize {
        self.last.len() + PIECE
    }
}

fn written(step: &Step) -> Box<[u8]> {
    let mut bytes = Vec::new();
    step.write(&mut bytes);
    bytes.into()
}
