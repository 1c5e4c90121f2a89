//! The table of objectives: what is promised, how much of the error budget is left, how fast it burns.

use std::time::Duration;

use telemetry_slo::{
    AlertReport, AlertState, BurnReport, Measured, ObjectiveReport, Severity, span_text,
};

use super::words::{burn, firing, kept, lasting, span, target};
use super::{left_out, most_urgent, place};
use crate::card::{Card, Status, Table, Value};
use crate::sections::links;
use crate::sections::words::short;
use crate::sources::Sources;

pub(super) fn card(sources: &Sources, objectives: &[ObjectiveReport]) -> Card {
    let mut table = Table::new(["Objective", "Promise"])
        .numbers(["Good", "Budget left"])
        .texts(["Known", "Burn rate", "Alert"])
        .empty("There is none: give some to `Slo::builder`.");
    let shown = most_urgent(objectives, ObjectiveReport::severity);
    let left_out = left_out(objectives.len());
    for (_, one) in shown {
        let name = Value::code(short(&one.name));
        let cells = [
            match href(sources, one) {
                Some(href) => Value::link(href, name),
                None => name,
            },
            promise(one).into(),
            match one.ratio {
                Some(ratio) => kept(ratio, one.target).into(),
                None => "no traffic".into(),
            },
            Value::ratio(one.budget_left),
            known(one.covered, one.window).into(),
            burns(one).into(),
            state(one).into(),
        ];
        table.row_with(one.name.clone(), cells, status(one), None);
    }
    Card::table("budgets", table)
        .hint(&format!(
            "Of this process alone, since it started. The budget of a service is that of all its instances \
             together. A burn rate of 1 uses up the budget just when its time is over.{left_out}",
        ))
        .wide()
}

/// The chart of what it is evaluated from.
fn href(sources: &Sources, one: &ObjectiveReport) -> Option<String> {
    let name = match &one.measured {
        Measured::Ratio { good, .. } => good,
        Measured::Latency { duration, .. } => duration,
        _ => return None,
    };
    place(sources, name).map(|place| links::chart(sources, place))
}

/// `99.9 % within 250 ms`.
fn promise(one: &ObjectiveReport) -> String {
    let target = target(one.target);
    match &one.measured {
        Measured::Latency { threshold, .. } => {
            let threshold = Duration::try_from_secs_f64(*threshold).unwrap_or_default();
            format!("{target} within {}", span(threshold))
        }
        _ => format!("{target} good"),
    }
}

/// `since start, 2 h of 30 d`, or `30 d`.
fn known(covered: Duration, window: Duration) -> String {
    if covered >= window {
        return span(window);
    }
    // Whole seconds, so that it does not change more often than it is looked at.
    let covered = Duration::from_secs(covered.as_secs());
    format!("since start, {} of {}", span(covered), span(window))
}

/// `5m: 0.4, 1h: 0.1`. Of windows that are longer than what is known, the first stands for all.
fn burns(one: &ObjectiveReport) -> String {
    let is_known = |burn: &&BurnReport| burn.covered >= burn.window;
    let known = one.burns.iter().take_while(is_known).count();
    let burns = one.burns.iter().take(known + 1);
    // Windows are named as in events, tags and rules.
    let burns = burns.map(|one| format!("{}: {}", span_text(one.window), burn(one.rate)));
    burns.collect::<Vec<_>>().join(", ")
}

/// What its most urgent alert says.
fn state(one: &ObjectiveReport) -> String {
    match firing(one) {
        Some(alert) => format!("{} for {}", alert.severity.as_str(), lasting(alert.lasting)),
        None if one.alerts.iter().any(is_pending) => "pending".to_owned(),
        None => "quiet".to_owned(),
    }
}

fn is_pending(alert: &AlertReport) -> bool {
    alert.state == AlertState::Pending
}

fn status(one: &ObjectiveReport) -> Option<Status> {
    match one.severity() {
        Some(Severity::Page) => Some(Status::Bad),
        Some(_) => Some(Status::Warn),
        None if one.budget_left < 0.0 || one.alerts.iter().any(is_pending) => Some(Status::Warn),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_says_so_until_it_is_all() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let known = |covered| known(covered, hours(720));
        assert_eq!(known(hours(2)), "since start, 2 h of 30 d");
        assert_eq!(
            known(Duration::from_millis(95_700)),
            "since start, 95 s of 30 d"
        );
        assert_eq!(known(hours(720)), "30 d");
    }
}
