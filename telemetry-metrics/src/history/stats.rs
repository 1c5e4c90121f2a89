//! [`Stats`]: what one or several series counted within a range.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::merged::Merged;
use super::meter::Spread;
use super::sparse::Pile;
use super::step::Step;
use crate::amount::Amount;
use crate::definition::Definition;
use crate::exponential::Index;
use crate::metric::Kind;

/// What series of one definition counted within a [`Range`](super::Range); made by
/// [`History::stats`](super::History::stats).
///
/// Amounts are as stored: nanoseconds, bytes or ones.
#[derive(Debug, Clone)]
pub struct Stats {
    definition: Option<Arc<Definition>>,
    /// How long the steps are that lie in the range.
    pub(super) covered: Duration,
    count: u64,
    sum: Option<Amount>,
    value: Option<Amount>,
    bounds: Pile<u32>,
    indices: Pile<Index>,
    spread: Spread,
}

impl Stats {
    /// Nothing yet, of series of this definition.
    pub(super) fn of(definition: Option<Arc<Definition>>) -> Self {
        Self {
            definition,
            covered: Duration::ZERO,
            count: 0,
            sum: None,
            value: None,
            bounds: Pile::default(),
            indices: Pile::default(),
            spread: Spread::NONE,
        }
    }

    /// With a step of a series.
    pub(super) fn add(&mut self, step: &Step, spread: Spread) {
        self.spread = self.spread.and(spread);
        let total = |counts: u64, count: u64| counts.saturating_add(count);
        let sum = match step {
            Step::Count(count) => {
                self.count = self.count.saturating_add(*count);
                return;
            }
            Step::Value(value) => {
                self.add_value(*value);
                return;
            }
            Step::Sum(sum) => sum,
            Step::Bounds(sum, counts) => {
                self.count = counts
                    .iter()
                    .map(|(_, count)| *count)
                    .fold(self.count, total);
                self.bounds.add(counts);
                sum
            }
            Step::Indices(sum, counts) => {
                self.count = counts
                    .iter()
                    .map(|(_, count)| *count)
                    .fold(self.count, total);
                self.indices.add(counts);
                sum
            }
        };
        self.sum = Some(self.sum.map_or(*sum, |before| before.plus(*sum)));
    }

    /// The values of several series are added up.
    fn add_value(&mut self, value: Option<Amount>) {
        if let Some(value) = value {
            self.value = Some(self.value.map_or(value, |before| before.plus(value)));
        }
    }

    /// Nothing follows.
    pub(super) fn settle(&mut self) {
        self.bounds.settle();
        self.indices.settle();
    }

    pub(super) fn definition(&self) -> Option<&Definition> {
        self.definition.as_deref()
    }

