//! Sentences and figures about objectives and alarms.

use std::time::Duration;

use telemetry_metrics::Dimension;
use telemetry_slo::{AlarmReport, AlertReport, AlertState, ObjectiveReport, span_text};

use crate::sections::words::{amount, percent, short};

/// What is promised, as it was written: `99.95 %`.
pub(super) fn target(share: f64) -> String {
    format!("{} %", rounded(share * 100.0, 9))
}

/// What is kept of it, with the digits that matter to the promise, three at least. What is less than all
/// does not look like all.
pub(super) fn kept(share: f64, target: f64) -> String {
    let nines = -(1.0 - target).log10().floor();
    let digits = (nines as i32).clamp(3, 9);
    let percent = match rounded(share * 100.0, digits) {
        all if all >= 100.0 && share < 1.0 => rounded(100.0 - 0.1_f64.powi(digits), digits),
        percent => percent,
    };
    format!("{percent} %")
}

/// With so many decimals at most.
fn rounded(number: f64, digits: i32) -> f64 {
    let unit = 10.0_f64.powi(digits);
    (number * unit).round() / unit
}

/// `30 d`, `1.5 h`, `250 ms`.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (number, unit) = match seconds {
        s if s < 1.0 => (s * 1e3, "ms"),
        s if s < 120.0 => (s, "s"),
        s if s < 3_600.0 => (s / 60.0, "min"),
        s if s < 86_400.0 => (s / 3_600.0, "h"),
        s => (s / 86_400.0, "d"),
    };
    format!("{} {unit}", (number * 10.0).round() / 10.0)
}

/// The same of something that goes on, in whole seconds.
pub(super) fn lasting(time: Duration) -> String {
    span(Duration::from_secs(time.as_secs().max(1)))
}

/// A burn rate; a dash without traffic.
pub(super) fn burn(rate: Option<f64>) -> String {
    match rate {
        None => "–".to_owned(),
        Some(rate) if rate >= 99.5 => format!("{rate:.0}"),
        Some(rate) => format!("{}", rounded(rate, 1)),
    }
}

/// `queue=mail`.
pub(super) fn of_series(tags: &[(String, String)]) -> String {
    let tags = tags
        .iter()
        .map(|(key, value)| format!("{}={}", short(key), short(&in_order(value))));
    tags.collect::<Vec<_>>().join(", ")
}

/// Without signs that turn around what stands behind them, which is a sentence of ours.
fn in_order(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(turns, " ")
}

/// Of the alerts that fire, the one that says most.
pub(super) fn firing(one: &ObjectiveReport) -> Option<&AlertReport> {
    let firing = |alert: &&AlertReport| alert.state == AlertState::Firing;
    let alerts = one.alerts.iter().filter(firing);
    alerts.max_by(|a, b| {
        let severity = a.severity.cmp(&b.severity);
        severity.then(a.factor.total_cmp(&b.factor))
    })
}

/// What its most urgent alert says, if one fires.
pub(in crate::sections) fn burns_too_fast(one: &ObjectiveReport) -> Option<String> {
    let alert = firing(one)?;
    let times = |rate: Option<f64>| match rate {
        // It goes on for a while.
        None => "no traffic".to_owned(),
        some => format!("{} times", burn(some)),
    };
    // As events, tags and rules name them.
    let (short_window, long) = (span_text(alert.short), span_text(alert.long));
    Some(format!(
        "The objective {} burns its error budget too fast: {} within {short_window} and {} within {long}, where {} is \
         the limit. It has fired for {} ({}).",
        short(&one.name),
        times(alert.short_rate),
        times(alert.long_rate),
        rounded(alert.factor, 6),
        lasting(alert.lasting),
        alert.severity.as_str(),
    ))
}

/// What an alarm says, if it fires.
pub(in crate::sections) fn is_too_high(
    alarm: &AlarmReport,
    dimension: Option<Dimension>,
) -> Option<String> {
    if alarm.state != AlertState::Firing {
        return None;
    }
    let number = |value: f64| match dimension {
        None => percent(value),
        // A load of 1.5 is no count.
        Some(Dimension::None) if value < 0.0 || value.fract() != 0.0 => {
            rounded(value, 3).to_string()
        }
        Some(dimension) => amount(value, dimension),
    };
    let now = match &alarm.worst {
        None => String::new(),
        Some(worst) if worst.tags.is_empty() => format!(" It is {} now.", number(worst.value)),
        Some(worst) => format!(
            " The worst is {} with {} now.",
            of_series(&worst.tags),
            number(worst.value)
        ),
    };
    let summary = short(alarm.summary.trim_end_matches('.'));
    let what = match summary.is_empty() {
        true => String::new(),
        false => format!(": {summary}"),
    };
    Some(format!(
        "The alarm {} has fired for {}{what}. The limit is {}.{now}",
        short(&alarm.name),
        lasting(alarm.lasting),
        number(alarm.limit),
    ))
}

/// If nobody evaluates the objectives any more.
pub(in crate::sections) fn stands_still(age: Duration, interval: Duration) -> Option<String> {
    /// So many evaluations may be missing.
    const LATE: u32 = 10;
    const LEAST: Duration = Duration::from_secs(30);
    (age > LEAST.max(interval * LATE)).then(|| {
        format!(
            "Objectives and alarms were last evaluated {} ago: their thread has ended or hangs.",
            lasting(age)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_as_they_were_written() {
        let shares = [0.999, 0.9995, 0.99, 0.5, 0.999_99, 0.999_999].map(target);
        let expected = ["99.9 %", "99.95 %", "99 %", "50 %", "99.999 %", "99.9999 %"];
        assert_eq!(shares, expected);
    }

    #[test]
    fn shares_have_the_digits_that_matter_to_the_promise() {
        let shares = [0.999, 0.9995, 0.5, 1.0, 0.0].map(|share| kept(share, 0.99));
        assert_eq!(shares, ["99.9 %", "99.95 %", "50 %", "100 %", "0 %"]);
        assert_eq!(kept(0.999_999_9, 0.99), "99.999 %", "not all");
        assert_eq!(kept(0.999_999_6, 0.999_999), "99.99996 %");
        assert_eq!(kept(0.999_999_999_9, 0.999_999), "99.999999 %", "not all");
    }

    #[test]
    fn series_turn_no_sentence_around() {
        let tags = [("name".to_owned(), "a\u{202e}b\u{2066}\n<b>".to_owned())];
        assert_eq!(of_series(&tags), "name=a b  <b>");
    }

    #[test]
    fn times_are_in_the_unit_that_suits_them() {
        let spans = [250, 5_000, 300_000, 5_400_000, 2_592_000_000];
        let spans = spans.map(|time| span(Duration::from_millis(time)));
        assert_eq!(spans, ["250 ms", "5 s", "5 min", "1.5 h", "30 d"]);
        assert_eq!(lasting(Duration::from_millis(61_900)), "61 s");
    }

    #[test]
    fn rates_without_traffic_are_dashes() {
        let burns = [None, Some(0.0), Some(0.123), Some(14.44), Some(1_000.2)];
        assert_eq!(burns.map(burn), ["–", "0", "0.1", "14.4", "1000"]);
    }

    #[test]
    fn evaluations_that_stopped_are_told_of() {
        let second = Duration::from_secs(1);
        assert_eq!(stands_still(second * 20, second), None);
        assert!(stands_still(second * 31, second).is_some());
        assert_eq!(stands_still(second * 31, second * 5), None);
    }
}
