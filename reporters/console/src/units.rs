//! In which units bare numbers are.

use std::collections::HashMap;

use telemetry::Number;
use telemetry_metrics::{Dimension, Unit};

use crate::quantity;

/// The units that the program has told, by event and measurement.
#[derive(Debug, Default, Clone)]
pub(crate) struct Units {
    by_event: HashMap<String, Vec<(String, Unit)>>,
}

impl Units {
    /// `name` is the event's name, a dot and the measurement's key; `false` if it has no dot.
    pub(crate) fn insert(&mut self, name: &str, unit: Unit) -> bool {
        let Some((event, key)) = name.rsplit_once('.') else {
            return false;
        };
        let keys = self.by_event.entry(event.to_owned()).or_default();
        keys.push((key.to_owned(), unit));
        true
    }

    fn find(&self, event: &str, key: &str) -> Unit {
        let told = if self.by_event.is_empty() {
            None
        } else {
            self.by_event.get(event)
        };
        let told = told.and_then(|keys| keys.iter().rev().find(|(own, _)| own == key));
        match told {
            Some((_, unit)) => *unit,
            None if key == "bytes" || key.ends_with("_bytes") => Unit::Byte,
            None => Unit::One,
        }
    }

    /// Appends a number as people read it.
    pub(crate) fn print(&self, out: &mut String, event: &str, key: &str, number: Number) {
        use std::fmt::Write;
        let unit = match number {
            Number::Duration(time) => {
                let nanos = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
                return quantity::time(out, nanos);
            }
            _ => self.find(event, key),
        };
        let print = match unit.dimension() {
            Dimension::Time => quantity::time,
            Dimension::Bytes => quantity::bytes,
            _ => {
                match number {
                    Number::Float(x) => quantity::float(out, x),
                    _ => {
                        let _ = write!(out, "{number}");
                    }
                }
                return;
            }
        };
        let factor = i128::from(unit.factor());
        match number {
            Number::Signed(n) => print(out, i128::from(n) * factor),
            Number::Unsigned(n) => print(out, i128::from(n) * factor),
            Number::Float(x) if (x * factor as f64).abs() < 1e30 => {
                print(out, (x * factor as f64).round() as i128);
            }
            _ => {
                let _ = write!(out, "{number}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(units: &Units, event: &str, key: &str, number: impl Into<Number>) -> String {
        let mut out = String::new();
        units.print(&mut out, event, key, number.into());
        out
    }

    #[test]
    fn what_is_called_bytes_is_bytes_and_the_rest_is_what_was_told() {
        let mut units = Units::default();
        assert_eq!(shown(&units, "a.b", "bytes", 3_400), "3.4kB");
        assert_eq!(shown(&units, "a.b", "body_bytes", -3_400), "-3.4kB");
        assert_eq!(shown(&units, "a.b", "total", 3_400), "3400");
        assert_eq!(
            shown(&units, "a.b", "x", Duration::from_micros(1_200)),
            "1.2ms"
        );
        assert!(units.insert("a.b.total", Unit::Kibibyte) && !units.insert("total", Unit::Byte));
        assert!(units.insert("a.b.took", Unit::Millisecond));
        assert!(units.insert("a.b.bytes", Unit::One));
        assert!(units.insert("a.b.n", Unit::Other("requests")));
        assert_eq!(shown(&units, "a.b", "total", 2), "2.05kB");
        assert_eq!(shown(&units, "a.b", "took", 1.5), "1.5ms");
        assert_eq!(shown(&units, "a.b", "took", f64::NAN), "NaN");
        assert_eq!(
            shown(&units, "a.b", "took", u64::MAX).matches('d').count(),
            1
        );
        assert_eq!(
            shown(&units, "a.b", "bytes", u64::MAX),
            u64::MAX.to_string()
        );
        assert_eq!(shown(&units, "a.b", "n", 3), "3");
        assert_eq!(shown(&units, "other", "total", 3_400), "3400");
    }
}
