//! Sentences and figures about objectives and alarms.

use std::time::Duration;

use telemetry_metrics::Dimension;
use telemetry_slo::{AlarmReport, AlertReport, AlertState, ObjectiveReport};

use crate::sections::words::{amount, percent, short};

/// From 0 to 1, with as many digits as the promises of services have: `99.95 %`. What is less than
/// all does not look like all.
pub(super) fn share(share: f64) -> String {
    let percent = (share * 1e5).round() / 1e3;
    let percent = match percent {
        all if all >= 100.0 && share < 1.0 => 99.999,
        percent => percent,
    };
    format!("{percent} %")
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
        Some(rate) => format!("{}", (rate * 10.0).round() / 10.0),
    }
}

/// `queue=mail`.
pub(super) fn of_series(tags: &[(String, String)]) -> String {
    let tags = tags
        .iter()
        .map(|(key, value)| format!("{}={}", short(key), short(value)));
    tags.collect::<Vec<_>>().join(", ")
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
    let (short_window, long) = (span(alert.short), span(alert.long));
    Some(format!(
        "The objective {} burns its error budget too fast: {} times within {short_window} and {} times within {long}, \
         where {} is the limit. It has fired for {} ({}).",
        short(&one.name),
        burn(alert.short_rate),
        burn(alert.long_rate),
        alert.factor,
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
    fn shares_have_the_digits_that_matter() {
        let shares = [0.999, 0.9995, 0.99, 0.5, 1.0, 0.0].map(share);
        let expected = ["99.9 %", "99.95 %", "99 %", "50 %", "100 %", "0 %"];
        assert_eq!(shares, expected);
        assert_eq!(share(0.999_999_9), "99.999 %", "not all");
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
