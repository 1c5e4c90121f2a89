//! Objectives and alarms, as the program evaluates them itself.

mod alarms;
mod budgets;
mod words;

use telemetry_metrics::Dimension;
use telemetry_slo::Reading;

use crate::card::Card;
use crate::live::{Live, Made};
use crate::sources::Sources;

pub(in crate::sections) use words::{burns_too_fast, is_too_high, stands_still};

/// More rows than this are not shown.
const MOST_ROWS: usize = 200;

pub(in crate::sections) fn objectives() -> Box<dyn Live> {
    let make = |moment: &crate::moment::Moment<'_>| {
        let Some(slo) = &moment.sources.slo else {
            return Vec::new();
        };
        let report = slo.report();
        let mut cards = Vec::new();
        if !report.objectives.is_empty() {
            cards.push(budgets::card(moment.sources, &report.objectives));
        }
        if !report.alarms.is_empty() {
            cards.push(alarms::card(moment.sources, &report.alarms));
        }
        match cards.is_empty() {
            true => vec![Card::text(
                "none",
                "There are no objectives and no alarms: give them to `Slo::builder`.",
            )],
            false => cards,
        }
    };
    Box::new(Made::new(Some("Objectives"), make))
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
