//! Cursors: up to where each series was taken, and where a cursor goes when a mark is taken.

use std::collections::HashMap;

use crate::amount::Amount;
use crate::exponential::Index;
use crate::exponential_buckets::ExponentialBuckets;

/// Up to where one series was taken.
#[derive(Debug, Clone)]
pub(super) enum Cursor {
    Counter(u64),
    Sum(Amount),
    /// How often the value had been set.
    LastValue(u64),
    Totals {
        count: u64,
        sum: Amount,
        buckets: Vec<u64>,
    },
    Histogram {
        count: u64,
        sum: Amount,
        buckets: Vec<u64>,
        exponential: Option<ExponentialBuckets>,
    },
    Values(TakenValues),
}

/// Up to where the values of a series were taken, bucket by bucket.
#[derive(Debug, Clone, Default)]
pub(super) struct TakenValues {
    pub(super) parts: HashMap<PartKey, Taken>,
    /// The total of the series up to where all was taken; none if it is in between.
    pub(super) sum: Option<Amount>,
}

/// A bucket of the value store; `None` is what a distribution counted before it kept values.
pub(super) type PartKey = Option<Index>;

/// So much of a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taken {
    pub(super) count: u64,
    /// The sum of their offsets within the bucket.
    pub(super) offsets: u128,
    /// Of what is in no bucket, the sum.
    pub(super) sum: f64,
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: (u64, usize),
    pub(super) then: Then,
}

/// Where the cursor goes if the mark is taken.
#[derive(Debug)]
pub(super) enum Then {
    Move(Cursor),
    Values {
        parts: Vec<PendingPart>,
        /// The total of the series.
        sum: Amount,
    },
}

#[derive(Debug)]
pub(super) struct PendingPart {
    pub(super) key: PartKey,
    pub(super) left: Taken,
}

impl PendingPart {
    /// Takes up to `count` of what is left.
    pub(super) fn take(&mut self, count: u64, taken: &mut HashMap<PartKey, Taken>) {
        let left = self.left;
        let count = count.min(left.count);
        let share = if count == left.count {
            left
        } else {
            Taken {
                count,
                offsets: left.offsets * u128::from(count) / u128::from(left.count),
                sum: left.sum * count as f64 / left.count as f64,
            }
        };
        self.left = left.less(share);
        let entry = taken.entry(self.key).or_default();
        *entry = entry.plus(share);
    }
}

impl Taken {
    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            offsets: self.offsets + other.offsets,
            sum: self.sum + other.sum,
        }
    }

    /// What is here and not there.
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            offsets: self.offsets.saturating_sub(other.offsets),
            sum: self.sum - other.sum,
        }
    }
}
