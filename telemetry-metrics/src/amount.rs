//! [`Amount`]: a number as it is stored, and how a measurement becomes one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use telemetry::Number;

use crate::skip::Skip;
use crate::unit::{Dimension, Unit};

/// A number as the aggregator stores it: integer nanoseconds, integer bytes, or a plain `f64`,
/// by the definition's [`Dimension`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Amount {
    /// Nanoseconds or bytes.
    Integer(i64),
    /// A plain number; always finite.
    Real(f64),
}

impl Amount {
    /// The amount in a unit of its own dimension, divided by the unit's integer factor.
    ///
    /// ```
    /// use telemetry_metrics::{Amount, Unit};
    /// assert_eq!(Amount::Integer(300_000_000).in_unit(Unit::Second), 0.3);
    /// ```
    #[must_use]
    pub fn in_unit(self, unit: Unit) -> f64 {
        let factor = unit.factor();
        match self {
            // Exact where the quotient is an integer, however large.
            Self::Integer(n) if n % (factor as i64) == 0 => (n / factor as i64) as f64,
            Self::Integer(n) => n as f64 / factor as f64,
            Self::Real(x) => x / factor as f64,
        }
    }

    /// The amount as stored: nanoseconds, bytes or ones.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Real(x) => x,
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        match self {
            Self::Integer(n) => n < 0,
            Self::Real(x) => x < 0.0,
        }
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        match self {
            Self::Integer(n) => n == 0,
            Self::Real(x) => x == 0.0,
        }
    }

    pub(crate) fn zero(dimension: Dimension) -> Self {
        match dimension {
            Dimension::None => Self::Real(0.0),
            Dimension::Time | Dimension::Bytes => Self::Integer(0),
        }
    }

    pub(crate) fn to_bits(self) -> u64 {
        match self {
            Self::Integer(n) => n as u64,
            Self::Real(x) => x.to_bits(),
        }
    }

    pub(crate) fn from_bits(dimension: Dimension, bits: u64) -> Self {
        match dimension {
            Dimension::None => Self::Real(f64::from_bits(bits)),
            Dimension::Time | Dimension::Bytes => Self::Integer(bits as i64),
        }
    }

    /// What a word holds.
    pub(crate) fn load(word: &AtomicU64, dimension: Dimension) -> Self {
        Self::from_bits(dimension, word.load(Ordering::Relaxed))
    }

    /// `self - earlier`, for what was added between two readings of one cell.
    pub(crate) fn since(self, earlier: Self) -> Self {
        match (self, earlier) {
            (Self::Integer(now), Self::Integer(then)) => Self::Integer(now.wrapping_sub(then)),
            (now, then) => Self::Real(now.as_f64() - then.as_f64()),
        }
    }

    /// So many of it; nothing if that does not fit.
    pub(crate) fn times(self, count: u64) -> Option<Self> {
        match self {
            Self::Integer(n) => {
                let product = n.checked_mul(i64::try_from(count).ok()?)?;
                let fits = product.unsigned_abs() < TOO_LARGE.unsigned_abs();
                fits.then_some(Self::Integer(product))
            }
            Self::Real(x) => {
                let product = x * count as f64;
                product.is_finite().then_some(Self::Real(product))
            }
        }
    }

    /// The two together.
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a.wrapping_add(b)),
            (a, b) => Self::Real(a.as_f64() + b.as_f64()),
        }
    }
}

/// Turns a measurement into what a definition of this dimension stores.
///
/// `from` is the unit of bare numbers, where the definition says one. Without it a bare number is
/// bytes where bytes are expected, and an error where time is: `150` of what?
#[inline(always)]
pub(crate) fn store(
    number: &Number,
    dimension: Dimension,
    from: Option<Unit>,
) -> Result<Amount, Skip> {
    match (number, dimension) {
        (Number::Duration(time), Dimension::Time) => {
            nanos(time).map(Amount::Integer).ok_or(Skip::Overflow)
        }
        (Number::Duration(_), Dimension::None | Dimension::Bytes) => Err(Skip::Unit),
        (number, _) => store_bare(*number, dimension, from),
    }
}

/// Integers of this magnitude and beyond are none that anybody measured: 146 years, or 4 EiB. Without
/// them, no number alone makes a total begin again.
const TOO_LARGE: i64 = 1 << 62;

/// In nanoseconds, unless it is too long.
#[inline(always)]
pub(crate) fn nanos(time: &Duration) -> Option<i64> {
    const A_SECOND: u64 = 1_000_000_000;
    // So many fit with any fraction.
    const FIT: u64 = TOO_LARGE as u64 / A_SECOND;
    if time.as_secs() >= FIT {
        return None;
    }
    Some((time.as_secs() * A_SECOND + u64::from(time.subsec_nanos())) as i64)
}

