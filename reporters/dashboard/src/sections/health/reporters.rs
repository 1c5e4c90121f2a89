//! Reporters: what each has sent, failed to send, and given up.

use std::time::Duration;

use telemetry_metrics::HealthReport;
use telemetry_metrics::history::{PastSeries, Range};

use super::super::past::{Book, tag};
use super::super::words::short;
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;

const SENT: &str = "telemetry.reporter.sent";
const FAILED: &str = "telemetry.reporter.failed";
const DROPPED: &str = "telemetry.reporter.dropped";
/// What counts as now.
const NOW: Duration = Duration::from_secs(60);
/// More reporters than this are not shown.
const MOST_ROWS: usize = 100;

pub(super) struct Reporters {
    book: Book,
}

impl Reporters {
    pub(super) fn new() -> Self {
        Self {
            book: Book::of([SENT, FAILED, DROPPED]),
        }
    }

    pub(super) fn card(&mut self, moment: &Moment<'_>) -> Card {
        self.book.update(moment);
        let mut table = Table::new(["Reporter", "Last success"])
            .numbers([
                "Sent",
                "Sent lately",
                "Failed",
                "Failed lately",
                "Dropped",
                "Thinned",
            ])
            .empty("No reporter has registered with this aggregator.");
        for report in moment.health().iter().take(MOST_ROWS) {
            let lately = |name: &str| {
                let id = series_of(&self.book, name, &report.reporter)?.id;
                let stats = moment.sources.history.stats(&[id], Range::last(NOW));
                Some((stats.count(), stats.rate()?))
            };
            let (sent, failed) = (lately(SENT), lately(FAILED));
            let dropped = lately(DROPPED).is_some_and(|(count, _)| count > 0);
            let fails = failed.is_some_and(|(count, _)| count > 0);
            let delivers = sent.is_some_and(|(count, _)| count > 0);
            let status = match (fails, delivers, dropped) {
                (true, false, _) => Some(Status::Bad),
                (true, true, _) | (_, _, true) => Some(Status::Warn),
                _ => None,
            };
            let rate = |lately: Option<(u64, f64)>| lately.map(|(_, rate)| Value::per_second(rate));
            let cells = [
                Value::code(short(&report.reporter)),
                last_success(report),
                report.sent.into(),
                rate(sent).into(),
                report.failed.into(),
                rate(failed).into(),
                report.dropped.into(),
                report.thinned.into(),
            ];
            table.row_with(report.reporter.clone(), cells, status, None);
        }
        Card::table("reporters", table)
            .title("Reporters")
            .hint(
                "What is counted depends on the reporter: lines, scrapes, requests. What failed is part of \
                 a later delivery; what was dropped is lost. Lately is the last minute.",
            )
            .wide()
    }
}

/// A dash says that it should have succeeded by now; one that waits to be asked need not have.
fn last_success(report: &HealthReport) -> Value {
    let name = &*report.reporter;
    let is_asked = name == "prometheus" || name.starts_with("prometheus-");
    match report.last_success {
        None if is_asked && report.failed == 0 => "not asked yet".into(),
        at => at.into(),
    }
}

/// The series in which this reporter's numbers are.
fn series_of<'b>(book: &'b Book, name: &str, reporter: &str) -> Option<&'b PastSeries> {
    let mut series = book.named(name).iter();
    series.find(|one| tag(one, "reporter") == reporter)
}
