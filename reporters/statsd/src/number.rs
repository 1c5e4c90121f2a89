//! Numbers as daemons read them: the shortest decimal that is read back as the same number.
//!
//! Never with an exponent, which not every daemon takes, and never `-0`, which one of them might
//! take for a decrement.

use std::fmt::Write;

use telemetry_metrics::{Amount, Unit};

/// Appends a stored amount in this unit. `false`, and nothing appended, if it is not finite.
pub(crate) fn push_amount(out: &mut String, amount: Amount, unit: Unit) -> bool {
    match (amount, i64::try_from(unit.factor())) {
        // Beyond 2^53 an `f64` would not do.
        (Amount::Integer(n), Ok(factor)) if n % factor == 0 => {
            let _ = write!(out, "{}", n / factor);
            true
        }
        _ => push_real(out, amount.in_unit(unit)),
    }
}

/// Appends a number. `false`, and nothing appended, if it is not finite.
pub(crate) fn push_real(out: &mut String, number: f64) -> bool {
    if !number.is_finite() {
        return false;
    }
    // Adding zero turns the negative zero into the other one.
    let _ = write!(out, "{}", number + 0.0);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn real(number: f64) -> String {
        let mut out = String::new();
        push_real(&mut out, number);
        out
    }

    fn amount(amount: Amount, unit: Unit) -> String {
        let mut out = String::new();
        push_amount(&mut out, amount, unit);
        out
    }

    #[test]
    fn fractions_are_kept_and_zeros_are_not_padded() {
        assert_eq!(amount(Amount::Integer(300_000), Unit::Millisecond), "0.3");
        assert_eq!(amount(Amount::Integer(5_000_000), Unit::Millisecond), "5");
        assert_eq!(amount(Amount::Integer(-1), Unit::Millisecond), "-0.000001");
        assert_eq!(amount(Amount::Integer(1_536), Unit::Kibibyte), "1.5");
        assert_eq!(amount(Amount::Real(1000.0), Unit::One), "1000");
        assert_eq!(
            amount(Amount::Real(0.1 + 0.2), Unit::One),
            "0.30000000000000004"
        );
    }

    #[test]
    fn large_integers_are_exact() {
        let max = Amount::Integer(i64::MAX);
        assert_eq!(amount(max, Unit::Byte), "9223372036854775807");
        assert_eq!(
            amount(Amount::Integer(i64::MIN), Unit::Byte),
            "-9223372036854775808"
        );
    }

    #[test]
    fn there_is_no_negative_zero_and_nothing_infinite() {
        assert_eq!(real(-0.0), "0");
        assert_eq!(real(f64::NAN), "");
        assert!(!push_real(&mut String::new(), f64::NEG_INFINITY));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_has_no_exponent(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let text = real(number);
            prop_assert_eq!(text.parse::<f64>().unwrap(), number);
            let plain = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
            prop_assert!(text.chars().all(plain), "{}", text);
        }
    }
}
