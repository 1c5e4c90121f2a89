//! The table of alarms: what must not be above a limit.

use telemetry_metrics::Dimension;
use telemetry_slo::{AlarmReport, AlertState, Reading, Severity};

use super::words::{lasting, of_series};
use super::{dimension, left_out, most_urgent, place};
use crate::card::{Card, Status, Table, Value};
use crate::sections::links;
use crate::sections::words::short;
use crate::sources::Sources;

pub(super) fn card(sources: &Sources, alarms: &[AlarmReport]) -> Card {
    let mut table = Table::new(["Alarm", "Of"])
        .numbers(["Worst now", "Limit"])
        .texts(["State"])
        .empty("There is none: give some to `Slo::builder`.");
    let fires = |alarm: &AlarmReport| {
        let is_firing = alarm.state == AlertState::Firing;
        is_firing.then_some(alarm.severity)
    };
    for (at, alarm) in most_urgent(alarms, fires) {
        let number = |value: f64| match dimension(sources, &alarm.reading) {
            None => Value::ratio(value),
            Some(Dimension::Time) => Value::seconds(value),
            Some(Dimension::Bytes) => Value::bytes(value),
            Some(_) => Value::number(value),
        };
        let worst = alarm.worst.as_ref();
        let name = Value::code(short(&alarm.name));
        let cells = [
            match place(sources, first(&alarm.reading)) {
                Some(place) => Value::link(links::chart(sources, place), name),
                None => name,
            },
            of(alarm).into(),
            worst.map_or(Value::missing(), |worst| number(worst.value)),
            number(alarm.limit),
            match alarm.state {
                AlertState::Firing => {
                    let severity = alarm.severity.as_str();
                    format!("{severity} for {}", lasting(alarm.lasting)).into()
                }
                AlertState::Pending => "pending".into(),
                _ => "quiet".into(),
            },
        ];
        let status = match (alarm.state, alarm.severity) {
            (AlertState::Firing, Severity::Page) => Some(Status::Bad),
            (AlertState::Firing | AlertState::Pending, _) => Some(Status::Warn),
            _ => None,
        };
        // Two may have one name.
        table.row_with(format!("{at} {}", alarm.name), cells, status, None);
    }
    let card = Card::table("alarms", table).wide();
    match left_out(alarms.len()) {
        none if none.is_empty() => card,
        some => card.hint(some.trim_start()),
    }
}

/// What it is about, and which series of it is the worst: `shop.mailbox.depth, name=mail`.
fn of(alarm: &AlarmReport) -> String {
    let definition = short(first(&alarm.reading));
    match alarm.worst.as_ref().map(|worst| of_series(&worst.tags)) {
        Some(tags) if !tags.is_empty() => format!("{definition}, {tags}"),
        _ => definition,
    }
}

/// The definition that it is mostly about.
fn first(reading: &Reading) -> &str {
    match reading {
        Reading::Latest(name) => name,
        Reading::Share { part, .. } => part,
        Reading::Rise { definitions, .. } => definitions.first().map_or("", String::as_str),
        _ => "",
    }
}
