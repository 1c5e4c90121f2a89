//! Grafana's names of units.

use telemetry_metrics::Unit;

/// A plain number, shortened: `1.2 K`.
pub(crate) const SHORT: &str = "short";
/// Counts per second.
pub(crate) const COUNTS: &str = "cps";
/// Requests per second.
pub(crate) const REQUESTS: &str = "reqps";
/// A share from 0 to 1, shown as percent.
pub(crate) const SHARE: &str = "percentunit";

/// The unit of numbers that are shown as they are.
pub(crate) fn of(unit: Unit) -> String {
    let known = match unit {
        Unit::One => SHORT,
        Unit::Nanosecond => "ns",
        Unit::Microsecond => "µs",
        Unit::Millisecond => "ms",
        Unit::Second => "s",
        Unit::Minute => "m",
        Unit::Hour => "h",
        Unit::Byte => "bytes",
        Unit::Kilobyte => "deckbytes",
        Unit::Megabyte => "decmbytes",
        Unit::Gigabyte => "decgbytes",
        Unit::Kibibyte => "kbytes",
        Unit::Mebibyte => "mbytes",
        Unit::Gibibyte => "gbytes",
        other => match other.as_str().trim() {
            "" => SHORT,
            "%" | "percent" => "percent",
            name => return format!("suffix:{name}"),
        },
    };
    known.to_owned()
}

/// The unit of how fast such numbers grow.
pub(crate) fn per_second(unit: Unit) -> String {
    let known = match unit {
        Unit::One => COUNTS,
        Unit::Byte => "binBps",
        Unit::Kilobyte => "KBs",
        Unit::Megabyte => "MBs",
        Unit::Gigabyte => "GBs",
        Unit::Kibibyte => "KiBs",
        Unit::Mebibyte => "MiBs",
        Unit::Gibibyte => "GiBs",
        // How many seconds were spent per second is how much was going on at a time.
        Unit::Second => SHORT,
        other => match other.as_str().trim() {
            "" => COUNTS,
            name => return format!("suffix:{name}/s"),
        },
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_grafanas_names() {
        for (unit, shown, rate) in [
            (Unit::One, "short", "cps"),
            (Unit::Second, "s", "short"),
            (Unit::Millisecond, "ms", "suffix:milliseconds/s"),
            (Unit::Byte, "bytes", "binBps"),
            (Unit::Megabyte, "decmbytes", "MBs"),
            (Unit::Mebibyte, "mbytes", "MiBs"),
            (
                Unit::Other("requests"),
                "suffix:requests",
                "suffix:requests/s",
            ),
            (Unit::Other("%"), "percent", "suffix:%/s"),
            (Unit::Other(" "), "short", "cps"),
        ] {
            assert_eq!((&*of(unit), &*per_second(unit)), (shown, rate), "{unit:?}");
        }
    }
}
