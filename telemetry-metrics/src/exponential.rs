//! The value store: a histogram whose bounds grow exponentially, for quantiles and for reporters
//! that need values.
//!
//! Scale 5 in OpenTelemetry's terms: 32 buckets to each doubling, every bound 2^(1/32) times the
//! one before, lower bound inclusive. A bucket answers its harmonic middle, which is at most
//! 1.083 % away from anything in it. Each bucket keeps a count and a sum, so what is sent on in a
//! bucket's name has the right mean.
//!
//! Memory is taken by octave as octaves are hit: measurements spread over two decades need seven
//! or eight of them. Magnitudes below 2^-64 and beyond 2^64 are kept in the outermost buckets.

use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::OnceBox;
use once_cell::sync::Lazy;

use crate::amount::Amount;
use crate::cells::{add, load};
use crate::unit::Dimension;

const PER_OCTAVE: usize = 32;
const OCTAVES_PER_GROUP: usize = 8;
const GROUPS: usize = 16;
const OCTAVES: i32 = (GROUPS * OCTAVES_PER_GROUP) as i32;
const LOWEST_OCTAVE: i32 = -(OCTAVES / 2);
const BUCKETS: i32 = OCTAVES * PER_OCTAVE as i32;

/// 2^(n/32) for n in 0..32: the lower bounds within one octave.
static WITHIN_OCTAVE: Lazy<[f64; PER_OCTAVE]> =
    Lazy::new(|| std::array::from_fn(|n| (n as f64 / PER_OCTAVE as f64).exp2()));

/// Where the search within an octave begins: for each 64th of it, the bucket of its beginning.
static GUESS: Lazy<[u8; LINEAR]> = Lazy::new(|| {
    std::array::from_fn(|n| {
        let begins = 1.0 + n as f64 / LINEAR as f64;
        (WITHIN_OCTAVE.partition_point(|lower| *lower <= begins) - 1) as u8
    })
});

const LINEAR: usize = 64;

/// The bucket within its octave of a number with this mantissa (52 bits).
///
/// The narrowest bucket, 2^(1/32) - 1 = 0.0219 of the octave's beginning, is wider than a 64th, so
/// the bucket is the one where the 64th begins or the next.
fn within_octave(mantissa: u64) -> usize {
    let number = f64::from_bits(mantissa | (1023 << 52));
    let guess = usize::from(GUESS[(mantissa >> 46) as usize]);
    match WITHIN_OCTAVE.get(guess + 1) {
        Some(next) if number >= *next => guess + 1,
        _ => guess,
    }
}

/// Which bucket: 0 is zero itself, otherwise its sign and 1 + its number in ascending magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Index(i32);

impl Index {
    /// The bucket of a finite number.
    pub(crate) fn of(value: f64) -> Self {
        if value == 0.0 {
            return Self(0);
        }
        let bits = value.abs().to_bits();
        // Subnormal numbers have exponent 0 here and fall below the lowest octave, as they should.
        let octave = ((bits >> 52) as i32) - 1023;
        let magnitude = if octave < LOWEST_OCTAVE {
            0
        } else if octave >= LOWEST_OCTAVE + OCTAVES {
            BUCKETS - 1
        } else {
            let within = within_octave(bits & ((1 << 52) - 1));
            (octave - LOWEST_OCTAVE) * PER_OCTAVE as i32 + within as i32
        };
        Self(if value < 0.0 {
            -1 - magnitude
        } else {
            1 + magnitude
        })
    }

    /// The nearest number that belongs into the bucket.
    pub(crate) fn clamp(self, value: f64) -> f64 {
        let magnitude = self.0.abs() - 1;
        if magnitude <= 0 || magnitude == BUCKETS - 1 {
            // Zero, and the outermost buckets, which hold whatever lies beyond.
            return if self.0 == 0 { 0.0 } else { value };
        }
        value
            .abs()
            .clamp(bound(magnitude), bound(magnitude + 1))
            .copysign(f64::from(self.0))
    }

    /// The number that stands for everything in the bucket.
    pub(crate) fn middle(self) -> f64 {
        if self.0 == 0 {
            return 0.0;
        }
        let magnitude = self.0.abs() - 1;
        let lower = bound(magnitude);
        let upper = bound(magnitude + 1);
        let middle = 2.0 * lower * upper / (lower + upper);
        if self.0 < 0 { -middle } else { middle }
    }
}

/// The lower bound of the `n`th bucket.
fn bound(n: i32) -> f64 {
    let octave = LOWEST_OCTAVE + n.div_euclid(PER_OCTAVE as i32);
    WITHIN_OCTAVE[n.rem_euclid(PER_OCTAVE as i32) as usize] * f64::from(octave).exp2()
}

#[derive(Debug, Default)]
struct Bucket {
    count: AtomicU64,
    sum: AtomicU64,
}

type Octave = [Bucket; PER_OCTAVE];
type Group = [OnceBox<Octave>; OCTAVES_PER_GROUP];
type Half = [OnceBox<Group>; GROUPS];

/// The store of one series.
#[derive(Debug, Default)]
pub(crate) struct ValueStore {
    zero: AtomicU64,
    positive: Half,
    /// Most series never see a negative number.
    negative: OnceBox<Half>,
}

/// What one bucket held at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Held {
    pub(crate) index: Index,
    pub(crate) count: u64,
    pub(crate) sum: Amount,
}

