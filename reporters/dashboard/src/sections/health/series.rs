//! How many series each metric has, and may have.

use std::collections::HashMap;

use super::super::past::{Book, tag, value};
use super::super::{links, words};
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;

const SERIES: &str = "telemetry.metric.series";
const OVERFLOWED: &str = "telemetry.metric.overflowed";
const EXPIRED: &str = "telemetry.metric.expired";
const MISSING: &str = "telemetry.metric.tags_missing";
/// More metrics than this are not shown: those that are fullest are.
const MOST_ROWS: usize = 200;
/// From this share of its limit on a metric is worth a look.
const NEARLY_FULL: f64 = 0.8;

pub(super) struct Series {
    book: Book,
}

/// What there is to say of one metric.
struct Row<'m> {
    name: &'m str,
    place: usize,
    series: u64,
    limit: u64,
    overflowed: u64,
    expired: u64,
    missing: u64,
}

impl Row<'_> {
    fn fill(&self) -> f64 {
        self.series as f64 / self.limit.max(1) as f64
    }

    fn status(&self) -> Option<Status> {
        if self.overflowed > 0 {
            Some(Status::Bad)
        } else {
            (self.fill() >= NEARLY_FULL).then_some(Status::Warn)
        }
    }
}

impl Series {
    pub(super) fn new() -> Self {
        Self {
            book: Book::of([SERIES, OVERFLOWED, EXPIRED, MISSING]),
        }
    }

    pub(super) fn card(&mut self, moment: &Moment<'_>) -> Card {
        self.book.update(moment);
        let counts = |name: &str| -> HashMap<&str, u64> {
            let series = self.book.named(name).iter();
            series
                .map(|one| (tag(one, "metric"), one.latest.count))
                .collect()
        };
        let (overflowed, expired, missing) = (counts(OVERFLOWED), counts(EXPIRED), counts(MISSING));
        let series: HashMap<&str, u64> = self
            .book
            .named(SERIES)
            .iter()
            .filter_map(|one| Some((tag(one, "metric"), value(one)? as u64)))
            .collect();
        let of = |counts: &HashMap<&str, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
        let definitions = moment.sources.definitions.iter().enumerate();
        let tagged = definitions.filter(|(_, one)| !one.tags().is_empty());
        let mut rows: Vec<_> = tagged
            .map(|(place, one)| Row {
                name: one.name(),
                place,
                series: of(&series, one.name()),
                limit: one.max_series() as u64,
                overflowed: of(&overflowed, one.name()),
                expired: of(&expired, one.name()),
                missing: of(&missing, one.name()),
            })
            .collect();
        let all: u64 = rows.iter().map(|row| row.series).sum();
        let metrics = rows.len();
        rows.sort_by(|one, other| {
            let interest = |row: &Row<'_>| (row.overflowed > 0, row.fill());
            let (one, other) = (interest(one), interest(other));
            other.0.cmp(&one.0).then(other.1.total_cmp(&one.1))
        });
        rows.truncate(MOST_ROWS);
        let mut table = Table::new(["Metric"])
            .numbers([
                "Series",
                "Limit",
                "Full",
                "Overflowed",
                "Expired",
                "Without a tag",
            ])
            .empty("No definition has tags.")
            .searchable();
        for row in &rows {
            let cells = [
                Value::link(
                    links::chart(moment.sources, row.place),
                    Value::code(row.name),
                ),
                row.series.into(),
                row.limit.into(),
                Value::ratio(row.fill()),
                row.overflowed.into(),
                row.expired.into(),
                row.missing.into(),
            ];
            // Two definitions may share a name.
            let key = format!("{} {}", row.place, row.name);
            table.row_with(key, cells, row.status(), None);
        }
        let mut hint = format!(
            "{} of {} with tags. What comes when a metric is full is counted, without its tags, in one \
             series of overflow: raise the limit with `max_series`, or give the tag fewer values.",
            words::many(all, "series", "series"),
            words::many(metrics as u64, "metric", "metrics"),
        );
        if metrics > rows.len() {
            hint.push_str(&format!(" The {MOST_ROWS} that are fullest are shown."));
        }
        Card::table("series", table)
            .title("Series")
            .hint(&hint)
            .wide()
    }
}
