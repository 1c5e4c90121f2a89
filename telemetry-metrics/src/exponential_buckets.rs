//! [`ExponentialBuckets`]: what the value store holds, for reporters that have a form for it.

use std::sync::atomic::Ordering;

use crate::cells::{Cell, DistributionPart};
use crate::exponential::{BUCKETS, Held, Index, PER_OCTAVE};
use crate::values::ValueStore;

/// How many numbers fell into each of the buckets whose bounds grow by 2^(1/32).
///
/// This is a histogram of scale 5 in OpenTelemetry's terms: bucket `i` lies between 2^(i/32) and
/// 2^((i+1)/32), as stored (nanoseconds, bytes or ones). With one difference: a number that is equal
/// to a bound, such as a power of two, belongs to the bucket above, and OpenTelemetry has it in the
/// one below. Magnitudes below 2^-64 and beyond 2^64 are in the outermost buckets, `-2048` and `2047`.
///
/// ```
/// use telemetry_metrics::{Aggregator, Data, summary};
///
/// let aggregator = Aggregator::builder().metrics([summary("shop.cart.weigh.grams")]).start()?;
/// telemetry::execute!("shop.cart.weigh", { grams: 3 });
/// telemetry::execute!("shop.cart.weigh", { grams: 0 });
///
/// let snapshot = aggregator.snapshot();
/// let Some(Data::Summary(grams)) = snapshot.find("shop.cart.weigh.grams", &[]) else {
///     unreachable!("something was counted");
/// };
/// let buckets = grams.exponential();
/// assert_eq!(buckets.zero_count(), 1);
/// // 2^(50/32) is 2.95, and 2^(51/32) is 3.02.
/// assert_eq!(buckets.positive().collect::<Vec<_>>(), [(50, 1)]);
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExponentialBuckets {
    /// Ascending, none of them empty.
    counts: Vec<(Index, u64)>,
}

/// OpenTelemetry's number of the first bucket.
const FIRST: i32 = -BUCKETS / 2;

impl ExponentialBuckets {
    /// OpenTelemetry's scale of the buckets: there are 2^5 to each doubling.
    pub const SCALE: i32 = PER_OCTAVE.trailing_zeros() as i32;

    /// How many zeros.
    #[must_use]
    pub fn zero_count(&self) -> u64 {
        let zero = self.counts.iter().find(|(index, _)| index.0 == 0);
        zero.map_or(0, |(_, count)| *count)
    }

    /// The buckets of positive numbers that are not empty, with their counts, ascending.
    pub fn positive(&self) -> impl Iterator<Item = (i32, u64)> {
        let positive = self.counts.iter().filter(|(index, _)| index.0 > 0);
        positive.map(|(index, count)| (index.0 - 1 + FIRST, *count))
    }

    /// The same of negative numbers, by their magnitudes, ascending.
    pub fn negative(&self) -> impl Iterator<Item = (i32, u64)> {
        let negative = self.counts.iter().rev().filter(|(index, _)| index.0 < 0);
        negative.map(|(index, count)| (-index.0 - 1 + FIRST, *count))
    }

