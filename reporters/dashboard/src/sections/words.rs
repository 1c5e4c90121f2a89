//! Numbers within sentences.

use telemetry_metrics::Dimension;

use crate::view::Range;

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `1,234 events`.
pub(super) fn many(number: u64, one: &str, more: &str) -> String {
    let word = if number == 1 { one } else { more };
    format!("{} {word}", count(number))
}

/// A share from 0 to 1, `12 %` or `1.5 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 9.95 || percent == 0.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.095 {
        format!("{percent:.1} %")
    } else {
        "less than 0.1 %".to_owned()
    }
}

/// Seconds, `350 ms` or `1.5 s` or `3 min`.
pub(super) fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 0.000_999_5 => (s * 1e6, "µs"),
        s if s < 0.999_5 => (s * 1e3, "ms"),
        s if s < 119.5 => (s, "s"),
        s if s < 7_170.0 => (s / 60.0, "min"),
        s => (s / 3_600.0, "h"),
    };
    if number < 9.95 && number.fract() > 0.05 {
        format!("{number:.1} {unit}")
    } else {
        format!("{number:.0} {unit}")
    }
}

/// Seconds, bytes or ones: `1.5 GiB`.
pub(super) fn amount(number: f64, dimension: Dimension) -> String {
    match dimension {
        Dimension::Time => time(number),
        Dimension::Bytes => bytes(number),
        _ => count(number.max(0.0).round() as u64),
    }
}

fn bytes(number: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut number, mut unit) = (number, 0);
    while number >= 1_023.5 && unit + 1 < units.len() {
        number /= 1_024.0;
        unit += 1;
    }
    if number < 9.95 && number.fract() > 0.05 {
        format!("{number:.1} {}", units[unit])
    } else {
        format!("{number:.0} {}", units[unit])
    }
}

/// The range up to now that a viewer chose: `last hour`, `last 15 minutes`.
pub(super) fn last(range: Range) -> String {
    match range.0 {
        60 => "last minute".to_owned(),
        3_600 => "last hour".to_owned(),
        86_400 => "last day".to_owned(),
        seconds if seconds % 3_600 == 0 => format!("last {} hours", seconds / 3_600),
        seconds => format!("last {} minutes", seconds / 60),
    }
}

/// A text of somebody else on one line, cut where it is too long.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// `a, b and c`.
pub(super) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let all = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(all, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(many(1, "event", "events"), "1 event");
        assert_eq!(many(2_000, "event", "events"), "2,000 events");
    }

    #[test]
    fn shares_and_times_have_as_many_digits_as_say_something() {
        let shares = [0.0, 0.000_1, 0.015, 0.099_6, 0.25, 1.0].map(percent);
        assert_eq!(
            shares,
            ["0 %", "less than 0.1 %", "1.5 %", "10 %", "25 %", "100 %"]
        );
        let times = [0.000_25, 0.012_4, 0.9, 1.5, 42.0, 180.0, 7_200.0].map(time);
        assert_eq!(
            times,
            ["250 µs", "12 ms", "900 ms", "1.5 s", "42 s", "3 min", "2 h"]
        );
    }

    #[test]
    fn amounts_are_in_their_units() {
        let bytes = [0.0, 1_023.0, 1_024.0, 1.5 * 1_048_576.0, 1e11, 1e30];
        let bytes = bytes.map(|number| amount(number, Dimension::Bytes));
        assert_eq!(bytes[..5], ["0 B", "1023 B", "1 KiB", "1.5 MiB", "93 GiB"]);
        assert!(bytes[5].ends_with(" PiB"));
        assert_eq!(amount(1_234.4, Dimension::None), "1,234");
        assert_eq!(amount(90.0, Dimension::Time), "90 s");
    }

    #[test]
    fn ranges_are_named_as_people_do() {
        let all = crate::view::RANGES.map(|seconds| last(Range(seconds)));
        let expected = [
            "minute",
            "5 minutes",
            "15 minutes",
            "hour",
            "6 hours",
            "day",
        ];
        assert_eq!(all, expected.map(|range| format!("last {range}")));
    }

    #[test]
    fn texts_of_others_stay_on_one_line_and_short() {
        assert_eq!(short("a\nb\u{1b}c"), "a b c");
        assert_eq!(short(&"é".repeat(81)).chars().count(), 81);
        assert_eq!(short(&"é".repeat(80)).chars().count(), 80);
    }

    #[test]
    fn lists_read_as_sentences() {
        let parts = ["a", "b", "c"].map(ToOwned::to_owned);
        assert_eq!(list(&parts[..0]), "");
        assert_eq!(list(&parts[..1]), "a");
        assert_eq!(list(&parts[..2]), "a and b");
        assert_eq!(list(&parts), "a, b and c");
    }
}
