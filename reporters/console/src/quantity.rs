//! Quantities as people read them: `1.23ms`, `3.4kB`, `2m03s`.
//!
//! Three digits are what one takes in at a glance; who needs all of them reads the JSON lines.
//! Number and unit stand together without a space, so that a line can be split at its spaces.

use std::fmt::Write;

const MINUTE: u128 = 60;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

const NANOS: u128 = 1_000_000_000;

const TIME: [(u128, &str); 4] = [(1, "ns"), (1_000, "µs"), (1_000_000, "ms"), (NANOS, "s")];

const BYTES: [(u128, &str); 7] = [
    (1, "B"),
    (1_000, "kB"),
    (1_000_000, "MB"),
    (1_000_000_000, "GB"),
    (1_000_000_000_000, "TB"),
    (1_000_000_000_000_000, "PB"),
    (1_000_000_000_000_000_000, "EB"),
];

/// A length of time in nanoseconds: `850ns`, `1.2ms`, `3s`, `2m03s`, `1h05m`, `3d04h`.
pub(crate) fn time(out: &mut String, nanos: i128) {
    let nanos = magnitude(out, nanos);
    // What would be rounded to sixty seconds is a minute.
    if nanos < MINUTE * NANOS - NANOS / 20 {
        return scaled(out, nanos, &TIME);
    }
    let seconds = rounded(nanos, NANOS);
    let _ = if seconds < HOUR {
        write!(out, "{}m{:02}s", seconds / MINUTE, seconds % MINUTE)
    } else if seconds < DAY {
        let minutes = seconds / MINUTE;
        write!(out, "{}h{:02}m", minutes / 60, minutes % 60)
    } else {
        let hours = seconds / HOUR;
        write!(out, "{}d{:02}h", hours / 24, hours % 24)
    };
}

/// A size in bytes, in powers of a thousand: `512B`, `3.4kB`.
pub(crate) fn bytes(out: &mut String, bytes: i128) {
    let bytes = magnitude(out, bytes);
    scaled(out, bytes, &BYTES);
}

/// A plain number of a table: integers whole, others with about five digits.
pub(crate) fn real(out: &mut String, x: f64) {
    let size = x.abs();
    let _ = if x.is_nan() || x.is_infinite() || (x.fract() == 0.0 && size < 1e15) {
        write!(out, "{x}")
    } else if !(1e-4..1e15).contains(&size) {
        write!(out, "{x:.3e}")
    } else {
        let before = if size < 1.0 {
            1
        } else {
            size.log10() as usize + 1
        };
        let start = out.len();
        let result = write!(out, "{x:.*}", 5usize.saturating_sub(before).max(1));
        out.truncate(
            start
                + out[start..]
                    .trim_end_matches('0')
                    .trim_end_matches('.')
                    .len(),
        );
        result
    };
}

/// A float with all its digits, and an exponent where there would be many zeros.
pub(crate) fn float(out: &mut String, x: f64) {
    let size = x.abs();
    let _ = if x.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
        write!(out, "{x:e}")
    } else {
        write!(out, "{x}")
    };
}

fn magnitude(out: &mut String, n: i128) -> u128 {
    if n < 0 {
        out.push('-');
    }
    n.unsigned_abs()
}

fn rounded(n: u128, unit: u128) -> u128 {
    n.saturating_add(unit / 2) / unit
}

/// In the largest unit in which it is at least one, with three digits and no zeros at their end.
fn scaled(out: &mut String, n: u128, units: &[(u128, &str)]) {
    let Some((last, smaller)) = units.split_last() else {
        return;
    };
    for (unit, name) in smaller {
        for (decimals, tens) in [(2, 100), (1, 10), (0, 1)] {
            // Of the smallest unit there are no parts, and the zeros go anyway.
            let digits = rounded(n.saturating_mul(tens), *unit);
            if digits < 1_000 {
                return digits_and_unit(out, digits, decimals, tens, name);
            }
        }
    }
    let (unit, name) = last;
    let (decimals, tens) = if rounded(n.saturating_mul(100), *unit) < 1_000 {
        (2, 100)
    } else {
        (1, 10)
    };
    let digits = rounded(n.saturating_mul(tens), *unit);
    digits_and_unit(out, digits, decimals, tens, name);
}

fn digits_and_unit(out: &mut String, digits: u128, decimals: usize, tens: u128, unit: &str) {
    let _ = write!(out, "{}", digits / tens);
    let mut part = digits % tens;
    let mut decimals = decimals;
    while decimals > 0 && part % 10 == 0 {
        part /= 10;
        decimals -= 1;
    }
    if decimals > 0 {
        let _ = write!(out, ".{part:0decimals$}");
    }
    out.push_str(unit);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(print: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        print(&mut out);
        out
    }

    #[test]
    fn time_has_three_digits_and_the_unit_that_fits() {
        for (nanos, expected) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1µs"),
            (1_200_000, "1.2ms"),
            (1_234_567, "1.23ms"),
            (12_345_678, "12.3ms"),
            (99_950_000, "100ms"),
            (999_499_999, "999ms"),
            (999_500_000, "1s"),
            (59_949_999_999, "59.9s"),
            (59_950_000_000, "1m00s"),
            (123_000_000_000, "2m03s"),
            (3_599_600_000_000, "1h00m"),
            (3_900_000_000_000, "1h05m"),
            (273_600_000_000_000, "3d04h"),
            (-1_500, "-1.5µs"),
        ] {
            assert_eq!(text(|out| time(out, nanos)), expected, "{nanos}");
        }
        assert_eq!(text(|out| time(out, i128::MAX)).matches('d').count(), 1);
        assert!(text(|out| time(out, i128::MIN)).starts_with('-'));
    }

    #[test]
    fn bytes_go_by_thousands() {
        for (n, expected) in [
            (0, "0B"),
            (999, "999B"),
            (3_400, "3.4kB"),
            (3_456, "3.46kB"),
            (999_999, "1MB"),
            (24_100_000, "24.1MB"),
            (i128::from(u64::MAX), "18.4EB"),
            (9_999_000_000_000_000_000_000, "9999EB"),
            (-2_000, "-2kB"),
        ] {
            assert_eq!(text(|out| bytes(out, n)), expected, "{n}");
        }
    }

    #[test]
    fn plain_numbers_are_short_in_tables_and_whole_in_lines() {
        for (x, short, whole) in [
            (0.0, "0", "0"),
            (120.0, "120", "120"),
            (1234.5678, "1234.6", "1234.5678"),
            (0.123_456_7, "0.1235", "0.1234567"),
            (1e300, "1.000e300", "1e300"),
            (1.5e-7, "1.500e-7", "1.5e-7"),
            (f64::NAN, "NaN", "NaN"),
            (f64::NEG_INFINITY, "-inf", "-inf"),
        ] {
            assert_eq!(text(|out| real(out, x)), short);
            assert_eq!(text(|out| float(out, x)), whole);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_within_half_a_percent(nanos in 1u64..59_000_000_000) {
            let shown = text(|out| time(out, i128::from(nanos)));
            let (number, factor) = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]
                .iter()
                .find_map(|(unit, factor)| Some((shown.strip_suffix(unit)?.parse::<f64>().ok()?, factor)))
                .unwrap();
            let off = (number * factor - nanos as f64).abs() / nanos as f64;
            prop_assert!(off <= 0.005, "{nanos}: {shown}");
        }
    }
}
