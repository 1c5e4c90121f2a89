//! [`span_text`]: a length of time as people and Prometheus write it.

use std::time::Duration;

/// A length of time in Prometheus's own syntax: `5m`, `1h`, `3d`, `1m30s`, `500ms`.
///
/// It is what names windows in events, tags and rules. Fractions of a millisecond are rounded, and
/// nothing is shorter than one.
///
/// ```
/// use std::time::Duration;
/// use telemetry_slo::span_text;
///
/// assert_eq!(span_text(Duration::from_secs(3_600)), "1h");
/// assert_eq!(span_text(Duration::from_secs(30 * 24 * 3_600)), "30d");
/// assert_eq!(span_text(Duration::from_millis(90_500)), "1m30s500ms");
/// ```
#[must_use]
pub fn span_text(time: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("d", 24 * 3_600_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut left = ((time.as_nanos() + 500_000) / 1_000_000).max(1);
    let mut text = String::new();
    for (unit, millis) in UNITS {
        let count = left / millis;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
        left %= millis;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_time_has_a_text() {
        for (nanos, text) in [
            (0, "1ms"),
            (1, "1ms"),
            (1_499_999, "1ms"),
            (1_500_000, "2ms"),
            (999_600_000, "1s"),
            (300_000_000_000, "5m"),
            (129_600_000_000_000, "1d12h"),
        ] {
            assert_eq!(span_text(Duration::from_nanos(nanos)), text);
        }
        assert!(span_text(Duration::MAX).ends_with("15s"));
    }
}
