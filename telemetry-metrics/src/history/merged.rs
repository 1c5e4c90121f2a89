//! Quantiles of what was counted within a window.

use crate::amount::Amount;
use crate::exponential::{self, Index};

/// What a summary counted within a window.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub(super) count: u64,
    pub(super) sum: Amount,
    counts: Vec<(Index, u64)>,
    /// Where every number lies; of a longer time than the window, so only an outer bound.
    range: (f64, f64),
}

impl Merged {
    /// `range` is where every number lies. `doubt` is by how much `sum` may be off, where it is a
    /// difference of totals that are not integers.
    pub(super) fn new(
        counts: Vec<(Index, u64)>,
        sum: Amount,
        range: (f64, f64),
        doubt: f64,
    ) -> Self {
        let total = |total: u64, (_, count): &(Index, u64)| total.saturating_add(*count);
        let count = counts.iter().fold(0, total);
        let range = match &counts[..] {
            [(index, 1)] => exactly(*index, sum, doubt).unwrap_or(range),
            _ => range,
        };
        Self {
            count,
            sum,
            counts,
            range,
        }
    }

    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let (min, max) = self.range;
        exponential::quantile(self.counts.iter().copied(), q, min, max)
    }
}

/// One number alone is the sum, if it may be: a number that is being recorded may be in the sum
/// and not yet in a bucket.
fn exactly(index: Index, sum: Amount, doubt: f64) -> Option<(f64, f64)> {
    let sum = sum.as_f64();
    let known = doubt <= sum.abs() * 0.005 && Index::of(sum) == index;
    known.then_some((sum, sum))
}

/// By how much the difference of two totals may be off: nothing where they are integers.
pub(super) fn doubt(now: Amount, then: Amount) -> f64 {
    match (now, then) {
        (Amount::Integer(_), Amount::Integer(_)) => 0.0,
        (now, then) => (now.as_f64().abs() + then.as_f64().abs()) * 2.0 * f64::EPSILON,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    fn one(value: f64) -> Vec<(Index, u64)> {
        vec![(Index::of(value), 1)]
    }

    #[test]
    fn one_number_alone_is_exact() {
        let merged = Merged::new(one(1_234_567.0), Amount::Integer(1_234_567), ANY, 0.0);
        assert_eq!(merged.quantile(0.5), Some(1_234_567.0));
        assert_eq!(merged.count, 1);
    }

    #[test]
    fn a_sum_that_cannot_be_the_number_is_not_taken_for_it() {
        let within =
            |answer: Option<f64>, truth: f64| (answer.unwrap() - truth).abs() <= truth * 0.010831;
        let in_flight = Merged::new(one(100.0), Amount::Integer(173), ANY, 0.0);
        assert!(within(in_flight.quantile(0.5), 100.0));
        // So far from zero, floats are four apart.
        let before = Amount::Real(2e16);
        let after = Amount::Real(2e16 + 98.8);
        let rounded = after.since(before);
        assert_eq!(rounded, Amount::Real(100.0));
        assert!(!within(Some(100.0), 98.8));
        let merged = Merged::new(one(98.8), rounded, ANY, doubt(after, before));
        assert!(within(merged.quantile(0.5), 98.8));
    }

    #[test]
    fn of_no_numbers_there_is_no_quantile() {
        let merged = Merged::new(Vec::new(), Amount::Integer(0), ANY, 0.0);
        assert_eq!((merged.count, merged.quantile(0.5)), (0, None));
    }
}
