//! Numbers as text: integers and what is counted in integers exactly, everything else in the
//! fewest digits that read back the same.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use telemetry_metrics::{Amount, Unit};

/// Up to here every integer is an `f64` of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(crate) fn write_u64(out: &mut String, n: u64) {
    out.push_str(itoa::Buffer::new().format(n));
}

pub(crate) fn write_f64(out: &mut String, x: f64) {
    let size = x.abs();
    if x.is_nan() {
        out.push_str("NaN");
    } else if size.is_infinite() {
        out.push_str(if x > 0.0 { "+Inf" } else { "-Inf" });
    } else if size < EXACT && x.trunc() == x {
        if x < 0.0 {
            out.push('-');
        }
        write_u64(out, size as u64);
    } else {
        // Writing into a `String` does not fail. Far from one, an exponent saves hundreds of
        // zeros.
        let _ = if (1e-5..1e17).contains(&size) {
            write!(out, "{x}")
        } else {
            write!(out, "{x:e}")
        };
    }
}

/// An amount in a unit. Nanoseconds and bytes are integers, and a thousandth of one is written by
/// moving the point: exact, and without the price of a division's digits.
pub(crate) fn write_amount(out: &mut String, amount: Amount, unit: Unit) {
    let places = match unit.factor() {
        1 => 0,
        1_000 => 3,
        1_000_000 => 6,
        1_000_000_000 => 9,
        _ => return write_f64(out, amount.in_unit(unit)),
    };
    match amount {
        Amount::Integer(n) => {
            if n < 0 {
                out.push('-');
            }
            write_decimal(out, n.unsigned_abs(), places);
        }
        other => write_f64(out, other.in_unit(unit)),
    }
}

/// `n` with the point moved to the left by so many places, at most nine.
fn write_decimal(out: &mut String, n: u64, places: usize) {
    let factor = 10_u64.pow(places as u32);
    write_u64(out, n / factor);
    let mut fraction = n % factor;
    if fraction == 0 {
        return;
    }
    let mut digits = places;
    while fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(fraction);
    out.push('.');
    out.push_str(&"00000000"[..digits - text.len()]);
    out.push_str(text);
}

/// Seconds since the epoch, to the millisecond; `false` and nothing if it was before.
pub(crate) fn write_time(out: &mut String, time: SystemTime) -> bool {
    let Ok(since) = time.duration_since(UNIX_EPOCH) else {
        return false;
    };
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    write_decimal(out, millis, 3);
    true
}

/// A number within a label, as OpenMetrics wants it: as Go's `%g` writes it, with `.0` after what
/// would look like an integer. Not for every line of a scrape.
pub(crate) fn canonical(x: f64) -> String {
    if !x.is_finite() {
        let mut text = String::new();
        write_f64(&mut text, x);
        return text;
    }
    let shortest = format!("{x:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..=5 => {
            let plain = x.to_string();
            if plain.contains('.') {
                plain
            } else {
                plain + ".0"
            }
        }
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn text(x: f64) -> String {
        let mut text = String::new();
        write_f64(&mut text, x);
        text
    }

    #[test]
    fn integers_are_plain_and_fractions_short() {
        for (x, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-1000.0, "-1000"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e22, "1e22"),
            (1e-7, "1e-7"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(text(x), expected);
        }
    }

    #[test]
    fn amounts_are_exact() {
        for (amount, unit, expected) in [
            (Amount::Integer(300_000_000), Unit::Second, "0.3"),
            (Amount::Integer(1), Unit::Second, "0.000000001"),
            (Amount::Integer(-1_500_000_000), Unit::Second, "-1.5"),
            (Amount::Integer(-1), Unit::Millisecond, "-0.000001"),
            (Amount::Integer(0), Unit::Second, "0"),
            (
                Amount::Integer(i64::MAX),
                Unit::Second,
                "9223372036.854775807",
            ),
            (
                Amount::Integer(i64::MIN),
                Unit::Byte,
                "-9223372036854775808",
            ),
            (Amount::Integer(1_536), Unit::Kibibyte, "1.5"),
            (Amount::Integer(90_000_000_000), Unit::Minute, "1.5"),
            (Amount::Real(0.1), Unit::One, "0.1"),
            (Amount::Real(-2.0), Unit::Other("jobs"), "-2"),
        ] {
            let mut text = String::new();
            write_amount(&mut text, amount, unit);
            assert_eq!(text, expected, "{amount:?} {unit:?}");
        }
    }

    #[test]
    fn numbers_in_labels_are_those_that_the_standard_lists() {
        for (x, expected) in [
            (0.0, "0.0"),
            (1e-10, "1e-10"),
            (1e-5, "1e-05"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (0.25, "0.25"),
            (0.99, "0.99"),
            (1.0, "1.0"),
            (-2.0, "-2.0"),
            (100_000.0, "100000.0"),
            (123_456.5, "123456.5"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1e10, "1e+10"),
            (1e300, "1e+300"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(x), expected);
        }
    }

    #[test]
    fn times_have_milliseconds_and_none_is_before_the_epoch() {
        let mut text = String::new();
        assert!(write_time(
            &mut text,
            UNIX_EPOCH + Duration::from_micros(1_700_000_000_050_999)
        ));
        assert_eq!(text, "1700000000.05");
        assert!(!write_time(&mut text, UNIX_EPOCH - Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn an_amount_reads_back_as_the_number_it_is(n in any::<i64>(), unit in 0..7usize) {
            use Unit::{Byte, Hour, Kilobyte, Mebibyte, Microsecond, Nanosecond, Second};
            let unit = [Byte, Hour, Kilobyte, Mebibyte, Microsecond, Nanosecond, Second][unit];
            let amount = Amount::Integer(n);
            let mut text = String::new();
            write_amount(&mut text, amount, unit);
            let (read, expected): (f64, f64) = (text.parse().unwrap(), amount.in_unit(unit));
            // What is divided was rounded twice.
            prop_assert!((read - expected).abs() <= expected.abs() * f64::EPSILON, "{text}");
        }

        #[test]
        fn a_number_in_a_label_reads_back_the_same(x in any::<f64>()) {
            let read: f64 = canonical(x).parse().unwrap();
            prop_assert!(read == x || (read.is_nan() && x.is_nan()));
        }

        #[test]
        fn a_number_reads_back_the_same(x in any::<f64>()) {
            let read: f64 = text(x).parse().unwrap();
            prop_assert!(read == x || (read.is_nan() && x.is_nan()));
        }

        #[test]
        fn a_count_is_written_exactly(n in any::<u64>()) {
            let mut text = String::new();
            write_u64(&mut text, n);
            prop_assert_eq!(text, n.to_string());
        }
    }
}
