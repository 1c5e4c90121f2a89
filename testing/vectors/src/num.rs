//! Numbers and units: the original's arithmetic, and ours.

use serde_json::Value as Json;

use crate::term::Strange;
use telemetry_metrics::{Dimension, Unit};

/// A number of the BEAM, which tells integers from floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Num {
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
}

impl Num {
    /// The number that a JSON value is.
    #[must_use]
    pub fn of(json: &Json) -> Option<Self> {
        let whole = json.as_i64().map(i128::from);
        whole
            .or_else(|| json.as_u64().map(i128::from))
            .map(Self::Int)
            .or_else(|| json.as_f64().map(Self::Float))
    }

    /// Its value.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    /// The product: an integer if both are.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.saturating_mul(b)),
            (a, b) => Self::Float(a.as_f64() * b.as_f64()),
        }
    }

    /// The sum, likewise.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Self::Int(a.saturating_add(b)),
            (a, b) => Self::Float(a.as_f64() + b.as_f64()),
        }
    }

    /// As the BEAM prints it.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Int(whole) => whole.to_string(),
            Self::Float(float) => crate::term::float_text(float),
        }
    }
}

/// What a definition says of its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Units {
    /// Nothing.
    Unsaid,
    /// One unit.
    One(Unit),
    /// From one unit to another.
    Pair(Unit, Unit),
}

/// The unit of this name; on the machine where the cases were taken, the native unit of time was
/// the nanosecond.
#[must_use]
pub fn unit(name: &str) -> Unit {
    match name {
        "unit" => Unit::One,
        "native" | "nanosecond" => Unit::Nanosecond,
        "microsecond" => Unit::Microsecond,
        "millisecond" => Unit::Millisecond,
        "second" => Unit::Second,
        "minute" => Unit::Minute,
        "hour" => Unit::Hour,
        "byte" => Unit::Byte,
        "kilobyte" => Unit::Kilobyte,
        "megabyte" => Unit::Megabyte,
        "gigabyte" => Unit::Gigabyte,
        "kibibyte" => Unit::Kibibyte,
        "mebibyte" => Unit::Mebibyte,
        "gibibyte" => Unit::Gibibyte,
        other => Unit::Other(crate::event::intern(other)),
    }
}

impl Units {
    /// Reads the option `unit`.
    ///
    /// # Errors
    ///
    /// What is not the name of a unit, or a pair of them.
    pub fn of(options: &Json) -> Result<Self, Strange> {
        let one = |json: &Json| match json {
            Json::String(name) => Ok(unit(name)),
            json => match crate::term::tagged(json) {
                Some(("atom", Json::String(name))) => Ok(unit(name)),
                _ => Err(Strange::NotHere),
            },
        };
        match options.get("unit") {
            None => Ok(Self::Unsaid),
            Some(Json::Array(pair)) if pair.len() == 2 => {
                Ok(Self::Pair(one(&pair[0])?, one(&pair[1])?))
            }
            Some(json) => one(json).map(Self::One),
        }
    }

    /// Whether it is a pair that nobody can convert.
    #[must_use]
    pub fn is_mixed(self) -> bool {
        matches!(self, Self::Pair(from, to) if from != to
            && (from.dimension() != to.dimension() || from.dimension() == Dimension::None))
    }

    /// By what the original multiplies.
    #[must_use]
    pub fn ratio(self) -> Num {
        let Self::Pair(from, to) = self else {
            return Num::Int(1);
        };
        let (a, b) = (from.factor(), to.factor());
        if from == to {
            Num::Int(1)
        } else if from.dimension() == Dimension::Bytes {
            // Its factors are those of a megabyte, and it divides them.
            let part = |factor: u64| (1_000_000 / factor.max(1)) as f64;
            Num::Float(part(b) / part(a))
        } else if a >= b {
            Num::Int(i128::from(a / b))
        } else {
            Num::Float(1.0 / (b / a) as f64)
        }
    }

    /// What we show of a number that is measured: time and bytes are stored as whole nanoseconds
    /// and bytes, and divided. `None` if they are too many.
    #[must_use]
    pub fn ours(self, measured: Num) -> Option<f64> {
        let (from, to) = match self {
            Self::Unsaid => return Some(measured.as_f64()),
            Self::One(unit) => (unit, unit),
            Self::Pair(from, to) => (from, to),
        };
        if from.dimension() == Dimension::None {
            return Some(measured.as_f64());
        }
        let stored = self.stored(measured)?;
        let (stored, factor) = (i128::from(stored), i128::from(to.factor()));
        Some(if stored % factor == 0 {
            (stored / factor) as f64
        } else {
            stored as f64 / factor as f64
        })
    }

    /// What we store of a number of time or bytes.
    #[must_use]
    pub fn stored(self, measured: Num) -> Option<i64> {
        let from = match self {
            Self::Unsaid => return None,
            Self::One(from) | Self::Pair(from, _) => from,
        };
        match measured {
            Num::Int(whole) => i64::try_from(whole.checked_mul(i128::from(from.factor()))?).ok(),
            Num::Float(float) => {
                let base = (float * from.factor() as f64).round();
                (base.abs() < i64::MAX as f64).then_some(base as i64)
            }
        }
    }
}
