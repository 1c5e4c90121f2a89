//! [`Together`]: what all series of a definition added in a step, added up.

use super::meter::Spread;
use super::sparse::Bucket;
use super::step::{Shape, Step};
use crate::amount::Amount;

/// The total of steps. While there is one, it takes eight bytes per bucket.
#[derive(Debug)]
pub(super) struct Together {
    shape: Shape,
    count: u64,
    sum: Amount,
    bounds: Dense,
    indices: Dense,
    /// What happened, in the sense of [`Step::events`].
    pub(super) events: u64,
    /// The numbers that were added.
    pub(super) spread: Spread,
}

impl Together {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            count: 0,
            sum: shape.zero(),
            bounds: Dense::default(),
            indices: Dense::default(),
            events: 0,
            spread: Spread::NONE,
        }
    }

    pub(super) fn add(&mut self, step: &Step, spread: Spread) {
        self.events = self.events.saturating_add(step.events());
        let Spread { range, doubt } = spread;
        let before = self.spread.doubt;
        self.spread = self.spread.and(Spread { range, doubt: 0.0 });
        // Differences are added up here, and so are their errors.
        self.spread.doubt = before + doubt;
        match step {
            Step::Count(count) => self.count = self.count.saturating_add(*count),
            Step::Sum(sum) => self.sum = self.sum.plus(*sum),
            Step::Bounds(sum, counts) => {
                self.sum = self.sum.plus(*sum);
                self.bounds.add(counts);
            }
            Step::Indices(sum, counts) => {
                self.sum = self.sum.plus(*sum);
                self.indices.add(counts);
            }
            Step::Value(_) => {}
        }
    }

    pub(super) fn step(&self) -> Step {
        match Step::nothing(self.shape) {
            Step::Count(_) => Step::Count(self.count),
            Step::Sum(_) => Step::Sum(self.sum),
            Step::Bounds(..) => Step::Bounds(self.sum, self.bounds.counts()),
            Step::Indices(..) => Step::Indices(self.sum, self.indices.counts()),
            Step::Value(value) => Step::Value(value),
        }
    }
}

/// Counts by bucket, from the lowest that was met to the highest.
#[derive(Debug, Default)]
struct Dense {
    first: i32,
    counts: Vec<u64>,
}

impl Dense {
    fn add<B: Bucket>(&mut self, counts: &[(B, u64)]) {
        let (Some((lowest, _)), Some((highest, _))) = (counts.first(), counts.last()) else {
            return;
        };
        self.reach(lowest.place(), highest.place());
        for (bucket, count) in counts {
            let at = bucket.place().wrapping_sub(self.first) as usize;
            if let Some(total) = self.counts.get_mut(at) {
                *total = total.saturating_add(*count);
            }
        }
    }

    fn reach(&mut self, lowest: i32, highest: i32) {
        if self.counts.is_empty() {
            self.first = lowest;
        }
        if lowest < self.first {
            let missing = lowest.abs_diff(self.first) as usize;
            self.counts.splice(..0, std::iter::repeat_n(0, missing));
            self.first = lowest;
        }
        let length = highest.abs_diff(self.first) as usize + 1;
        if length > self.counts.len() {
            self.counts.resize(length, 0);
        }
    }

    fn counts<B: Bucket>(&self) -> Vec<(B, u64)> {
        let counts = (self.first..).zip(&self.counts);
        let counts = counts.filter(|(_, count)| **count > 0);
        counts
            .map(|(place, count)| (B::of_place(place), *count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::exponential::Index;

    proptest! {
        #[test]
        fn dense_counts_are_what_a_map_would_have(
            lists in proptest::collection::vec(
                proptest::collection::btree_map(-4_000i32..4_000, 1u64..9, 0..9), 0..9),
        ) {
            let (mut dense, mut map) = (Dense::default(), BTreeMap::new());
            for list in lists {
                let counts: Vec<_> = list.iter().map(|(n, count)| (Index(*n), *count)).collect();
                dense.add(&counts);
                for (index, count) in counts {
                    *map.entry(index).or_insert(0) += count;
                }
            }
            prop_assert_eq!(dense.counts::<Index>(), map.into_iter().collect::<Vec<_>>());
        }
    }
}