impl ValueStore {
    pub(crate) fn record(&self, amount: Amount) {
        let index = Index::of(amount.as_f64());
        if index.0 == 0 {
            self.zero.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let half = if index.0 > 0 {
            &self.positive
        } else {
            self.negative.get_or_init(Box::default)
        };
        let magnitude = (index.0.abs() - 1) as usize;
        let (octave, within) = (magnitude / PER_OCTAVE, magnitude % PER_OCTAVE);
        let bucket = &half[octave / OCTAVES_PER_GROUP].get_or_init(Box::default)
            [octave % OCTAVES_PER_GROUP]
            .get_or_init(Box::default)[within];
        // The sum before the count: a reader that runs between the two sees a sum of more than it
        // counts, takes it later, and never divides by a count that is not there.
        add(&bucket.sum, amount);
        bucket.count.fetch_add(1, Ordering::Release);
    }

    /// All buckets that hold anything, ascending.
    pub(crate) fn held(&self, dimension: Dimension) -> Vec<Held> {
        let mut held = Vec::new();
        if let Some(negative) = self.negative.get() {
            read(
                negative,
                dimension,
                |magnitude| Index(-1 - magnitude),
                &mut held,
            );
            held.reverse();
        }
        let zeros = self.zero.load(Ordering::Relaxed);
        if zeros > 0 {
            held.push(Held {
                index: Index(0),
                count: zeros,
                sum: Amount::zero(dimension),
            });
        }
        read(
            &self.positive,
            dimension,
            |magnitude| Index(1 + magnitude),
            &mut held,
        );
        held
    }

    /// How many numbers were recorded.
    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        self.held(Dimension::None)
            .iter()
            .map(|held| held.count)
            .sum()
    }
}

fn read(half: &Half, dimension: Dimension, index: impl Fn(i32) -> Index, held: &mut Vec<Held>) {
    for (at, group) in half.iter().enumerate() {
        let Some(group) = group.get() else { continue };
        for (octave, buckets) in group.iter().enumerate() {
            let Some(buckets) = buckets.get() else {
                continue;
            };
            let first = (at * OCTAVES_PER_GROUP + octave) * PER_OCTAVE;
            for (within, bucket) in buckets.iter().enumerate() {
                // Acquire, against the release in `record`: what is counted is in the sum.
                let count = bucket.count.load(Ordering::Acquire);
                if count > 0 {
                    let sum = load(&bucket.sum, dimension);
                    held.push(Held {
                        index: index((first + within) as i32),
                        count,
                        sum,
                    });
                }
            }
        }
    }
}

/// The number below which the share `q` of all numbers lies, by nearest rank: at most 1.083 % off.
///
/// The answer is clamped to what was really seen, so that one number alone is reported exactly.
pub(crate) fn quantile(held: &[Held], q: f64, min: f64, max: f64) -> Option<f64> {
    let total: u64 = held.iter().map(|held| held.count).sum();
    if total == 0 {
        return None;
    }
    // 0.55 of 100 is 55, but 55.00000000000001 in floats.
    let exact = q.clamp(0.0, 1.0) * total as f64 * (1.0 - 4.0 * f64::EPSILON);
    let rank = (exact.ceil() as u64).max(1);
    let mut below = 0;
    let bucket = held.iter().find(|held| {
        below += held.count;
        below >= rank
    })?;
    Some(bucket.index.middle().clamp(min, max.max(min)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_answers_within_1_083_percent(value in 1e-18f64..1e18) {
            for value in [value, -value] {
                let middle = Index::of(value).middle();
                prop_assert!((middle - value).abs() <= value.abs() * 0.010831, "{value}: {middle}");
            }
        }

        #[test]
        fn buckets_ascend_with_their_numbers(a in -1e19f64..1e19, b in -1e19f64..1e19) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            let (low, high) = (Index::of(low), Index::of(high));
            prop_assert!(low.middle() <= high.middle());
        }
    }

    #[test]
    fn bounds_are_lower_inclusive() {
        for n in 0..BUCKETS {
            assert_eq!(Index::of(bound(n)), Index(1 + n), "{n}");
            assert_eq!(
                Index::of(bound(n).next_down().max(bound(0))),
                Index(n.max(1)),
                "{n}"
            );
        }
    }

    #[test]
    fn nothing_finite_is_out_of_range() {
        let store = ValueStore::default();
        let odd = [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            0.0,
            -0.0,
            1.0,
        ];
        for value in odd {
            store.record(Amount::Real(value));
        }
        assert_eq!(store.count(), odd.len() as u64);
        let held = store.held(Dimension::None);
        assert!(
            held.windows(2)
                .all(|pair| pair[0].index.middle() <= pair[1].index.middle())
        );
        assert_eq!(held.first().unwrap().sum, Amount::Real(f64::MIN));
    }

    #[test]
    fn quantiles_of_ten_thousand_numbers_are_within_1_083_percent() {
        let store = ValueStore::default();
        for n in 1..=10_000 {
            store.record(Amount::Integer(n));
        }
        let held = store.held(Dimension::Time);
        for (q, truth) in [(0.0, 1.0), (0.5, 5_000.0), (0.95, 9_500.0), (1.0, 10_000.0)] {
            let answer = quantile(&held, q, 1.0, 10_000.0).unwrap();
            assert!((answer - truth).abs() <= truth * 0.010831, "{q}: {answer}");
        }
        assert_eq!(quantile(&[], 0.5, 0.0, 0.0), None);
    }

    #[test]
    fn one_number_is_reported_exactly() {
        let store = ValueStore::default();
        store.record(Amount::Integer(1_234_567));
        let held = store.held(Dimension::Time);
        assert_eq!(
            quantile(&held, 0.99, 1_234_567.0, 1_234_567.0),
            Some(1_234_567.0)
        );
        assert_eq!(held[0].sum, Amount::Integer(1_234_567));
    }
}
