//! Exponential histograms: the buckets of the aggregator as OpenTelemetry has them.

use telemetry_metrics::{ExponentialBuckets, Unit};

/// A point has at most so many buckets of either sign, as in the SDKs.
pub(super) const MAX_BUCKETS: i32 = 160;

/// The buckets of one point.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exponential {
    pub(super) scale: i32,
    pub(super) zero_count: u64,
    pub(super) positive: Side,
    pub(super) negative: Side,
}

/// Those of one sign: the number of the first, and the counts of all from there on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

/// By how many buckets a number moves if it is shown in this unit: to the nearest bucket.
///
/// Always by as many, so that what is added to a bucket here is added to one there, whenever that is.
pub(super) fn shift(unit: Unit) -> i32 {
    let per_octave = f64::from(ExponentialBuckets::SCALE).exp2();
    // An exponent of at most 64, 32 times.
    -((unit.factor() as f64).log2() * per_octave).round() as i32
}

impl Exponential {
    pub(super) fn of(buckets: &ExponentialBuckets, shift: i32) -> Self {
        let sides = [buckets.positive().collect(), buckets.negative().collect()];
        let sides = sides.map(|side: Vec<(i32, u64)>| {
            let shifted = side
                .into_iter()
                .map(|(index, count)| (index + shift, count));
            shifted.collect::<Vec<_>>()
        });
        let width = |side: &[(i32, u64)], down: i32| match side {
            [] => 0,
            [(first, _), .., (last, _)] => (last >> down) - (first >> down) + 1,
            [_] => 1,
        };
        // There are 4,096 buckets, so five times is enough.
        let fits = |down: &i32| sides.iter().all(|side| width(side, *down) <= MAX_BUCKETS);
        let down = (0..ExponentialBuckets::SCALE).find(fits);
        let down = down.unwrap_or(ExponentialBuckets::SCALE);
        let [positive, negative] = sides.map(|side| Side::of(&side, down));
        Self {
            scale: ExponentialBuckets::SCALE - down,
            zero_count: buckets.zero_count(),
            positive,
            negative,
        }
    }

    /// How many numbers.
    pub(super) fn count(&self) -> u64 {
        let sides = self.positive.counts.iter().chain(&self.negative.counts);
        sides.fold(self.zero_count, |all, count| all.saturating_add(*count))
    }
}

impl Side {
    /// Of ascending buckets, each two of which become one so many times.
    fn of(buckets: &[(i32, u64)], down: i32) -> Self {
        let Some((first, _)) = buckets.first() else {
            return Self::default();
        };
        let offset = first >> down;
        let mut counts = Vec::new();
        for (index, count) in buckets {
            let at = ((index >> down) - offset) as usize;
            if counts.len() <= at {
                counts.resize(at + 1, 0_u64);
            }
            counts[at] = counts[at].saturating_add(*count);
        }
        Self { offset, counts }
    }
}
