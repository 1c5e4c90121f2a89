//! Cells: where numbers live. Emitters write them with atomics; readers only read.
//!
//! Everything is relaxed unless a comment says otherwise: a cell is a number, not a message, and a
//! reading of several cells is a point in time *per cell*.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::amount::Amount;
use crate::exponential::ValueStore;
use crate::metric::Kind;
use crate::skip::Skip;
use crate::unit::Dimension;

/// The cells of one metric in one row.
#[derive(Debug)]
pub(crate) enum Cell {
    Counter(AtomicU64),
    Sum(SumCell),
    LastValue(LastCell),
    Summary(Box<SummaryCell>),
    Distribution(Box<DistributionCell>),
}

#[derive(Debug)]
pub(crate) struct SumCell {
    /// How often it was added to; tells a sum of zero from none.
    pub(crate) updates: AtomicU64,
    pub(crate) total: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct LastCell {
    /// How often it was set, so that a reader sees a value set again.
    pub(crate) sets: AtomicU64,
    pub(crate) value: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct SummaryCell {
    pub(crate) sum: AtomicU64,
    /// Of `f64`s in an order-preserving coding; see [`ordered`].
    min: AtomicU64,
    max: AtomicU64,
    pub(crate) values: ValueStore,
}

#[derive(Debug)]
pub(crate) struct DistributionCell {
    dimension: Dimension,
    sum: AtomicU64,
    /// One more than there are bounds; the count is their total, so that it always agrees.
    buckets: Box<[AtomicU64]>,
    /// There once a reader that needs values has registered.
    pub(crate) values: OnceBox<Values>,
}

/// The values of a distribution, since some moment.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) store: ValueStore,
    /// The mean of what was counted before.
    pub(crate) mean_before: Option<f64>,
}

impl Cell {
    pub(crate) fn new(kind: Kind, dimension: Dimension, bounds: usize) -> Self {
        let zero = || AtomicU64::new(Amount::zero(dimension).to_bits());
        match kind {
            Kind::Counter => Self::Counter(AtomicU64::new(0)),
            Kind::Sum => Self::Sum(SumCell {
                updates: AtomicU64::new(0),
                total: zero(),
            }),
            Kind::LastValue => Self::LastValue(LastCell {
                sets: AtomicU64::new(0),
                value: zero(),
            }),
            Kind::Summary => Self::Summary(Box::new(SummaryCell {
                sum: zero(),
                min: AtomicU64::new(ordered(f64::INFINITY)),
                max: AtomicU64::new(ordered(f64::NEG_INFINITY)),
                values: ValueStore::default(),
            })),
            Kind::Distribution => Self::Distribution(Box::new(DistributionCell {
                dimension,
                sum: zero(),
                buckets: (0..=bounds).map(|_| AtomicU64::new(0)).collect(),
                values: OnceBox::new(),
            })),
        }
    }

    /// Counts one event. `amount` is `None` for counters only.
    pub(crate) fn record(
        &self,
        amount: Option<Amount>,
        bounds: &[Amount],
        values_wanted: &AtomicBool,
    ) -> Result<(), Skip> {
        let (amount, cell) = match (self, amount) {
            (Self::Counter(count), _) => {
                count.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            (_, None) => return Err(Skip::Missing),
            (cell, Some(amount)) => (amount, cell),
        };
        match cell {
            Self::Counter(_) => {}
            Self::Sum(cell) => {
                if !add(&cell.total, amount) {
                    return Err(Skip::Overflow);
                }
                cell.updates.fetch_add(1, Ordering::Relaxed);
            }
            Self::LastValue(cell) => {
                cell.value.store(amount.to_bits(), Ordering::Relaxed);
                // Release, against the acquire of the reader: who sees the set sees its value.
                cell.sets.fetch_add(1, Ordering::Release);
            }
            Self::Summary(cell) => {
                if !add(&cell.sum, amount) {
                    return Err(Skip::Overflow);
                }
                let key = ordered(amount.as_f64());
                // Looked at first: a new extreme is rare, and a look costs nothing.
                if key < cell.min.load(Ordering::Relaxed) {
                    cell.min.fetch_min(key, Ordering::Relaxed);
                }
                if key > cell.max.load(Ordering::Relaxed) {
                    cell.max.fetch_max(key, Ordering::Relaxed);
                }
                cell.values.record(amount);
            }
            Self::Distribution(cell) => {
                // Before the sum, so that what came before values were kept is read without this.
                let values = values_wanted.load(Ordering::Relaxed).then(|| cell.values());
                if !add(&cell.sum, amount) {
                    return Err(Skip::Overflow);
                }
                if let Some(values) = values {
                    values.record(amount);
                }
                let at = bounds.partition_point(|bound| !at_most(amount, *bound));
                // Release, and last: a reader that sees the count sees the value.
                cell.buckets[at].fetch_add(1, Ordering::Release);
            }
        }
        Ok(())
    }
}

impl DistributionCell {
    /// How many numbers each bucket holds.
    pub(crate) fn counts(&self) -> Vec<u64> {
        // Acquire, against the release of emitters: whoever sees the count sees the value.
        let count = |bucket: &AtomicU64| bucket.load(Ordering::Acquire);
        self.buckets.iter().map(count).collect()
    }

