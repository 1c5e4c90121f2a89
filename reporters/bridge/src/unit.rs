//! Units, ours and theirs.

use telemetry_metrics::Unit;

/// What the recorder is told, and the unit in which it then gets its numbers. What `metrics` has no
/// word for is given in a unit that it knows: minutes as seconds, decimal kilobytes as bytes.
pub(crate) fn out(unit: Unit) -> (Unit, Option<metrics::Unit>) {
    use metrics::Unit as Theirs;
    match unit {
        Unit::Nanosecond => (unit, Some(Theirs::Nanoseconds)),
        Unit::Microsecond => (unit, Some(Theirs::Microseconds)),
        Unit::Millisecond => (unit, Some(Theirs::Milliseconds)),
        Unit::Second | Unit::Minute | Unit::Hour => (Unit::Second, Some(Theirs::Seconds)),
        Unit::Byte | Unit::Kilobyte | Unit::Megabyte | Unit::Gigabyte => {
            (Unit::Byte, Some(Theirs::Bytes))
        }
        Unit::Kibibyte => (unit, Some(Theirs::Kibibytes)),
        Unit::Mebibyte => (unit, Some(Theirs::Mebibytes)),
        Unit::Gibibyte => (unit, Some(Theirs::Gibibytes)),
        Unit::Other(name) => (unit, Theirs::from_string(name)),
        _ => (unit, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_word_over_there_is_given_in_another_unit_of_its_dimension() {
        for unit in [
            Unit::Minute,
            Unit::Hour,
            Unit::Kilobyte,
            Unit::Megabyte,
            Unit::Gigabyte,
        ] {
            let (given, theirs) = out(unit);
            assert_eq!(given.dimension(), unit.dimension());
            assert_eq!(theirs.unwrap().as_str(), given.as_str());
        }
        assert_eq!(out(Unit::One), (Unit::One, None));
        let percent = Unit::Other("percent");
        assert_eq!(out(percent), (percent, Some(metrics::Unit::Percent)));
        assert_eq!(out(Unit::Other("cups")), (Unit::Other("cups"), None));
    }
}
