//! [`Bucket`]: the shape of what was counted, for histograms and heat maps.

use super::stats::Stats;
use crate::amount::Amount;
use crate::metric::Kind;

/// How many numbers were counted between two others, as stored (nanoseconds, bytes or ones).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Bucket {
    /// Where it begins. A number that is equal to it belongs to the bucket before, if the bucket is a
    /// distribution's, and to this one, if it is a summary's.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// How many.
    pub count: u64,
}

impl Stats {
    /// The buckets in which there are numbers, ascending.
    ///
    /// Those of a distribution lie between its bounds: the first begins at zero if its bound is
    /// positive, else at negative infinity, and the last ends at infinity. Those of a summary are 2.2 %
    /// wide (that of zero has no width). Other kinds have none.
    #[must_use]
    pub fn buckets(&self) -> Vec<Bucket> {
        match self.kind() {
            Some(Kind::Summary) => {
                let counts = self.indices();
                let buckets = counts.iter().map(|(index, count)| {
                    let (lower, upper) = index.edges();
                    let count = *count;
                    Bucket {
                        lower,
                        upper,
                        count,
                    }
                });
                buckets.collect()
            }
            Some(Kind::Distribution) => {
                let counts = self.bounds();
                let bounds = self.definition().map_or(&[][..], |one| &one.stored_bounds);
                let buckets = counts
                    .iter()
                    .map(|(bucket, count)| between(bounds, *bucket as usize, *count));
                buckets.collect()
            }
            _ => Vec::new(),
        }
    }

    /// The largest number of a summary, at most 1.083 % off; of a distribution, the end of the last
    /// bucket in which there are numbers, or the highest bound if some lie beyond all. `None` for other
    /// kinds, or if there are no numbers.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.quantile(1.0)
    }

    /// The smallest number of a summary, at most 1.083 % off; of a distribution, the beginning of the
    /// first bucket in which there are numbers, or the lowest bound if that is not positive and some lie
    /// below. `None` for other kinds, or if there are no numbers.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        self.quantile(0.0)
    }
}

/// A bucket of a distribution.
fn between(bounds: &[Amount], bucket: usize, count: u64) -> Bucket {
    let bound = |at: usize| bounds.get(at).map(|bound| bound.as_f64());
    let upper = bound(bucket).unwrap_or(f64::INFINITY);
    let lower = match bucket.checked_sub(1) {
        Some(before) => bound(before).unwrap_or(f64::NEG_INFINITY),
        None if upper > 0.0 && !bounds.is_empty() => 0.0,
        None => f64::NEG_INFINITY,
    };
    Bucket {
        lower,
        upper,
        count,
    }
}
