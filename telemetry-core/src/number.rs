//! [`Number`]: what a measurement is, and [`ToNumber`]: what can become one.

use std::cmp::Ordering;
use std::fmt;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::time::Duration;

/// A measurement: a number, or a length of time with its unit built in.
///
/// A `Duration` stays one until a reporter renders it, so nobody has to remember whether a bare
/// `150` meant milliseconds.
///
/// ```
/// use telemetry::{Number, ToNumber};
///
/// assert_eq!(7u8.to_number(), Some(Number::Unsigned(7)));
/// // Integers compare by value, whatever their type.
/// assert_eq!(Number::Signed(7), Number::Unsigned(7));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Number {
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A floating point number; it may be NaN or infinite, and whoever adds it up must check.
    Float(f64),
    /// A length of time.
    Duration(Duration),
}

impl Number {
    /// The value as `u64`, if it is an integer that fits.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Unsigned(n) => Some(n),
            Self::Signed(n) => u64::try_from(n).ok(),
            Self::Float(_) | Self::Duration(_) => None,
        }
    }

    /// The value as `i64`, if it is an integer that fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Signed(n) => Some(n),
            Self::Unsigned(n) => i64::try_from(n).ok(),
            Self::Float(_) | Self::Duration(_) => None,
        }
    }

    /// The value as `f64`, if it is a plain number. Integers beyond 2^53 are rounded.
    ///
    /// A duration answers `None`: as a bare number it would need a unit.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Signed(n) => Some(n as f64),
            Self::Unsigned(n) => Some(n as f64),
            Self::Float(n) => Some(n),
            Self::Duration(_) => None,
        }
    }

    /// The value as `Duration`, if it is one.
    #[must_use]
    pub fn as_duration(self) -> Option<Duration> {
        match self {
            Self::Duration(time) => Some(time),
            Self::Signed(_) | Self::Unsigned(_) | Self::Float(_) => None,
        }
    }
}

/// Integers of either sign are equal if their values are; a float equals a float, a duration a
/// duration.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Signed(a), Self::Signed(b)) => a == b,
            (Self::Unsigned(a), Self::Unsigned(b)) => a == b,
            (Self::Signed(a), Self::Unsigned(b)) | (Self::Unsigned(b), Self::Signed(a)) => {
                u64::try_from(*a) == Ok(*b)
            }
            _ => false,
        }
    }
}

/// Integers of either sign are ordered by their values, floats among floats, durations among
/// durations; between those three there is no order, because nobody said in which unit.
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let integer = |number: &Self| match *number {
            Self::Signed(n) => Some(i128::from(n)),
            Self::Unsigned(n) => Some(i128::from(n)),
            Self::Float(_) | Self::Duration(_) => None,
        };
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Duration(a), Self::Duration(b)) => a.partial_cmp(b),
            (a, b) => integer(a)?.partial_cmp(&integer(b)?),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(n) => fmt::Debug::fmt(n, f),
            Self::Unsigned(n) => fmt::Debug::fmt(n, f),
            Self::Float(n) => fmt::Debug::fmt(n, f),
            Self::Duration(time) => fmt::Debug::fmt(time, f),
        }
    }
}

/// A number as itself; a duration as people write it, `1.5ms`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(n) => fmt::Display::fmt(n, f),
            Self::Unsigned(n) => fmt::Display::fmt(n, f),
            Self::Float(n) => fmt::Display::fmt(n, f),
            Self::Duration(time) => fmt::Debug::fmt(time, f),
        }
    }
}

/// What can stand as a measurement.
///
/// Implemented for the integers up to 64 bits (`NonZero` ones, too), the floats, `Duration`, [`Number`], references to
/// any of them, and `Option` (`None` means that the measurement is absent). Implement it for a
/// newtype of your own to use it in the macros.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a measurement",
    label = "not a number or a `Duration`",
    note = "a measurement is an integer of up to 64 bits, a float, a `Duration`, or an `Option` of one",
    note = "for a `u128` such as `elapsed.as_micros()`, pass the `Duration` itself, or write `x as u64`",
    note = "text, flags and other context belong into the second braces, the metadata"
)]
pub trait ToNumber {
    /// The number, or `None` if there is nothing to record.
    fn to_number(&self) -> Option<Number>;
}

