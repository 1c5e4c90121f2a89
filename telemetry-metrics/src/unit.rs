//! Units: what a number means, and what it is divided by when it is shown.

use std::fmt;

/// The unit in which a definition's numbers are shown.
///
/// Time is stored as nanoseconds and bytes as bytes, both integers; a reporter divides by
/// [`factor`](Self::factor) when it renders, so that 300 ms are 0.3 s exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Unit {
    /// No unit: a plain number.
    #[default]
    One,
    /// 10⁻⁹ s.
    Nanosecond,
    /// 10⁻⁶ s.
    Microsecond,
    /// 10⁻³ s.
    Millisecond,
    /// The base unit of time.
    Second,
    /// 60 s.
    Minute,
    /// 3,600 s.
    Hour,
    /// The base unit of size.
    Byte,
    /// 1,000 bytes.
    Kilobyte,
    /// 10⁶ bytes.
    Megabyte,
    /// 10⁹ bytes.
    Gigabyte,
    /// 1,024 bytes.
    Kibibyte,
    /// 1,024² bytes.
    Mebibyte,
    /// 1,024³ bytes.
    Gibibyte,
    /// A plain number of something: `Unit::Other("requests")`.
    Other(&'static str),
}

/// What kind of thing a unit measures; numbers of different dimensions never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dimension {
    /// A plain number, stored as `f64`.
    None,
    /// Time, stored as integer nanoseconds.
    Time,
    /// Size, stored as integer bytes.
    Bytes,
}

impl Dimension {
    /// The base unit, which Prometheus and OTLP use: seconds, bytes, or none.
    #[must_use]
    pub fn base_unit(self) -> Unit {
        match self {
            Self::None => Unit::One,
            Self::Time => Unit::Second,
            Self::Bytes => Unit::Byte,
        }
    }
}

impl Unit {
    /// What the unit measures.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::One | Self::Other(_) => Dimension::None,
            Self::Nanosecond
            | Self::Microsecond
            | Self::Millisecond
            | Self::Second
            | Self::Minute
            | Self::Hour => Dimension::Time,
            Self::Byte
            | Self::Kilobyte
            | Self::Megabyte
            | Self::Gigabyte
            | Self::Kibibyte
            | Self::Mebibyte
            | Self::Gibibyte => Dimension::Bytes,
        }
    }

    /// How many nanoseconds, bytes or ones the unit is.
    ///
    /// ```
    /// use telemetry_metrics::Unit;
    /// assert_eq!(Unit::Millisecond.factor(), 1_000_000);
    /// assert_eq!(Unit::Kibibyte.factor(), 1024);
    /// ```
    #[must_use]
    pub fn factor(self) -> u64 {
        match self {
            Self::One | Self::Other(_) | Self::Nanosecond | Self::Byte => 1,
            Self::Microsecond | Self::Kilobyte => 1_000,
            Self::Millisecond | Self::Megabyte => 1_000_000,
            Self::Second | Self::Gigabyte => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
            Self::Kibibyte => 1 << 10,
            Self::Mebibyte => 1 << 20,
            Self::Gibibyte => 1 << 30,
        }
    }

    /// The unit's name as a plural word, `milliseconds`; empty for [`Unit::One`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Nanosecond => "nanoseconds",
            Self::Microsecond => "microseconds",
            Self::Millisecond => "milliseconds",
            Self::Second => "seconds",
            Self::Minute => "minutes",
            Self::Hour => "hours",
            Self::Byte => "bytes",
            Self::Kilobyte => "kilobytes",
            Self::Megabyte => "megabytes",
            Self::Gigabyte => "gigabytes",
            Self::Kibibyte => "kibibytes",
            Self::Mebibyte => "mebibytes",
            Self::Gibibyte => "gibibytes",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What [`Metric::unit`](crate::Metric::unit) takes: a unit, or a pair of what bare numbers are
/// in and what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitSpec {
    pub(crate) from: Option<Unit>,
    pub(crate) shown: Unit,
}

impl From<Unit> for UnitSpec {
    fn from(shown: Unit) -> Self {
        Self { from: None, shown }
    }
}

impl From<(Unit, Unit)> for UnitSpec {
    fn from((from, shown): (Unit, Unit)) -> Self {
        Self {
            from: Some(from),
            shown,
        }
    }
}
