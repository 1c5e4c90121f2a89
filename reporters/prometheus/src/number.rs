//! Numbers as text: integers plain, everything else in the fewest digits that read back the same.

use std::fmt::Write as _;

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

#[cfg(test)]
mod tests {
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

    proptest! {
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
