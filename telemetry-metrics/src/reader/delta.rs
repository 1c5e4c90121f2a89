//! What a reader yields.

use std::sync::Arc;
use std::time::SystemTime;

use crate::amount::Amount;
use crate::definition::Definition;
use crate::exponential_buckets::ExponentialBuckets;
use crate::snapshot::{Exemplar, present};

/// Stands for a delta, or a part of it, until it is known to have been delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a mark that is not taken is part of the next delta"]
pub struct Mark {
    pub(super) scan: u64,
    pub(super) pending: usize,
    pub(super) part: Option<usize>,
    pub(super) count: u64,
}

impl Mark {
    /// Stands for only `count` of the numbers of a [`Part`].
    pub fn of(mut self, count: u64) -> Self {
        self.count = self.count.min(count);
        self
    }
}

/// What one series counted since it was last taken.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delta<'s> {
    /// What the numbers mean.
    pub definition: &'s Arc<Definition>,
    /// The tags' texts in the order of [`Definition::tags`]; empty where the tag is absent.
    pub tags: &'s [Box<str>],
    /// Whether this is where events beyond the limit of series are counted.
    pub is_overflow: bool,
    /// Which series of which definition: the same number in each scan, and never that of another.
    pub series: (u64, usize),
    /// Since when the series has been counted.
    pub started: SystemTime,
    /// The numbers.
    pub data: DeltaData,
    /// Stands for all of it.
    pub mark: Mark,
}

impl<'s> Delta<'s> {
    /// The tags that are there, with their keys.
    pub fn tags(&self) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
        present(self.definition, self.tags)
    }
}

/// The numbers of a [`Delta`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DeltaData {
    /// How many events; never zero.
    Counter(u64),
    /// What was added; never zero.
    Sum(Amount),
    /// The newest value. It was set since it was last taken, maybe to the same.
    LastValue(Amount),
    /// A summary's or distribution's numbers, for [`Needs::Values`](crate::Needs::Values); never empty.
    Values(Vec<Part>),
    /// A summary's or distribution's totals, for [`Needs::Totals`](crate::Needs::Totals).
    Totals {
        /// How many numbers; never zero.
        count: u64,
        /// Their total.
        sum: Amount,
        /// For a distribution, how many fell into each bucket; for a summary empty.
        buckets: Vec<u64>,
    },
    /// A summary's or distribution's numbers by buckets, for
    /// [`Needs::Buckets`](crate::Needs::Buckets) and
    /// [`Needs::Exponential`](crate::Needs::Exponential).
    Histogram(HistogramDelta),
}

/// The numbers of a [`Delta`] by buckets.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistogramDelta {
    /// How many numbers. Zero only while a number is being counted that is in `exponential` already.
    pub count: u64,
    /// Their total.
    pub sum: Amount,
    /// For a distribution, how many fell into each of its buckets; for a summary empty.
    pub buckets: Vec<u64>,
    /// By exponential buckets: of summaries always, of distributions for
    /// [`Needs::Exponential`](crate::Needs::Exponential).
    pub exponential: Option<ExponentialBuckets>,
    /// Examples of a distribution's numbers, at most one per bucket. Some may be older than the
    /// delta: look at their time.
    pub exemplars: Vec<Exemplar>,
}

/// Numbers so close together that one stands for all.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// Their mean, as stored (nanoseconds, bytes or ones).
    pub value: f64,
    /// How many there are.
    pub count: u64,
    /// Stands for all of them; [`Mark::of`] for some.
    pub mark: Mark,
}
