//! Buckets whose bounds grow exponentially: which one a number belongs to, and quantiles over them.
//!
//! Scale 5 in OpenTelemetry's terms: 32 buckets to each doubling, every bound 2^(1/32) times the
//! one before, lower bound inclusive. A bucket answers its harmonic middle, which is at most
//! 1.083 % away from anything in it. Magnitudes below 2^-64 and beyond 2^64 are counted in the
//! outermost buckets, as if they were those bounds.

pub(crate) const PER_OCTAVE: usize = 32;
pub(crate) const OCTAVES_PER_GROUP: usize = 8;
pub(crate) const GROUPS: usize = 16;
const OCTAVES: i32 = (GROUPS * OCTAVES_PER_GROUP) as i32;
const LOWEST_OCTAVE: i32 = -(OCTAVES / 2);
pub(crate) const BUCKETS: i32 = OCTAVES * PER_OCTAVE as i32;

/// 2^(n/32) for n in 0..32: the lower bounds within one octave. Written out, because what is made
/// when it is first used has to be asked for each time.
#[rustfmt::skip]
const WITHIN_OCTAVE: [f64; PER_OCTAVE] = [
    1.0, 1.0218971486541166, 1.0442737824274138, 1.0671404006768237,
    1.0905077326652577, 1.1143867425958924, 1.1387886347566916, 1.1637248587775775,
    1.189207115002721, 1.215247359980469, 1.241857812073484, 1.2690509571917332,
    1.2968395546510096, 1.3252366431597413, 1.3542555469368927, 1.383909881963832,
    std::f64::consts::SQRT_2, 1.4451808069770467, 1.4768261459394993, 1.5091644275934228,
    1.5422108254079407, 1.5759808451078865, 1.6104903319492543, 1.645755478153965,
    1.681792830507429, 1.718619298122478, 1.7562521603732995, 1.7947090750031072,
    1.8340080864093424, 1.8741676341103, 1.9152065613971474, 1.9571441241754002,
];

/// How many [offsets](Index::OFFSETS) there are to a unit in each of these buckets.
static OFFSETS_WITHIN: [f64; PER_OCTAVE] = offsets_within();

const fn offsets_within() -> [f64; PER_OCTAVE] {
    let mut offsets = [0.0; PER_OCTAVE];
    let mut n = 0;
    while n < PER_OCTAVE {
        let upper = if n + 1 < PER_OCTAVE {
            WITHIN_OCTAVE[n + 1]
        } else {
            2.0
        };
        offsets[n] = Index::OFFSETS as f64 / (upper - WITHIN_OCTAVE[n]);
        n += 1;
    }
    offsets
}

/// Where the search within an octave begins: for each 64th of it, the bucket of its beginning.
static GUESS: [u8; LINEAR] = guess();

const fn guess() -> [u8; LINEAR] {
    let mut guess = [0; LINEAR];
    let (mut n, mut bucket) = (0, 0);
    while n < LINEAR {
        let begins = 1.0 + n as f64 / LINEAR as f64;
        while bucket + 1 < PER_OCTAVE && WITHIN_OCTAVE[bucket + 1] <= begins {
            bucket += 1;
        }
        guess[n] = bucket as u8;
        n += 1;
    }
    guess
}

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
pub(crate) struct Index(pub(crate) i32);

impl Index {
    /// Into so many parts a bucket is divided, to say where in it a number lies.
    pub(crate) const OFFSETS: u64 = 1 << 24;

    /// The bucket of a finite number.
    pub(crate) fn of(value: f64) -> Self {
        Self::with_offset(value).0
    }

    /// The bucket of a finite number, and where in it the number lies.
    #[inline]
    pub(crate) fn with_offset(value: f64) -> (Self, u64) {
        if value == 0.0 {
            return (Self(0), 0);
        }
        let bits = value.abs().to_bits();
        // Subnormal numbers have exponent 0 here and fall below the lowest octave, as they should.
        let octave = ((bits >> 52) as i32) - 1023;
        let (magnitude, offset) = if octave < LOWEST_OCTAVE {
            (0, 0)
        } else if octave >= LOWEST_OCTAVE + OCTAVES {
            (BUCKETS - 1, Self::OFFSETS - 1)
        } else {
            let mantissa = bits & ((1 << 52) - 1);
            let within = within_octave(mantissa);
            let above = f64::from_bits(mantissa | (1023 << 52)) - WITHIN_OCTAVE[within];
            let magnitude = (octave - LOWEST_OCTAVE) * PER_OCTAVE as i32 + within as i32;
            (magnitude, (above * OFFSETS_WITHIN[within]) as u64)
        };
        let index = Self(if value < 0.0 {
            -1 - magnitude
        } else {
            1 + magnitude
        });
        (index, offset)
    }

