//! [`check`]: everything that is wrong with objectives and alarms, as far as they know it themselves.

use std::collections::HashSet;
use std::time::Duration;

use telemetry::EventName;

use crate::alarm::{Alarm, Reading};
use crate::objective::{Count, Objective, What};
use crate::policy::BurnAlert;
use crate::problem::{Problem, SloError, SloProblem};

const LONGEST_NAME: usize = 64;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Nine nines: a second in thirty years.
const LEAST_BUDGET: f64 = 1e-9;

/// Names whose definitions would look like those of [`metrics`](crate::metrics()), with `_` for `-`.
const RESERVED_NAMES: [&str; 5] = ["alarm", "alert", "budget_left", "burn_rate", "ratio"];

/// What rules set themselves.
const RESERVED_LABELS: [&str; 9] = [
    "alarm",
    "alertname",
    "le",
    "long",
    "quantile",
    "severity",
    "short",
    "slo",
    "window",
];

/// Finds everything that is wrong with objectives and alarms.
///
/// [`SloBuilder::start`](crate::SloBuilder::start) does the same, and looks for their definitions, too.
///
/// # Errors
///
/// [`SloError::Problems`] with all of it.
///
/// ```
/// use telemetry_slo::{Objective, check};
///
/// let site = Objective::availability("site", ["shop.endpoint.stop"]).target(0.9);
/// let error = check(&[site], &[]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "objective `site`: a factor of 14.4 is never exceeded: at a target of 90 % the burn rate is \
///      at most 10; give a higher target or lower factors"
/// );
/// ```
pub fn check(objectives: &[Objective], alarms: &[Alarm]) -> Result<(), SloError> {
    let mut problems = Vec::new();
    let mut add = |is_alarm: bool, name: &str, found: Vec<Problem>| {
        problems.extend(found.into_iter().map(|problem| SloProblem {
            is_alarm,
            name: name.to_owned(),
            problem,
        }));
    };
    for (at, objective) in objectives.iter().enumerate() {
        let mut found = check_objective(objective);
        let plain = |objective: &Objective| objective.name.replace('-', "_");
        let earlier = objectives[..at].iter();
        let same = earlier.rev().find(|one| plain(one) == plain(objective));
        found.extend(same.map(|one| Problem::Duplicate(one.name.clone())));
        add(false, &objective.name, found);
    }
    for (at, alarm) in alarms.iter().enumerate() {
        let mut found = check_alarm(alarm);
        let key = |alarm: &Alarm| {
            let definition = alarm.reading.definition().to_owned();
            (alarm.name.clone(), definition, alarm.severity)
        };
        if alarms[..at].iter().any(|one| key(one) == key(alarm)) {
            found.push(Problem::Duplicate(alarm.name.clone()));
        }
        add(true, &alarm.name, found);
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(SloError::Problems(problems))
    }
}

fn check_objective(objective: &Objective) -> Vec<Problem> {
    let mut found = Vec::new();
    let name = &objective.name;
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    if !begins_well || !name.bytes().all(is_plain) || name.len() > LONGEST_NAME {
        found.push(Problem::Name);
    }
    if RESERVED_NAMES.contains(&name.replace('-', "_").as_str()) {
        found.push(Problem::ReservedName);
    }
    let target = objective.target;
    if !(target > 0.0 && target < 1.0 && objective.error_budget() >= LEAST_BUDGET) {
        found.push(Problem::Target(target));
    }
    if objective.window.is_zero() || objective.window > YEAR * 100 {
        found.push(Problem::Window(objective.window));
    }
    check_what(&objective.what, &mut found);
    found.extend(objective.misplaced.iter().copied().map(Problem::Misplaced));
    check_labels(&objective.labels, &mut found);
    check_policy(objective, &mut found);
    found
}

fn check_what(what: &What, found: &mut Vec<Problem>) {
    match what {
        What::Availability { events, .. } => check_events(events, found),
        What::Latency {
            events,
            measurement,
            threshold,
            ..
        } => {
            check_events(events, found);
            if measurement.is_empty() {
                found.push(Problem::Measurement);
            }
            if threshold.is_zero() || *threshold > YEAR {
                found.push(Problem::Threshold(*threshold));
            }
        }
        What::Ratio { good, valid } => {
            for Count {
                events,
                measurement,
                ..
            } in [good, valid]
            {
                check_events(events, found);
                if measurement.as_ref().is_some_and(String::is_empty) {
                    found.push(Problem::Measurement);
                }
            }
        }
    }
}

fn check_events(events: &[String], found: &mut Vec<Problem>) {
    if events.is_empty() {
        found.push(Problem::NoEvents);
    }
    for event in events {
        if let Err(error) = EventName::check(event) {
            let event = event.clone();
            found.push(Problem::Event { event, error });
        }
    }
}

fn check_labels(labels: &[(String, String)], found: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    for (label, _) in labels {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins_badly = label.starts_with("__")
            || label
                .bytes()
                .next()
                .is_none_or(|byte| byte.is_ascii_digit());
        if begins_badly || !label.bytes().all(is_plain) {
            found.push(Problem::Label(label.clone()));
        } else if RESERVED_LABELS.contains(&label.as_str()) {
            found.push(Problem::ReservedLabel(label.clone()));
        } else if !seen.insert(label) {
            found.push(Problem::DuplicateLabel(label.clone()));
        }
    }
}

fn check_policy(objective: &Objective, found: &mut Vec<Problem>) {
    let alerts = objective.policy.alerts();
    if alerts.is_empty() {
        found.push(Problem::NoAlerts);
    }
    let budget = objective.error_budget();
    for (at, alert) in alerts.iter().enumerate() {
        let BurnAlert {
            short,
            long,
            factor,
            severity,
            ..
        } = *alert;
        if short.is_zero() || short >= long || long > objective.window {
            let window = objective.window;
            found.push(Problem::Windows {
                short,
                long,
                window,
            });
        }
        let same = |other: &BurnAlert| other.long == long && other.severity == severity;
        if alerts[..at].iter().any(same) {
            found.push(Problem::SameAlert(long));
        }
        if !(factor > 0.0 && factor.is_finite()) {
            found.push(Problem::Factor(factor));
        } else if (0.0..1.0).contains(&budget) && objective.error_limit(alert) >= 1.0 {
            found.push(Problem::Unreachable {
                factor,
                most: 1.0 / budget,
                target: objective.target,
            });
        }
    }
}

fn check_alarm(alarm: &Alarm) -> Vec<Problem> {
    let mut found = Vec::new();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins_well = alarm
        .name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    if !begins_well || !alarm.name.bytes().all(is_plain) || alarm.name.len() > LONGEST_NAME {
        found.push(Problem::Name);
    }
    if !alarm.limit.is_finite() {
        found.push(Problem::Limit(alarm.limit));
    }
    if let Reading::Rise {
        definitions,
        within,
    } = &alarm.reading
    {
        if within.is_zero() {
            found.push(Problem::Within);
        }
        if definitions.is_empty() {
            found.push(Problem::NoDefinitions);
        }
    }
    check_labels(&alarm.labels, &mut found);
    found
}
