//! [`span_text`]: a length of time as people and Prometheus write it.

use std::time::Duration;

/// A length of time in Prometheus's own syntax, in the largest unit in which it is whole: `5m`, `1h`,
/// `3d`, `90s`, `500ms`.
///
/// It is what names windows in events, tags and rules. Fractions of a millisecond are rounded; what is
/// not zero is at least one.
///
/// ```
/// use std::time::Duration;
/// use telemetry_slo::span_text;
///
/// assert_eq!(span_text(Duration::from_secs(3_600)), "1h");
/// assert_eq!(span_text(Duration::from_secs(36 * 3_600)), "36h");
/// assert_eq!(span_text(Duration::from_millis(1_500)), "1500ms");
/// ```
#[must_use]
pub fn span_text(time: Duration) -> String {
    const UNITS: [(&str, u128); 4] = [
        ("d", 24 * 3_600_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    if time.is_zero() {
        return "0s".to_owned();
    }
    let all = ((time.as_nanos() + 500_000) / 1_000_000).max(1);
    let is_whole = |(_, millis): &&(&str, u128)| all % millis == 0;
    let (unit, millis) = UNITS.iter().find(is_whole).unwrap_or(&("ms", 1));
    format!("{}{unit}", all / millis)
}

/// Multiplied, in whole milliseconds, which is as exact as rules of Prometheus are.
pub(crate) fn scaled(time: Duration, by: f64) -> Duration {
    let millis = (time.as_secs_f64() * by * 1e3).round();
    Duration::try_from_secs_f64(millis / 1e3).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_time_has_a_text() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ms"),
            (1_499_999, "1ms"),
            (1_500_000, "2ms"),
            (999_600_000, "1s"),
            (300_000_000_000, "5m"),
            (90_000_000_000, "90s"),
            (129_600_000_000_000, "36h"),
            (259_200_000_000_000, "3d"),
        ] {
            assert_eq!(span_text(Duration::from_nanos(nanos)), text);
        }
        assert!(!span_text(Duration::MAX).is_empty());
    }

    #[test]
    fn times_are_scaled_to_whole_milliseconds_and_never_panic() {
        let time = Duration::from_secs(300);
        assert_eq!(scaled(time, 1.0 / 720.0), Duration::from_millis(417));
        for by in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(scaled(time, by), Duration::ZERO, "{by}");
        }
    }
}
