//! Words for others to read: durations, numbers, strings of PromQL, templates of Go.

use std::time::Duration;

pub(super) use crate::span::span_text as duration;

/// About how long, for people: two units at most, `2d 2h`.
pub(super) fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        return format!("{}s", number((seconds * 10.0).round() / 10.0));
    }
    let minutes = (seconds / 60.0).round() as u64;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let parts = match (days, hours) {
        (0, 0) => vec![(minutes, "m")],
        (0, _) => vec![(hours, "h"), (minutes, "m")],
        _ => vec![(days, "d"), (hours, "h")],
    };
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    parts.join(" ")
}

/// A number without the noise of binary fractions: `1 - 0.999` is `0.001`.
pub(super) fn number(x: f64) -> String {
    let rounded: f64 = format!("{x:.12e}").parse().unwrap_or(x);
    format!("{rounded}")
}

/// A share as people say it: `99.9 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// `"text"` of PromQL.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `{a="1", b="2"}`; nothing if there is none.
pub(super) fn matchers(pairs: &[(String, String)]) -> String {
    braced(
        pairs
            .iter()
            .map(|(key, value)| format!("{key}={}", quoted(value))),
    )
}

/// Matchers that are written already.
pub(super) fn braced(matchers: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = matchers.into_iter().collect();
    if all.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", all.join(", "))
    }
}

/// Text of somebody else's where a template of Go is expected: Prometheus expands the labels and the
/// annotations of alerts.
pub(super) fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The page of an alert: `SloBurnsFast` is `slo-burns-fast`.
pub(super) fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// All the ways in which the bound of a bucket may be written, as one regular expression. The text
/// format of this library writes `1`, OpenMetrics and Prometheus from version 3 on write `1.0`, and
/// far from one everybody has an exponent of their own.
pub(super) fn bound(bound: f64) -> String {
    let mut spellings: Vec<String> = Vec::new();
    for text in [format!("{bound}"), format!("{bound:e}"), exponent(bound)] {
        let whole = !text.contains(['.', 'e']);
        let pattern = text.replace('.', "\\.").replace('+', "\\+");
        let pattern = if whole {
            format!("{pattern}(\\.0)?")
        } else {
            pattern
        };
        if !spellings.contains(&pattern) && (whole || !is_short_exponent(&text)) {
            spellings.push(pattern);
        }
    }
    spellings.join("|")
}

/// An exponent that nobody writes: `1e0`, `2.5e-1`.
fn is_short_exponent(text: &str) -> bool {
    let exponent = text.split_once('e').map(|(_, exponent)| exponent);
    let exponent = exponent.and_then(|exponent| exponent.parse::<i32>().ok());
    exponent.is_some_and(|exponent| (-4..=5).contains(&exponent))
}

/// As Go writes it: at least two digits and a sign, `1e-05`.
fn exponent(x: f64) -> String {
    let text = format!("{x:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_two_units() {
        for (seconds, text) in [(2.5, "2.5s"), (90.0, "2m"), (5_400.0, "1h 30m")] {
            assert_eq!(about(Duration::from_secs_f64(seconds)), text);
        }
        assert_eq!(about(Duration::from_secs(180_000)), "2d 2h");
        assert_eq!(about(Duration::from_secs(2_592_000)), "30d");
    }

    #[test]
    fn numbers_have_no_noise() {
        assert_eq!(number(1.0 - 0.999), "0.001");
        assert_eq!(number(1.0 - 0.99), "0.01");
        assert_eq!(number(14.4), "14.4");
        assert_eq!(number(1.0), "1");
        assert_eq!(percent(0.999), "99.9 %");
        assert_eq!(percent(0.9995), "99.95 %");
    }

    #[test]
    fn text_of_others_stays_text() {
        assert_eq!(quoted("a\"b\\c\nd\u{1}"), "\"a\\\"b\\\\c\\nd\\u0001\"");
        assert_eq!(literal("{{ .x }} {{{"), "{{ \"{{\" }} .x }} {{ \"{{\" }}{");
        assert_eq!(kebab("SloBurnsFast"), "slo-burns-fast");
        assert_eq!(kebab("My_alert"), "my-alert");
    }

    #[test]
    fn a_bound_is_found_however_it_is_written() {
        assert_eq!(bound(1.0), "1(\\.0)?");
        assert_eq!(bound(0.25), "0\\.25");
        assert_eq!(bound(10.0), "10(\\.0)?");
        assert_eq!(bound(0.000_01), "0\\.00001|1e-5|1e-05");
        assert_eq!(bound(2e6), "2000000(\\.0)?|2e6|2e\\+06");
    }
}
