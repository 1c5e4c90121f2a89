//! Rules about what is kept in memory, and about the dashboard itself.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use telemetry_metrics::history::Status as Past;
use telemetry_traces::{Finding, MAX_FINDINGS, NPlusOne, Traces};

use super::notice::{Notice, Report};
use super::requests::n_plus_one;
use super::rises::Rises;
use crate::card::Status;
use crate::moment::Moment;
use crate::sections::RECENTLY;
use crate::sections::words::many;

pub(super) fn check(moment: &Moment<'_>, rises: &Rises, clock: Duration, report: &mut Report) {
    let sources = moment.sources;
    report.check(left_out(&sources.history.status()));
    if let Some(stats) = sources.traces.as_deref().map(Traces::stats) {
        let is_recent = rises.is_recent("traces", stats.spans_dropped, clock);
        report.check(spans_dropped(stats.spans_dropped, is_recent));
    }
    if let Some(detector) = sources.n_plus_one.as_deref() {
        let evicted = NPlusOne::pressure(detector).evicted;
        let is_recent = rises.is_recent("detector", evicted, clock);
        report.check(detector_full(evicted, is_recent));
        report.checked += 1;
        report
            .notices
            .extend(findings(&detector.findings(), moment.now));
    }
    let panics = moment.hub().panics;
    let is_recent = rises.is_recent("sections", panics, clock);
    report.check(sections_panicked(panics, is_recent));
}

/// The history has no room for some series.
fn left_out(past: &Past) -> Option<Notice> {
    let series = many(past.left_out as u64, "series has", "series have");
    let text = format!(
        "{series} no room in the history of {} MiB: charts lack them. Give it more memory, or tags fewer values.",
        past.budget >> 20
    );
    (past.left_out > 0).then(|| Notice::new("history", Status::Warn, text).link("health"))
}

fn spans_dropped(spans: u64, is_recent: bool) -> Option<Notice> {
    let text = format!(
        "There was no room for {} of traces since the start: give the store of traces more memory.",
        many(spans, "span", "spans")
    );
    (is_recent && spans > 0).then(|| Notice::new("traces", Status::Warn, text).link("health"))
}

fn detector_full(spans: u64, is_recent: bool) -> Option<Notice> {
    let text = format!(
        "The detector of N+1 queries gave up the counts of {} since the start: give it more memory.",
        many(spans, "span", "spans")
    );
    (is_recent && spans > 0).then(|| Notice::new("detector", Status::Warn, text).link("health"))
}

/// N+1 queries of the last ten minutes, by their routes.
fn findings(all: &[Finding], now: SystemTime) -> Vec<Notice> {
    let is_recent = |finding: &&Finding| {
        // One of the future is of a clock that was set.
        now.duration_since(finding.at)
            .is_ok_and(|age| age < RECENTLY)
    };
    let is_all = all.len() < MAX_FINDINGS;
    let mut routes: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for finding in all.iter().filter(is_recent) {
        let (times, queries) = routes.entry(finding.route.as_deref()).or_default();
        *times += 1;
        *queries = finding.count.max(*queries);
    }
    routes
        .into_iter()
        .map(|(route, (times, queries))| n_plus_one(route, times, queries, is_all))
        .collect()
}

fn sections_panicked(panics: u64, is_recent: bool) -> Option<Notice> {
    let text = format!(
        "Sections of this dashboard have panicked {} since it was started: see the program's output.",
        many(panics, "time", "times")
    );
    (is_recent && panics > 0).then(|| Notice::new("sections", Status::Bad, text).link("health"))
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::Aggregator;
    use telemetry_metrics::history::History;

    use super::*;

    #[test]
    fn a_history_without_room_is_told_of() {
        let aggregator = Aggregator::builder().start().unwrap();
        let mut past = History::start(&aggregator).unwrap().status();
        assert_eq!(left_out(&past), None);
        past.left_out = 12;
        let notice = left_out(&past).unwrap();
        assert!(
            notice
                .text
                .starts_with("12 series have no room in the history of 16 MiB"),
            "{}",
            notice.text
        );
    }

    #[test]
    fn what_was_lost_lately_is_told_of_and_what_was_lost_long_ago_is_not() {
        for rule in [spans_dropped, detector_full, sections_panicked] {
            assert!(rule(3, true).is_some());
            assert_eq!(rule(3, false), None);
            assert_eq!(rule(0, true), None);
        }
    }

    #[test]
    fn findings_of_the_last_ten_minutes_are_counted_by_route() {
        let detector = NPlusOne::builder()
            .threshold(3)
            .unsampled(true)
            .start()
            .unwrap();
        for _ in 0..2 {
            telemetry::span!("dash_findings.endpoint", { route: "/dash-findings" }).in_scope(
                || {
                    for _ in 0..5 {
                        let statement = "SELECT a FROM dash_findings WHERE id = ?";
                        telemetry::completion_span!("dash_findings.repo.query", { statement })
                            .finish();
                    }
                },
            );
        }
        let mut all = detector.findings();
        all.retain(|one| one.route.as_deref() == Some("/dash-findings"));
        let now = SystemTime::now();
        let notices = findings(&all, now);
        assert_eq!(notices.len(), 1);
        let text = &notices[0].text;
        assert!(
            text.contains("/dash-findings") && text.contains("2 times"),
            "{text}"
        );
        assert!(text.contains("5 queries"), "{text}");
        assert_eq!(findings(&all, now + RECENTLY * 2), []);
    }
}