#[inline(never)]
fn store_bare(number: Number, dimension: Dimension, from: Option<Unit>) -> Result<Amount, Skip> {
    let from = match (from, dimension) {
        (Some(from), _) => from,
        (None, Dimension::Time) => return Err(Skip::Unit),
        (None, other) => other.base_unit(),
    };
    let factor = from.factor();
    if dimension == Dimension::None {
        let plain = number.as_f64().ok_or(Skip::Unit)?;
        return if plain.is_finite() {
            Ok(Amount::Real(plain))
        } else {
            Err(Skip::NotFinite)
        };
    }
    if let Some(n) = number.as_i64() {
        return n
            .checked_mul(factor as i64)
            .filter(|n| n.unsigned_abs() < TOO_LARGE.unsigned_abs())
            .map(Amount::Integer)
            .ok_or(Skip::Overflow);
    }
    let scaled = number.as_f64().ok_or(Skip::Unit)? * factor as f64;
    if scaled.is_nan() || number.as_f64().is_some_and(f64::is_infinite) {
        Err(Skip::NotFinite)
    } else if scaled.abs() < TOO_LARGE as f64 {
        Ok(Amount::Integer(scaled.round() as i64))
    } else {
        Err(Skip::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_takes_durations_and_bare_numbers_only_with_a_unit() {
        let time = |number: Number, from| store(&number, Dimension::Time, from);
        assert_eq!(
            time(Duration::from_millis(2).into(), None),
            Ok(Amount::Integer(2_000_000))
        );
        assert_eq!(time(2.into(), None), Err(Skip::Unit));
        assert_eq!(
            time(2.into(), Some(Unit::Millisecond)),
            Ok(Amount::Integer(2_000_000))
        );
        assert_eq!(
            time(1.5.into(), Some(Unit::Microsecond)),
            Ok(Amount::Integer(1_500))
        );
        // The last second that fits is not used up.
        let too_long = Duration::from_secs(TOO_LARGE as u64 / 1_000_000_000);
        let nanosecond = Duration::from_nanos(1);
        let longest = (too_long - nanosecond).as_nanos() as i64;
        assert_eq!(
            time((too_long - nanosecond).into(), None),
            Ok(Amount::Integer(longest))
        );
        for long in [too_long, Duration::MAX] {
            assert_eq!(time(long.into(), None), Err(Skip::Overflow));
        }
    }

    #[test]
    fn bytes_and_plain_numbers_refuse_durations() {
        let second = Number::from(Duration::from_secs(1));
        assert_eq!(store(&second, Dimension::Bytes, None), Err(Skip::Unit));
        assert_eq!(store(&second, Dimension::None, None), Err(Skip::Unit));
        assert_eq!(
            store(&3.into(), Dimension::Bytes, None),
            Ok(Amount::Integer(3))
        );
        assert_eq!(
            store(&3.into(), Dimension::Bytes, Some(Unit::Kibibyte)),
            Ok(Amount::Integer(3072))
        );
    }

    #[test]
    fn what_is_not_finite_or_does_not_fit_is_said_so() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                store(&bad.into(), Dimension::None, None),
                Err(Skip::NotFinite)
            );
            assert_eq!(
                store(&bad.into(), Dimension::Bytes, None),
                Err(Skip::NotFinite)
            );
        }
        assert_eq!(
            store(&u64::MAX.into(), Dimension::Bytes, None),
            Err(Skip::Overflow)
        );
        let hours = store(&i64::MAX.into(), Dimension::Time, Some(Unit::Hour));
        assert_eq!(hours, Err(Skip::Overflow));
        for (n, fits) in [
            (TOO_LARGE - 1, true),
            (TOO_LARGE, false),
            (-TOO_LARGE, false),
        ] {
            let stored = store(&n.into(), Dimension::Bytes, None);
            assert_eq!(stored.is_ok(), fits, "{n}");
        }
        assert_eq!(
            Amount::Integer(1 << 61).times(1),
            Some(Amount::Integer(1 << 61))
        );
        assert_eq!(Amount::Integer(1 << 61).times(2), None);
    }

    #[test]
    fn units_divide_by_integers() {
        let millis = |n| Amount::Integer(n).in_unit(Unit::Millisecond);
        assert_eq!(millis(1_001_000_000), 1001.0);
        assert_eq!(Amount::Integer(1_001_000_000).in_unit(Unit::Second), 1.001);
        assert_eq!(millis(300_000), 0.3);
        assert_eq!(Amount::Integer(-5).in_unit(Unit::Byte), -5.0);
    }
}