    /// Counts by bucket of a distribution.
    pub(super) fn bounds(&self) -> Cow<'_, [(u32, u64)]> {
        self.bounds.counts()
    }

    /// Counts by bucket of a summary.
    pub(super) fn indices(&self) -> Cow<'_, [(Index, u64)]> {
        self.indices.counts()
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.definition.as_ref().map(|definition| definition.kind())
    }

    /// How long it took to count this. It may be longer than the range, because the step in which that
    /// begins is not divided, and shorter, where the history is.
    #[must_use]
    pub fn covered(&self) -> Duration {
        self.covered
    }

    /// How many events or numbers; 0 for sums and last values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The total of a sum, summary or distribution; `None` if nothing was counted. Of time and bytes
    /// it is exact; of plain numbers, as exact as differences of an `f64` are.
    #[must_use]
    pub fn sum(&self) -> Option<Amount> {
        self.sum
    }

    /// The last value at the end of the range; of several series, all values together.
    #[must_use]
    pub fn value(&self) -> Option<Amount> {
        self.value
    }

    /// The mean of a summary or distribution, as stored.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let sum = self.sum.filter(|_| self.count > 0)?;
        Some(sum.as_f64() / self.count as f64)
    }

    /// Per second: what a sum added, or how many events or numbers. `None` for last values, and if the
    /// range covers no time.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let total = match self.kind()? {
            Kind::LastValue => return None,
            Kind::Sum => self.sum.map_or(0.0, Amount::as_f64),
            _ => self.count as f64,
        };
        (!self.covered.is_zero()).then(|| total / self.covered.as_secs_f64())
    }

    /// The number below which the share `q` (0 to 1) lies, as stored.
    ///
    /// Of a summary it is at most 1.083 % off, and exact if it is the only number. Of a distribution
    /// it is somewhere in the right bucket: placed as if numbers were spread evenly within it, as
    /// Prometheus does, and the highest bound for numbers beyond all. `None` for other kinds, or
    /// if there are no numbers.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        match self.kind()? {
            Kind::Summary => {
                let sum = self.sum?;
                let Spread { range, doubt } = self.spread;
                Merged::new(self.indices().into_owned(), sum, range, doubt).quantile(q)
            }
            Kind::Distribution => {
                let bounds = &self.definition.as_ref()?.stored_bounds;
                spread_evenly(&self.bounds(), bounds, q)
            }
            _ => None,
        }
    }

    /// How many numbers are at most `limit`, as stored: what an objective for latencies needs.
    ///
    /// Of a distribution it is exact if `limit` is one of its bounds, else those up to the next lower
    /// one. Of a summary, numbers within 1.083 % of the limit may be taken for either side. 0 for other
    /// kinds.
    #[must_use]
    pub fn count_at_most(&self, limit: f64) -> u64 {
        match self.kind() {
            Some(Kind::Summary) => {
                let counts = self.indices();
                let below = counts.iter().filter(|(index, _)| index.middle() <= limit);
                below.map(|(_, count)| count).sum()
            }
            Some(Kind::Distribution) => {
                let bounds = self.definition.iter().flat_map(|one| &one.stored_bounds);
                let within = bounds.take_while(|bound| bound.as_f64() <= limit).count();
                let counts = self.bounds();
                let below = counts
                    .iter()
                    .filter(|(bucket, _)| (*bucket as usize) < within);
                below.map(|(_, count)| count).sum()
            }
            _ => 0,
        }
    }
}

fn spread_evenly(counts: &[(u32, u64)], bounds: &[Amount], q: f64) -> Option<f64> {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let rank = q.clamp(0.0, 1.0) * total as f64;
    let mut below = 0;
    let (bucket, count) = counts.iter().find(|(_, count)| {
        below += count;
        below as f64 >= rank
    })?;
    let bound = |at: usize| bounds.get(at).map(|bound| bound.as_f64());
    let bucket = *bucket as usize;
    let Some(upper) = bound(bucket) else {
        return bound(bounds.len().checked_sub(1)?);
    };
    let lower = match bucket.checked_sub(1) {
        Some(before) => bound(before)?,
        // Measurements begin at zero, as a rule.
        None if upper > 0.0 => 0.0,
        None => return Some(upper),
    };
    let within = rank - (below - count) as f64;
    Some(lower + (upper - lower) * (within / *count as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_distributions_lie_within_the_right_bucket() {
        let bounds = [1.0, 2.0, 4.0].map(Amount::Real);
        let quantile = |counts: &[(u32, u64)], q| spread_evenly(counts, &bounds, q);
        assert_eq!(quantile(&[(1, 10)], 0.5), Some(1.5));
        assert_eq!(quantile(&[(0, 1), (2, 1)], 0.5), Some(1.0));
        assert_eq!(quantile(&[(0, 1), (2, 1)], 0.75), Some(3.0));
        assert_eq!(quantile(&[(3, 5)], 0.5), Some(4.0), "beyond all bounds");
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(spread_evenly(&[(0, 1)], &[], 0.5), None);
        let negative = [-1.0, 1.0].map(Amount::Real);
        assert_eq!(spread_evenly(&[(0, 1)], &negative, 0.5), Some(-1.0));
    }
}
