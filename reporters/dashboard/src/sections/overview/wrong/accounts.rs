//! Rules about what reporters and metrics say of themselves.

use std::time::{Duration, SystemTime};

use telemetry_metrics::history::{PastSeries, Range};
use telemetry_metrics::{DefinitionProblem, HealthReport};

use super::notice::{Notice, Report};
use crate::card::Status;
use crate::moment::Moment;
use crate::sections::health::{SKIPPED, advice};
use crate::sections::past::{Book, tag};
use crate::sections::words::{list, many, short};
use crate::sections::{RECENTLY, links};
use crate::sources::Sources;

const SENT: &str = "telemetry.reporter.sent";
const FAILED: &str = "telemetry.reporter.failed";
const DROPPED: &str = "telemetry.reporter.dropped";
const OVERFLOWED: &str = "telemetry.metric.overflowed";

/// The families that are looked at, for a [`Book`].
pub(super) const NAMES: [&str; 5] = [SENT, FAILED, DROPPED, OVERFLOWED, SKIPPED];

/// A reporter that failed within one of these and delivered nothing within it does not deliver: some
/// push every second, some every few minutes.
const WINDOWS: [u64; 4] = [60, 120, 300, 600];
/// So many definitions are named.
const NAMED: usize = 3;

pub(super) fn check(moment: &Moment<'_>, book: &Book, report: &mut Report) {
    let history = &moment.sources.history;
    let own = moment.sources.health.report().reporter;
    // The dashboard counts viewers who went away as failures.
    for health in moment.health().iter().filter(|one| one.reporter != own) {
        let series = |name: &str| {
            let mut series = book.named(name).iter();
            series.find(|one| tag(one, "reporter") == health.reporter)
        };
        let count = |name: &str, time: Duration| {
            let id = series(name).map(|one| one.id);
            let ids: Vec<_> = id.into_iter().collect();
            history.stats(&ids, Range::last(time)).count()
        };
        // What never failed needs no look at its past.
        let windows = WINDOWS.iter().filter(|_| health.failed > 0);
        let windows = windows.map(|seconds| {
            let time = Duration::from_secs(*seconds);
            (time, count(FAILED, time), count(SENT, time))
        });
        report.check(does_not_deliver(health, windows, moment.now));
        let dropped = match health.dropped {
            0 => 0,
            _ => count(DROPPED, RECENTLY),
        };
        report.check(drops(health, dropped));
    }
    let lately = |one: &PastSeries| history.stats(&[one.id], Range::last(RECENTLY)).count();
    for one in book.named(OVERFLOWED) {
        let metric = tag(one, "metric");
        report.notices.extend(overflows(
            metric,
            limit(moment.sources, metric),
            lately(one),
        ));
    }
    for one in book.named(SKIPPED) {
        let metric = tag(one, "metric");
        let found = skips(metric, tag(one, "reason"), lately(one));
        report.notices.extend(found);
    }
    // Of those that are well there is no series.
    report.checked += 2 * moment.sources.definitions.len() as u64;
    report.check(unfed(&moment.sources.warnings));
}

/// How many series a metric may have, and a link to its chart.
fn limit(sources: &Sources, metric: &str) -> Option<(usize, String)> {
    let place = sources
        .definitions
        .iter()
        .position(|one| one.name() == metric)?;
    let href = links::chart(sources, place);
    Some((sources.definitions[place].max_series(), href))
}

/// Of each window, the shortest first: how many failed and were sent within.
fn does_not_deliver(
    health: &HealthReport,
    mut windows: impl Iterator<Item = (Duration, u64, u64)>,
    now: SystemTime,
) -> Option<Notice> {
    let (time, failed, sent) = windows.find(|(_, failed, _)| *failed > 0)?;
    if sent > 0 {
        return None;
    }
    let since = match health.last_success {
        None => "nothing was ever delivered".to_owned(),
        Some(at) => {
            let minutes = now.duration_since(at).unwrap_or_default().as_secs() / 60;
            match minutes {
                0 | 1 => "nothing since".to_owned(),
                more => format!("nothing was delivered for {more} minutes"),
            }
        }
    };
    let text = format!(
        "The reporter {} cannot deliver: {} within {}, and {since}.",
        short(&health.reporter),
        many(failed, "failure", "failures"),
        many(time.as_secs() / 60, "minute", "minutes"),
    );
    let key = format!("reporter {}", health.reporter);
    Some(Notice::new(key, Status::Bad, text).link("health"))
}

/// What a reporter gave up for good in the last ten minutes.
fn drops(health: &HealthReport, dropped: u64) -> Option<Notice> {
    if dropped == 0 {
        return None;
    }
    let text = format!(
        "The reporter {} has dropped {} in the last 10 minutes, for good.",
        short(&health.reporter),
        many(dropped, "number or line", "numbers or lines"),
    );
    let key = format!("dropped {}", health.reporter);
    Some(Notice::new(key, Status::Warn, text).link("health"))
}

