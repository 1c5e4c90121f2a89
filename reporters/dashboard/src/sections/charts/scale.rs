//! [`Scale`]: from numbers as they are stored to those that the browser gets, and their unit.

use serde_json::{Value as Json, json};
use telemetry_metrics::{Definition, Dimension, Kind};

use super::number::Number;

/// Seconds instead of nanoseconds, and the unit in the browser's words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pub(super) divide: f64,
    pub(super) unit: String,
}

impl Scale {
    /// Of what a line of this definition shows.
    pub(super) fn of(definition: &Definition, number: &Number) -> Self {
        let counts = definition.kind() != Kind::Sum;
        match number {
            Number::Share(_) => Self::plain("ratio"),
            Number::Rate if counts => Self::plain("per second"),
            Number::Total if counts => Self::plain(""),
            Number::Rate => {
                let amount = Self::of_amounts(definition);
                let unit = format!("{} per second", amount.unit);
                Self {
                    unit: unit.trim_start().to_owned(),
                    ..amount
                }
            }
            _ => Self::of_amounts(definition),
        }
    }

    /// Of what is measured itself.
    pub(super) fn of_amounts(definition: &Definition) -> Self {
        match definition.dimension() {
            Dimension::Time => Self {
                divide: 1e9,
                unit: "seconds".to_owned(),
            },
            Dimension::Bytes => Self::plain("bytes"),
            // A convention of OpenTelemetry's: 0 to 1.
            _ if definition.unit().as_str().is_empty() && is_share(definition) => {
                Self::plain("ratio")
            }
            _ => Self::plain(definition.unit().as_str()),
        }
    }

    fn plain(unit: &str) -> Self {
        Self {
            divide: 1.0,
            unit: unit.to_owned(),
        }
    }

    /// A number as stored, with its unit, for a figure.
    pub(super) fn value(&self, stored: Option<f64>) -> Json {
        match stored.map_or(Json::Null, |stored| rounded(stored / self.divide)) {
            Json::Null => Json::Null,
            number if self.unit.is_empty() => number,
            number => json!({ "n": number, "u": self.unit }),
        }
    }
}

fn is_share(definition: &Definition) -> bool {
    let last = definition.name().rsplit('.').next().unwrap_or_default();
    last == "utilization" || last == "ratio" || last.ends_with("_ratio")
}

/// Integers as they are, and six digits of others; nothing where it is not finite.
pub(super) fn rounded(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !number.is_finite() {
        return Json::Null;
    }
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return json!(number as i64);
    }
    let digits = 5 - number.abs().log10().floor() as i32;
    // Only so far are powers of ten, and the quotient, right to the last digit.
    if (0..=22).contains(&digits) {
        let power = 10_f64.powi(digits);
        return json!((number * power).round() / power);
    }
    let text = format!("{number:.5e}");
    text.parse().map_or(Json::Null, |number: f64| json!(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_integers_all() {
        let text = |number: f64| rounded(number).to_string();
        assert_eq!(text(0.1 + 0.2), "0.3");
        assert_eq!(text(1.0 / 3.0), "0.333333");
        assert_eq!(text(-2.0 / 3e-9), "-666667000.0");
        assert_eq!(text(1_234_567.89), "1234570.0");
        assert_eq!(text(123_456_789_012.0), "123456789012");
        assert_eq!(text(1.234_567_89e-30), "1.23457e-30");
        assert_eq!(text(f64::MIN_POSITIVE), "2.22507e-308");
        assert_eq!(text(f64::MAX), "1.79769e+308");
        assert_eq!(text(-0.0), "0");
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(rounded(none), Json::Null);
        }
    }
}
