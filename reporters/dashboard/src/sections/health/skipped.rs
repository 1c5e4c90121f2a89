//! What metrics did not count, and why.

use telemetry_metrics::history::Range;

use super::super::past::{Book, tag};
use super::super::{RECENTLY, links};
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;

pub(in crate::sections) const SKIPPED: &str = "telemetry.metric.skipped";
/// More rows than this are not shown: those with the most are.
const MOST_ROWS: usize = 200;

pub(super) struct Skipped {
    book: Book,
}

impl Skipped {
    pub(super) fn new() -> Self {
        Self {
            book: Book::of([SKIPPED]),
        }
    }

    pub(super) fn card(&mut self, moment: &Moment<'_>) -> Card {
        self.book.update(moment);
        let mut rows: Vec<_> = self.book.named(SKIPPED).iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.latest.count));
        let mut table = Table::new(["Metric", "Reason"])
            .numbers(["Skipped", "Lately"])
            .texts(["What to do"])
            .empty("Every event that a metric is about was counted.")
            .searchable();
        for row in rows.iter().take(MOST_ROWS) {
            let (metric, reason) = (tag(row, "metric"), tag(row, "reason"));
            let lately = Range::last(RECENTLY);
            let lately = moment.sources.history.stats(&[row.id], lately).count();
            let mut definitions = moment.sources.definitions.iter();
            let name = Value::code(metric);
            let name = match definitions.position(|one| one.name() == metric) {
                Some(place) => Value::link(links::chart(moment.sources, place), name),
                None => name,
            };
            let cells = [
                name,
                Value::code(reason),
                row.latest.count.into(),
                lately.into(),
                advice(reason).into(),
            ];
            let status = (lately > 0).then_some(Status::Warn);
            table.row_with(format!("{metric} {reason}"), cells, status, None);
        }
        let mut hint =
            "Events that reached a metric and were not counted. Lately is ten minutes.".to_owned();
        if rows.len() > MOST_ROWS {
            hint.push_str(&format!(" The {MOST_ROWS} largest are shown."));
        }
        Card::table("skipped", table)
            .title("Skipped")
            .hint(&hint)
            .wide()
    }
}

/// What to do about what was skipped for a reason.
pub(in crate::sections) fn advice(reason: &str) -> &'static str {
    match reason {
        "missing" => "the event lacks the measurement: `drop_when` it is absent, if that is right",
        "not_finite" => "the measurement is NaN or infinite: see where it is divided",
        "negative" => "the measurement is below zero: use `up_down`, or a last value",
        "unit" => "the number has no unit or another one: pass a `Duration`, or say `.unit(..)`",
        "overflow" => "the number does not fit: see whether its unit is right",
        "panicked" => "a closure of the definition panicked: see the program's output",
        _ => "",
    }
}