macro_rules! to_number {
    ($variant:ident($as:ty): $($from:ty)*) => {$(
        impl ToNumber for $from {
            #[inline]
            fn to_number(&self) -> Option<Number> {
                Some(Number::$variant(*self as $as))
            }
        }

        impl From<$from> for Number {
            #[inline]
            fn from(n: $from) -> Self {
                Self::$variant(n as $as)
            }
        }
    )*};
}

to_number!(Signed(i64): i8 i16 i32 i64 isize);
to_number!(Unsigned(u64): u8 u16 u32 u64 usize);
to_number!(Float(f64): f32 f64);

macro_rules! through_get {
    ($($number:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl ToNumber for $number {
            #[inline]
            fn to_number(&self) -> Option<Number> {
                Some(self.get().into())
            }
        }
    )*};
}

through_get!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize);
through_get!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize);

impl From<Duration> for Number {
    #[inline]
    fn from(time: Duration) -> Self {
        Self::Duration(time)
    }
}

impl ToNumber for Duration {
    #[inline]
    fn to_number(&self) -> Option<Number> {
        Some(Number::Duration(*self))
    }
}

impl ToNumber for Number {
    #[inline]
    fn to_number(&self) -> Option<Number> {
        Some(*self)
    }
}

impl<T: ToNumber> ToNumber for Option<T> {
    #[inline]
    fn to_number(&self) -> Option<Number> {
        self.as_ref().and_then(T::to_number)
    }
}

impl<T: ToNumber + ?Sized> ToNumber for &T {
    #[inline]
    fn to_number(&self) -> Option<Number> {
        T::to_number(self)
    }
}

impl<T: ToNumber + ?Sized> ToNumber for &mut T {
    #[inline]
    fn to_number(&self) -> Option<Number> {
        T::to_number(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_kind_are_ordered() {
        let (small, large) = (Number::Signed(-1), Number::Unsigned(u64::MAX));
        assert!(small < large);
        assert!(Number::Float(0.5) < Number::Float(1.5));
        assert!(Number::Duration(Duration::ZERO) < Number::Duration(Duration::MAX));
        assert_eq!(Number::Float(1.0).partial_cmp(&Number::Unsigned(1)), None);
        assert_eq!(NonZeroU8::MAX.to_number(), Some(Number::Unsigned(255)));
    }

    #[test]
    fn integers_compare_by_value_whatever_their_type() {
        assert_eq!(Number::from(200u16), Number::from(200i64));
        assert_ne!(Number::from(-1), Number::from(u64::MAX));
        assert_ne!(Number::from(1), Number::from(1.0));
        assert_ne!(Number::from(f64::NAN), Number::from(f64::NAN));
    }

    #[test]
    fn conversions_answer_only_what_they_can_answer_exactly() {
        assert_eq!(Number::from(-1).as_u64(), None);
        assert_eq!(Number::from(u64::MAX).as_i64(), None);
        assert_eq!(Number::from(1.5).as_u64(), None);
        assert_eq!(Number::from(Duration::from_secs(1)).as_f64(), None);
        assert_eq!(Number::from(3u8).as_f64(), Some(3.0));
    }

    #[test]
    fn a_number_is_two_words() {
        // The stack arrays that the macros build depend on it staying small.
        assert_eq!(size_of::<Option<Number>>(), 16);
    }

    #[test]
    fn an_absent_option_is_an_absent_measurement() {
        assert_eq!(None::<u32>.to_number(), None);
        assert_eq!(Some(&3u32).to_number(), Some(Number::Unsigned(3)));
    }
}