fn overflows(metric: &str, limit: Option<(usize, String)>, events: u64) -> Option<Notice> {
    if events == 0 {
        return None;
    }
    let (of, href) = match limit {
        Some((limit, href)) => (
            format!(" of {}", many(limit as u64, "series", "series")),
            href,
        ),
        None => (String::new(), "health".to_owned()),
    };
    let text = format!(
        "{} has met its limit{of}: {} of the last 10 minutes lost {} tags.",
        short(metric),
        many(events, "event", "events"),
        if events == 1 { "its" } else { "their" },
    );
    let key = format!("overflow {metric}");
    Some(Notice::new(key, Status::Warn, text).link(href))
}

fn skips(metric: &str, reason: &str, events: u64) -> Option<Notice> {
    if events == 0 {
        return None;
    }
    let what = match advice(reason) {
        "" => reason,
        advice => advice,
    };
    let text = format!(
        "{} has not counted {} of the last 10 minutes: {what}.",
        short(metric),
        many(events, "event", "events"),
    );
    let key = format!("skipped {metric} {reason}");
    Some(Notice::new(key, Status::Warn, text).link("health"))
}

/// Definitions that nothing in the program feeds.
fn unfed(warnings: &[DefinitionProblem]) -> Option<Notice> {
    let mut metrics: Vec<String> = Vec::new();
    for warning in warnings {
        let metric = short(&warning.metric);
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let all = metrics.len();
    metrics.truncate(NAMED);
    if let Some(more) = all.checked_sub(NAMED).filter(|more| *more > 0) {
        metrics.push(format!("{more} more"));
    }
    let names = list(&metrics);
    let text = match all {
        0 => return None,
        1 => format!("The definition {names} names something that nothing in the program emits."),
        _ => format!("Definitions name something that nothing in the program emits: {names}."),
    };
    Some(Notice::new("unfed", Status::Warn, text).link("health"))
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, counter};

    use super::*;

    fn health(last_success: Option<u64>) -> HealthReport {
        let aggregator = Aggregator::builder().start().unwrap();
        let mut report = aggregator.register_health("statsd").report();
        report.last_success =
            last_success.map(|at| SystemTime::UNIX_EPOCH + Duration::from_secs(at));
        report
    }

    fn delivers(windows: [(u64, u64); 4], last_success: Option<u64>) -> Option<String> {
        let windows = WINDOWS.iter().zip(windows);
        let windows =
            windows.map(|(time, (failed, sent))| (Duration::from_secs(*time), failed, sent));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        does_not_deliver(&health(last_success), windows, now).map(|notice| notice.text)
    }

    #[test]
    fn a_reporter_that_failed_and_delivered_nothing_since_is_told_of() {
        assert_eq!(
            delivers([(0, 0), (3, 0), (9, 0), (9, 5)], Some(700)).unwrap(),
            "The reporter statsd cannot deliver: 3 failures within 2 minutes, and nothing was delivered for 5 \
             minutes."
        );
        let never = delivers([(1, 0); 4], None).unwrap();
        assert!(never.ends_with("nothing was ever delivered."), "{never}");
    }

    #[test]
    fn a_reporter_that_delivers_again_is_not() {
        assert_eq!(
            delivers([(0, 9), (3, 12), (3, 30), (3, 60)], Some(999)),
            None
        );
        assert_eq!(delivers([(0, 0); 4], Some(1)), None, "it is merely idle");
    }

    #[test]
    fn what_is_lost_is_told_of_while_it_is_recent() {
        let notice = drops(&health(None), 1_200).unwrap();
        assert!(
            notice.text.contains("1,200 numbers or lines"),
            "{}",
            notice.text
        );
        assert_eq!(drops(&health(None), 0), None);
    }

    #[test]
    fn a_metric_that_is_full_is_told_of_with_its_limit() {
        let limit = Some((2_000, "metrics?show=1".to_owned()));
        let notice = overflows("shop.x.count", limit, 7).unwrap();
        assert_eq!(
            notice.text,
            "shop.x.count has met its limit of 2,000 series: 7 events of the last 10 minutes lost their tags."
        );
        let one = overflows("shop.x.count", None, 1).unwrap().text;
        assert!(one.ends_with("1 event of the last 10 minutes lost its tags."));
        assert_eq!(overflows("shop.x.count", None, 0), None);
    }

    #[test]
    fn what_was_skipped_is_told_of_with_what_to_do() {
        let notice = skips("shop.x.duration", "unit", 2).unwrap();
        assert!(notice.text.contains("2 events") && notice.text.contains("`Duration`"));
        assert!(
            skips("a.b", "of tomorrow", 1)
                .unwrap()
                .text
                .ends_with(": of tomorrow.")
        );
        assert_eq!(skips("shop.x.duration", "unit", 0), None);
    }

    #[test]
    fn definitions_that_nothing_feeds_are_named() {
        let names = ["a", "b", "c", "d", "e"];
        let metrics = names.map(|name| counter(format!("dash_unfed.{name}.count")));
        let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
        let text = unfed(aggregator.warnings()).unwrap().text;
        assert!(text.contains("dash_unfed.c.count and 2 more"), "{text}");
        assert!(
            unfed(&aggregator.warnings()[..1])
                .unwrap()
                .text
                .starts_with("The definition")
        );
        assert_eq!(unfed(&[]), None);
    }
}
