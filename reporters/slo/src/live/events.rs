//! The events of this crate.

use telemetry::execute;

use super::engine::Happening;
use super::state::Turn;
use super::{alarm, objective};
use crate::report::{AlarmReport, AlertState, ObjectiveReport, Report, Worst};
use crate::span::span_text;

/// How much of a series' tags an event tells, in bytes.
const LONGEST: usize = 200;

/// Tells what began or ceased to fire.
pub(super) fn tell(happening: &Happening, report: &Report) {
    match happening {
        Happening::Slo(at, change) => {
            if let Some(objective) = report.objectives.get(*at) {
                tell_objective(objective, change);
            }
        }
        Happening::Alarm(at, change) => {
            if let Some(alarm) = report.alarms.get(*at) {
                tell_alarm(alarm, change);
            }
        }
    }
}

fn tell_objective(objective: &ObjectiveReport, change: &objective::Change) {
    let (slo, description) = (&objective.name, &objective.description);
    let severity = change.alert.severity.as_str();
    let (long, short) = (span_text(change.alert.long), span_text(change.alert.short));
    let budget_left = objective.budget_left;
    match change.turn {
        Turn::Fired => execute!(
            "telemetry.slo.firing",
            {
                burn_rate: change.long_rate,
                short_burn_rate: change.short_rate,
                budget_left,
            },
            { slo, severity, long, short, description }
        ),
        Turn::Resolved(firing_for) => execute!(
            "telemetry.slo.resolved",
            { firing_for, budget_left },
            { slo, severity, long, short, description }
        ),
    }
}

fn tell_alarm(alarm: &AlarmReport, change: &alarm::Change) {
    let AlarmReport {
        name,
        summary,
        limit,
        ..
    } = alarm;
    let (severity, definition) = (alarm.severity.as_str(), alarm.reading.definition());
    let of = change.worst.as_ref().map(of);
    let value = change.worst.as_ref().map(|worst| worst.value);
    match change.turn {
        Turn::Fired => execute!(
            "telemetry.alarm.firing",
            { value, limit, series: change.series },
            { alarm: name, severity, definition, of, summary }
        ),
        Turn::Resolved(firing_for) => execute!(
            "telemetry.alarm.resolved",
            { firing_for, value, limit },
            { alarm: name, severity, definition, of, summary }
        ),
    }
}

/// Tells how everything stands.
pub(super) fn status(report: &Report) {
    report.objectives.iter().for_each(objective_status);
    report.alarms.iter().for_each(alarm_status);
}

fn objective_status(objective: &ObjectiveReport) {
    let slo = &objective.name;
    execute!(
        "telemetry.slo.status",
        {
            // Where there is nothing, nothing was bad.
            ratio: objective.ratio.unwrap_or(1.0),
            budget_left: objective.budget_left,
            valid: objective.valid,
            bad: objective.bad,
            covered: objective.covered,
        },
        { slo }
    );
    for burn in &objective.burns {
        execute!(
            "telemetry.slo.burn",
            // Else a gauge would stay where it was when traffic ended.
            { rate: burn.rate.unwrap_or(0.0) },
            { slo, window: span_text(burn.window) }
        );
    }
    for alert in &objective.alerts {
        execute!(
            "telemetry.slo.alert",
            { firing: u64::from(alert.state == AlertState::Firing) },
            { slo, severity: alert.severity.as_str(), window: span_text(alert.long) }
        );
    }
}

fn alarm_status(alarm: &AlarmReport) {
    execute!(
        "telemetry.alarm.status",
        {
            firing: u64::from(alarm.state == AlertState::Firing),
            value: alarm.worst.as_ref().map(|worst| worst.value),
            limit: alarm.limit,
        },
        {
            alarm: &alarm.name,
            severity: alarm.severity.as_str(),
            definition: alarm.reading.definition(),
        }
    );
}

/// A series' tags as one text.
fn of(worst: &Worst) -> String {
    let tags: Vec<String> = worst
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let mut text = tags.join(", ");
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}