    /// The number that lies at this offset, which may be a mean of several.
    pub(crate) fn at(self, offset: f64) -> f64 {
        if self.0 == 0 {
            return 0.0;
        }
        let magnitude = self.0.abs() - 1;
        let (lower, upper) = (bound(magnitude), bound(magnitude + 1));
        let at = lower + (upper - lower) * (offset / Self::OFFSETS as f64);
        at.copysign(f64::from(self.0))
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

    /// Between which numbers everything in the bucket lies.
    pub(crate) fn edges(self) -> (f64, f64) {
        if self.0 == 0 {
            return (0.0, 0.0);
        }
        let magnitude = self.0.abs() - 1;
        // The outermost buckets hold whatever lies beyond.
        let lower = if magnitude == 0 {
            0.0
        } else {
            bound(magnitude)
        };
        let upper = if magnitude == BUCKETS - 1 {
            f64::INFINITY
        } else {
            bound(magnitude + 1)
        };
        if self.0 < 0 {
            (-upper, -lower)
        } else {
            (lower, upper)
        }
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

/// What one bucket held at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) index: Index,
    pub(crate) count: u64,
    /// The sum of their offsets within the bucket.
    pub(crate) offsets: u128,
}

impl Held {
    /// How many of which bucket.
    pub(crate) fn counted(&self) -> (Index, u64) {
        (self.index, self.count)
    }

    /// The mean of what is held.
    #[cfg(test)]
    pub(crate) fn mean(&self) -> f64 {
        mean(self.index, self.count, self.offsets)
    }
}

/// The mean of so many numbers of a bucket whose offsets have this sum.
///
/// An offset is exact to 6 in 10^10, so a number of up to 8 digits is found again by rounding.
pub(crate) fn mean(index: Index, count: u64, offsets: u128) -> f64 {
    // Offsets were rounded down.
    let offset = offsets as f64 / count.max(1) as f64 + 0.5;
    let mean = index.at(offset.min(Index::OFFSETS as f64));
    if mean == 0.0 {
        return 0.0;
    }
    let digits = 7 - mean.abs().log10().floor() as i32;
    let tidy = match digits {
        0..=300 => {
            let scale = 10_f64.powi(digits);
            (mean * scale).round() / scale
        }
        -300..0 => {
            let scale = 10_f64.powi(-digits);
            (mean / scale).round() * scale
        }
        _ => mean,
    };
    index.clamp(tidy)
}

/// The number below which the share `q` of all numbers lies, by nearest rank: at most 1.083 % off.
///
/// The answer is clamped to what was really seen, so that one number alone is reported exactly.
pub(crate) fn quantile(
    counts: impl Iterator<Item = (Index, u64)> + Clone,
    q: f64,
    min: f64,
    max: f64,
) -> Option<f64> {
    let total = counts
        .clone()
        .fold(0_u64, |total, (_, count)| total.saturating_add(count));
    // 0.55 of 100 is 55, but 55.00000000000001 in floats.
    let exact = q.clamp(0.0, 1.0) * total as f64 * (1.0 - 4.0 * f64::EPSILON);
    let rank = (exact.ceil() as u64).max(1);
    let mut below = 0_u64;
    let mut counts = counts;
    let (index, _) = counts.find(|(_, count)| {
        below = below.saturating_add(*count);
        below >= rank
    })?;
    Some(index.middle().clamp(min, max.max(min)))
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
    fn the_bounds_within_an_octave_are_what_is_said_of_them() {
        for (n, lower) in WITHIN_OCTAVE.iter().enumerate() {
            let exact = (n as f64 / PER_OCTAVE as f64).exp2();
            assert!(
                (lower - exact).abs() <= exact * f64::EPSILON,
                "{n}: {lower}"
            );
        }
        for (n, guess) in GUESS.iter().enumerate() {
            let begins = 1.0 + n as f64 / LINEAR as f64;
            let bucket = WITHIN_OCTAVE.partition_point(|lower| *lower <= begins) - 1;
            assert_eq!(usize::from(*guess), bucket, "{n}");
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
    fn a_number_of_eight_digits_is_found_again() {
        for value in [
            1.0,
            120.0,
            0.3,
            12_345_678.0,
            99_999_999.0,
            1e-9,
            2e9,
            0.1,
            7e15,
        ] {
            for value in [value, -value] {
                let (index, offset) = Index::with_offset(value);
                assert_eq!(mean(index, 1, u128::from(offset)), value);
            }
        }
        assert_eq!(mean(Index(0), 3, 0), 0.0);
    }

    #[test]
    fn a_mean_is_that_of_the_numbers() {
        let numbers = [100.0, 100.25, 100.5, 100.75];
        let offsets = numbers.map(|number| u128::from(Index::with_offset(number).1));
        let index = Index::of(100.0);
        assert!(numbers.iter().all(|number| Index::of(*number) == index));
        assert_eq!(mean(index, 4, offsets.iter().sum()), 100.375);
    }
}
