//! What cells keep that does not add up, and that all threads share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::exemplar::Exemplars;
use crate::exponential::Index;
use crate::metric::Kind;
use crate::values::ValueStore;

/// What one cell keeps that does not add up.
#[derive(Debug)]
pub(crate) enum Shared {
    /// Nothing: of counters and sums.
    Nothing,
    /// The newest value.
    LastValue(AtomicU64),
    Summary(SummaryPart),
    Distribution(DistributionPart),
}

#[derive(Debug)]
pub(crate) struct SummaryPart {
    /// Of `f64`s in an order-preserving coding; see [`ordered`].
    min: AtomicU64,
    max: AtomicU64,
    pub(crate) values: ValueStore,
}

#[derive(Debug, Default)]
pub(crate) struct DistributionPart {
    /// There once a reader that needs values has registered.
    pub(crate) values: OnceBox<Values>,
    pub(crate) exemplars: Exemplars,
}

/// The values of a distribution, since some moment.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) store: ValueStore,
    /// The mean of what was counted before.
    pub(crate) mean_before: Option<f64>,
    /// How many were counted before, as far as readers have seen.
    pub(crate) before: AtomicU64,
    /// The bucket that readers have said these are in.
    pub(crate) place_of_before: OnceLock<Index>,
}

impl Shared {
    /// Of a cell that has counted nothing.
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter | Kind::Sum => Self::Nothing,
            Kind::LastValue => Self::LastValue(AtomicU64::new(0)),
            Kind::Summary => Self::Summary(SummaryPart {
                min: AtomicU64::new(ordered(f64::INFINITY)),
                max: AtomicU64::new(ordered(f64::NEG_INFINITY)),
                values: ValueStore::default(),
            }),
            Kind::Distribution => Self::Distribution(DistributionPart::default()),
        }
    }
}

impl SummaryPart {
    /// Counts a number.
    #[inline]
    pub(super) fn record(&self, value: f64) {
        self.extend(value);
        self.values.record(value);
    }

    /// Counts it so many times.
    pub(super) fn record_many(&self, value: f64, count: u64) {
        self.extend(value);
        self.values.record_many(value, count);
    }

    #[inline(always)]
    fn extend(&self, value: f64) {
        let key = ordered(value);
        // Looked at first: a new extreme is rare, and a look costs nothing.
        if key < self.min.load(Ordering::Relaxed) {
            self.min.fetch_min(key, Ordering::Relaxed);
        }
        if key > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(key, Ordering::Relaxed);
        }
    }

    pub(crate) fn min(&self) -> f64 {
        from_ordered(self.min.load(Ordering::Relaxed))
    }

    pub(crate) fn max(&self) -> f64 {
        from_ordered(self.max.load(Ordering::Relaxed))
    }
}

/// A coding of `f64` in which integers order as the numbers do, so that `fetch_min` works.
#[inline]
fn ordered(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 0 {
        bits | (1 << 63)
    } else {
        !bits
    }
}

fn from_ordered(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 {
        key & !(1 << 63)
    } else {
        !key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_preserving_coding_preserves_order() {
        let numbers = [
            f64::NEG_INFINITY,
            -2.0,
            -1.0,
            -0.0,
            0.0,
            1e-300,
            1.0,
            f64::INFINITY,
        ];
        for pair in numbers.windows(2) {
            assert!(ordered(pair[0]) <= ordered(pair[1]), "{pair:?}");
            assert_eq!(from_ordered(ordered(pair[0])), pair[0]);
        }
    }
}
