//! Cursors: up to where each series was taken, and where a cursor goes when a mark is taken.

use std::collections::HashMap;

use crate::amount::Amount;
use crate::exponential::Index;

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
    Values(HashMap<PartKey, (u64, Amount)>),
}

/// A bucket of the value store; `None` is what a distribution counted before it kept values.
pub(super) type PartKey = Option<Index>;

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: (u64, usize),
    pub(super) then: Then,
}

/// Where the cursor goes if the mark is taken.
#[derive(Debug)]
pub(super) enum Then {
    Move(Cursor),
    Values(Vec<PendingPart>),
}

#[derive(Debug)]
pub(super) struct PendingPart {
    pub(super) key: PartKey,
    pub(super) left: u64,
    pub(super) sum_left: Amount,
    pub(super) value: f64,
}

impl PendingPart {
    pub(super) fn take(&mut self, count: u64, taken: &mut HashMap<PartKey, (u64, Amount)>) {
        let count = count.min(self.left);
        let sum = if count == self.left {
            self.sum_left
        } else {
            self.sum_left.like(self.value * count as f64)
        };
        self.left -= count;
        self.sum_left = self.sum_left.since(sum);
        let entry = taken.entry(self.key).or_insert((0, sum.since(sum)));
        *entry = (entry.0 + count, entry.1.plus(sum));
    }
}