    /// The total of all numbers.
    pub(crate) fn total(&self) -> Amount {
        Amount::from_bits(self.dimension, self.sum.load(Ordering::Acquire))
    }

    fn values(&self) -> &ValueStore {
        let values = self.values.get_or_init(|| {
            // Of several threads that come here at once one wins, and nobody adds anything before
            // that. What is read here is of emitters that have not heard yet.
            let count: u64 = self.counts().iter().sum();
            let mean_before = (count > 0).then(|| self.total().as_f64() / count as f64);
            Box::new(Values {
                store: ValueStore::default(),
                mean_before,
            })
        });
        &values.store
    }
}

impl SummaryCell {
    pub(crate) fn min(&self) -> f64 {
        from_ordered(self.min.load(Ordering::Relaxed))
    }

    pub(crate) fn max(&self) -> f64 {
        from_ordered(self.max.load(Ordering::Relaxed))
    }
}

fn at_most(amount: Amount, bound: Amount) -> bool {
    match (amount, bound) {
        (Amount::Integer(amount), Amount::Integer(bound)) => amount <= bound,
        (amount, bound) => amount.as_f64() <= bound.as_f64(),
    }
}

/// Adds to a cell of the amount's own dimension; `false`, and nothing added, if the total does not
/// fit.
pub(crate) fn add(cell: &AtomicU64, amount: Amount) -> bool {
    let sum = |bits: u64| match amount {
        Amount::Integer(n) => (bits as i64).checked_add(n).map(|total| total as u64),
        Amount::Real(x) => {
            let total = f64::from_bits(bits) + x;
            total.is_finite().then(|| total.to_bits())
        }
    };
    // Release, for readers that conclude from a sum what else is there.
    cell.fetch_update(Ordering::Release, Ordering::Relaxed, sum)
        .is_ok()
}

pub(crate) fn load(cell: &AtomicU64, dimension: Dimension) -> Amount {
    Amount::from_bits(dimension, cell.load(Ordering::Relaxed))
}

/// A coding of `f64` in which integers order as the numbers do, so that `fetch_min` works.
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

    static YES: AtomicBool = AtomicBool::new(true);

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

    #[test]
    fn a_total_that_does_not_fit_leaves_the_cell_as_it_was() {
        let cell = Cell::new(Kind::Sum, Dimension::None, 0);
        cell.record(Some(Amount::Real(f64::MAX)), &[], &YES)
            .unwrap();
        let again = cell.record(Some(Amount::Real(f64::MAX)), &[], &YES);
        assert_eq!(again, Err(Skip::Overflow));
        let Cell::Sum(cell) = cell else {
            unreachable!()
        };
        assert_eq!(load(&cell.total, Dimension::None), Amount::Real(f64::MAX));
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let bounds = [Amount::Integer(10), Amount::Integer(20)];
        let cell = Cell::new(Kind::Distribution, Dimension::Time, 2);
        for n in [0, 10, 11, 20, 21] {
            cell.record(Some(Amount::Integer(n)), &bounds, &YES)
                .unwrap();
        }
        let Cell::Distribution(cell) = cell else {
            unreachable!()
        };
        let counts: Vec<u64> = cell
            .buckets
            .iter()
            .map(|n| n.load(Ordering::Relaxed))
            .collect();
        assert_eq!(counts, [2, 2, 1]);
        assert_eq!(cell.values().count(), 5);
    }
}
