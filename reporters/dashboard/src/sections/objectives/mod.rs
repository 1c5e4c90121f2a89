//! Objectives and alarms, as the program evaluates them itself.

mod alarms;
mod budgets;
mod words;

use std::cmp::Reverse;

use telemetry_metrics::Dimension;
use telemetry_slo::{Reading, Severity};

use crate::live::{Live, Made};
use crate::moment::Moment;
use crate::sections::words::many;
use crate::sources::Sources;

pub(in crate::sections) use words::{burns_too_fast, is_too_high, stands_still};

/// More rows than this are not shown.
const MOST_ROWS: usize = 200;

/// Those that are shown, and their places: of too many, what fires, and then the first.
fn most_urgent<T>(all: &[T], severity: impl Fn(&T) -> Option<Severity>) -> Vec<(usize, &T)> {
    let mut shown: Vec<_> = all.iter().enumerate().collect();
    if shown.len() > MOST_ROWS {
        // Stable: otherwise in the order in which they were given.
        shown.sort_by_key(|(_, one)| Reverse(severity(one)));
        shown.truncate(MOST_ROWS);
    }
    shown
}

/// A sentence behind others, if some are not shown.
fn left_out(all: usize) -> String {
    match all.saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!(
            " {} shown, none of which is more urgent.",
            many(more as u64, "more is not", "more are not")
        ),
    }
}

/// What is promised.
pub(in crate::sections) fn objectives() -> Box<dyn Live> {
    let make = |moment: &Moment<'_>| {
        let report = moment.sources.slo.as_ref().map(|slo| slo.report());
        let objectives = report.map(|report| report.objectives);
        vec![budgets::card(
            moment.sources,
            &objectives.unwrap_or_default(),
        )]
    };
    Box::new(Made::new(Some("Objectives"), make))
}

/// What must not be.
pub(in crate::sections) fn alarms() -> Box<dyn Live> {
    let make = |moment: &Moment<'_>| {
        let report = moment.sources.slo.as_ref().map(|slo| slo.report());
        let alarms = report.map(|report| report.alarms);
        vec![alarms::card(moment.sources, &alarms.unwrap_or_default())]
    };
    Box::new(Made::new(Some("Alarms"), make))
}

/// Where the definition of this name is.
fn place(sources: &Sources, name: &str) -> Option<usize> {
    let mut definitions = sources.definitions.iter();
    definitions.position(|one| one.name() == name)
}

/// What a reading is a number of; `None` if it is a share.
pub(in crate::sections) fn dimension(sources: &Sources, reading: &Reading) -> Option<Dimension> {
    match reading {
        Reading::Share { .. } => None,
        Reading::Latest(name) => {
            let place = place(sources, name);
            Some(place.map_or(Dimension::None, |place| {
                sources.definitions[place].dimension()
            }))
        }
        _ => Some(Dimension::None),
    }
}