    /// How many numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        let counts = self.counts.iter().map(|(_, count)| *count);
        counts.fold(0, u64::saturating_add)
    }

    pub(crate) fn of(held: &[Held]) -> Self {
        Self {
            counts: held.iter().map(Held::counted).collect(),
        }
    }

    /// Of a distribution's numbers, whose words were read before this.
    ///
    /// Those that came before the values were kept are all at their mean.
    pub(crate) fn of_distribution(
        cell: &Cell,
        words: &[u64],
        part: Option<&DistributionPart>,
    ) -> Self {
        let count: u64 = cell.buckets(words).iter().sum();
        let Some(part) = part.filter(|_| count > 0) else {
            return Self::default();
        };
        // From the first look on, so that what is told as their mean now stays there, whatever those
        // emitters still count that have not heard that values are to be kept.
        let values = part.values.get_or_init(|| cell.values_since(words));
        let mut all = Self::of(&values.store.held());
        let seen = count.saturating_sub(all.count());
        // While events come in, what is left over may be seen as less than it is. It never was less
        // than before.
        let before = values.before.fetch_max(seen, Ordering::Relaxed).max(seen);
        if before > 0 {
            let place = values.place_of_before.get_or_init(|| {
                let mean = values.mean_before.map(Index::of);
                let first = all.counts.first().map(|(index, _)| *index);
                mean.or(first).unwrap_or(Index(0))
            });
            all.add(*place, before);
        }
        all
    }

    pub(crate) fn of_summary(values: &ValueStore) -> Self {
        Self::of(&values.held())
    }

    /// What is here and not there.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let since = |(index, now): &(Index, u64)| {
            let then = earlier
                .counts
                .binary_search_by_key(index, |(then, _)| *then);
            let then = then.map_or(0, |at| earlier.counts[at].1);
            let more = now.saturating_sub(then);
            (more > 0).then_some((*index, more))
        };
        Self {
            counts: self.counts.iter().filter_map(since).collect(),
        }
    }

    fn add(&mut self, index: Index, count: u64) {
        match self
            .counts
            .binary_search_by_key(&index, |(known, _)| *known)
        {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(count),
            Err(at) => self.counts.insert(at, (index, count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cells::lay_out;

    fn of(numbers: &[f64]) -> ExponentialBuckets {
        let store = ValueStore::default();
        numbers.iter().for_each(|number| store.record(*number));
        ExponentialBuckets::of_summary(&store)
    }

    #[test]
    fn a_number_lies_between_the_bounds_of_its_bucket() {
        for number in [1e-15, 0.3, 1.0, 1.5, 2.0, 1_000.0, 4_096.0, 1e18] {
            for buckets in [of(&[number]).positive().collect::<Vec<_>>(), {
                of(&[-number]).negative().collect()
            }] {
                let [(index, 1)] = buckets[..] else {
                    panic!("{number}: {buckets:?}");
                };
                let bound = |index: i32| (f64::from(index) / 32.0).exp2();
                let slack = 1.0 + 1e-12;
                assert!(bound(index) <= number * slack, "{number}: {index}");
                assert!(number <= bound(index + 1) * slack, "{number}: {index}");
            }
        }
        // The bound itself is the lower one.
        assert_eq!(of(&[8.0]).positive().collect::<Vec<_>>(), [(96, 1)]);
        assert_eq!(
            of(&[f64::MIN_POSITIVE]).positive().next(),
            Some((-2_048, 1))
        );
        assert_eq!(of(&[f64::MAX]).positive().next(), Some((2_047, 1)));
    }

    #[test]
    fn buckets_of_either_sign_ascend_by_magnitude() {
        let buckets = of(&[-4.0, -2.0, 0.0, 0.0, 2.0, 4.0, 4.0]);
        assert_eq!(buckets.negative().collect::<Vec<_>>(), [(32, 1), (64, 1)]);
        assert_eq!(buckets.positive().collect::<Vec<_>>(), [(32, 1), (64, 2)]);
        assert_eq!((buckets.zero_count(), buckets.count()), (2, 7));
    }

    /// An emitter that has not heard yet that values are wanted may still count for a while.
    #[test]
    fn what_was_told_once_stays_where_it_was_told_to_be() {
        let metric = crate::distribution("exponential_buckets.late.size").buckets([10.0]);
        let (definitions, _) = crate::resolve::resolve(vec![metric], &[]);
        let definitions: Vec<_> = definitions.into_iter().map(Arc::new).collect();
        let cells = lay_out(&definitions).cells;
        let part = DistributionPart::default();
        let told = |small: u64, large: u64| {
            let total = small as f64 * 3.0 + large as f64 * 1_000.0;
            let words = [small, large, total.to_bits()];
            ExponentialBuckets::of_distribution(&cells[0], &words, Some(&part))
        };
        assert_eq!(told(0, 0), ExponentialBuckets::default());
        assert_eq!(told(2, 0), of(&[3.0, 3.0]));
        assert_eq!(told(2, 1), of(&[3.0; 3]));
        let values = part.values.get().unwrap();
        values.store.record(1_000.0);
        assert_eq!(told(2, 2), of(&[3.0, 3.0, 3.0, 1_000.0]));
        // Nothing was there at first, so nobody knows their mean.
        let part = DistributionPart::default();
        let _ = part.values.set(cells[0].values_since(&[0, 0, 0]));
        let values = part.values.get().unwrap();
        let told = |small, large| {
            let words = [small, large, 0];
            ExponentialBuckets::of_distribution(&cells[0], &words, Some(&part))
        };
        values.store.record(1_000.0);
        assert_eq!(told(1, 1), of(&[1_000.0, 1_000.0]));
        values.store.record(3.0);
        assert_eq!(told(2, 1), of(&[3.0, 1_000.0, 1_000.0]));
    }

    #[test]
    fn a_difference_has_what_was_added() {
        let (then, now) = (of(&[1.0, 2.0]), of(&[-1.0, 0.0, 1.0, 2.0, 2.0]));
        assert_eq!(now.since(&then), of(&[-1.0, 0.0, 2.0]));
        assert_eq!(now.since(&now), ExponentialBuckets::default());
        assert_eq!(now.since(&ExponentialBuckets::default()), now);
    }
}
