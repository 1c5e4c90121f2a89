//! Rules about requests: too many that fail, slower than usual.

use std::collections::BTreeMap;
use std::time::Duration;

use telemetry_metrics::history::Range;

use super::notice::{Notice, Report};
use crate::card::Status;
use crate::moment::Moment;
use crate::sections::charts::Reach;
use crate::sections::links;
use crate::sections::overview::signals::{Roles, Times};
use crate::sections::past::{Book, Cached, before, last, tag};
use crate::sections::words::{count, list, many, percent, short, time};

/// From this share of errors on it is worth a look.
pub(in crate::sections) const FEW_ERRORS: f64 = 0.01;
/// From this share on it is bad.
pub(in crate::sections) const MANY_ERRORS: f64 = 0.05;
/// What is judged: long enough that one error is no alarm, short enough to be now.
pub(in crate::sections) const JUDGED: Duration = Duration::from_secs(300);
/// With what it is compared.
const USUAL: Duration = Duration::from_secs(3_600);
/// A share of fewer requests than this says nothing.
const ENOUGH: u64 = 20;
/// A p95 of fewer than this says nothing.
const ENOUGH_FOR_P95: u64 = 100;
/// So many times slower than usual is worth a look.
const SLOWER: f64 = 2.0;
/// Below this nobody notices, however much slower it became: seconds.
const NOTICEABLE: f64 = 0.01;
/// So many routes are named.
const NAMED: usize = 3;

/// How often it is found out what is usual.
const USUAL_EVERY: Duration = Duration::from_secs(30);

/// What is usual: seconds, and of how many requests.
pub(super) type Usual = Cached<Option<Times>>;

pub(super) fn usual() -> Usual {
    Cached::new(USUAL_EVERY)
}

/// Looks at the requests of the last five minutes.
pub(super) fn check(
    moment: &Moment<'_>,
    roles: &Roles,
    book: &Book,
    usual: &mut Usual,
    report: &mut Report,
) {
    let lately = last(moment, JUDGED);
    if let Some((failed, of)) = roles.failures(moment, book, lately) {
        let href = match &moment.sources.traces {
            Some(_) => links::traces("failed", ""),
            None => {
                let place = roles.failed.first().map_or(0, |failed| failed.place);
                links::chart(moment.sources, place)
            }
        };
        let worst = || worst_routes(moment, roles, book);
        let since_start = Reach::of(&moment.sources.history).is_start_within(JUDGED);
        let found = failing(failed, of, since_start, worst);
        report.check(found.map(|notice| notice.link(href)));
    }
    if let (Some(place), Some(now)) = (roles.duration, roles.times(moment, lately)) {
        let of = |p95: Option<f64>, count: u64| p95.filter(|_| count >= ENOUGH_FOR_P95);
        let now = of(now.p95, now.count);
        // The past of an hour is looked up only if it matters.
        let found = now.filter(|now| *now >= NOTICEABLE).and_then(|now| {
            let usual = (*usual.get(moment, || hour_before(moment, roles)))?;
            slower(now, of(usual.p95, usual.count)?)
        });
        let href = links::chart(moment.sources, place);
        report.check(found.map(|notice| notice.link(href)));
    }
}

fn hour_before(moment: &Moment<'_>, roles: &Roles) -> Option<Times> {
    let history = &moment.sources.history;
    let since = before(moment.tick, JUDGED, history);
    let range = Range::between(before(since, USUAL, history), since);
    roles.times(moment, range)
}

/// Too many fail.
fn failing(
    failed: u64,
    of: u64,
    since_start: bool,
    worst: impl FnOnce() -> Vec<(String, u64)>,
) -> Option<Notice> {
    let share = failed as f64 / of.max(1) as f64;
    if of < ENOUGH || share <= FEW_ERRORS {
        return None;
    }
    let status = if share > MANY_ERRORS {
        Status::Bad
    } else {
        Status::Warn
    };
    let mut text = format!(
        "{} of all requests {} failed: {} of {}",
        percent(share.min(1.0)),
        match since_start {
            true => "since the start",
            false => "of the last 5 minutes",
        },
        count(failed),
        count(of),
    );
    let worst: Vec<_> = worst()
        .into_iter()
        .filter(|(route, failed)| !route.is_empty() && *failed > 0)
        .take(NAMED)
        .map(|(route, failed)| format!("{} ({})", short(&route), count(failed)))
        .collect();
    match &worst[..] {
        [] => text.push('.'),
        worst => text.push_str(&format!(", most of them at {}.", list(worst))),
    }
    Some(Notice::new("failing", status, text))
}

/// Slower than usual: seconds.
fn slower(now: f64, usual: f64) -> Option<Notice> {
    let times = now / usual;
    if now < NOTICEABLE || usual <= 0.0 || times <= SLOWER {
        return None;
    }
    let text = format!(
        "Requests are {times:.1} times slower than usual: of the last 5 minutes, one in twenty took longer than {}; of the \
         hour before, {}.",
        time(now),
        time(usual)
    );
    Some(Notice::new("slower", Status::Warn, text))
}

/// The routes with the most failures, those first.
fn worst_routes(moment: &Moment<'_>, roles: &Roles, book: &Book) -> Vec<(String, u64)> {
    let history = &moment.sources.history;
    let mut routes: BTreeMap<&str, u64> = BTreeMap::new();
    for failed in &roles.failed {
        let Some(definition) = moment.sources.definitions.get(failed.place) else {
            continue;
        };
        let ids = failed.series(moment.sources, book);
        for one in book.series(definition) {
            if ids.binary_search(&one.id).is_ok() {
                let count = history.stats(&[one.id], last(moment, JUDGED)).count();
                *routes.entry(tag(one, "route")).or_default() += count;
            }
        }
    }
    let mut routes: Vec<_> = routes
        .into_iter()
        .map(|(route, failed)| (route.to_owned(), failed))
        .collect();
    routes.sort_by_key(|(_, failed)| std::cmp::Reverse(*failed));
    routes
}

/// A route that asked the database the same again and again.
/// `is_all` says whether older findings may have been forgotten.
pub(super) fn n_plus_one(route: Option<&str>, times: u64, queries: u64, is_all: bool) -> Notice {
    let place = route.unwrap_or("A part of the program");
    let text = format!(
        "{} asks the database the same again and again (N+1): {}{} in the last 10 minutes, up to {} each.",
        short(place),
        if is_all { "" } else { "at least " },
        many(times, "time", "times"),
        many(queries, "query", "queries"),
    );
    Notice::new(format!("n+1 {place}"), Status::Warn, text)
        .link(links::traces("recent", route.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Vec<(String, u64)> {
        Vec::new()
    }

    #[test]
    fn many_errors_are_told_of_with_the_routes_that_fail_most() {
        let worst = || {
            ["/a", "/b", "", "/c", "/d"]
                .map(|route| (route.to_owned(), 4))
                .to_vec()
        };
        let notice = failing(1_200, 10_000, false, worst).unwrap();
        assert_eq!(
            notice.text,
            "12 % of all requests of the last 5 minutes failed: 1,200 of 10,000, most of them at /a (4), /b (4) and /c \
             (4)."
        );
        assert_eq!(notice.status, Status::Bad);
        let young = failing(30, 60, true, none).unwrap();
        assert_eq!(
            young.text,
            "50 % of all requests since the start failed: 30 of 60."
        );
        assert_eq!(failing(2, 100, false, none).unwrap().status, Status::Warn);
    }

    #[test]
    fn few_errors_and_few_requests_say_nothing() {
        assert_eq!(failing(1, 100, false, none), None, "exactly at the limit");
        assert_eq!(failing(19, 19, false, none), None);
        assert!(failing(20, 20, false, none).is_some());
        assert_eq!(failing(0, 0, true, none), None);
    }

    #[test]
    fn what_became_slow_is_told_of() {
        let notice = slower(0.48, 0.15).unwrap();
        assert_eq!(
            notice.text,
            "Requests are 3.2 times slower than usual: of the last 5 minutes, one in twenty took longer than 480 ms; of \
             the hour before, 150 ms."
        );
    }

    #[test]
    fn what_is_a_little_slower_or_fast_anyhow_is_not() {
        assert_eq!(slower(0.29, 0.15), None);
        assert_eq!(slower(0.009, 0.001), None);
        assert_eq!(slower(0.5, 0.0), None);
    }

    #[test]
    fn a_route_that_asks_again_and_again_is_named() {
        let notice = n_plus_one(Some("/users"), 3, 40, true);
        assert!(notice.text.starts_with("/users asks"), "{}", notice.text);
        assert!(notice.text.contains(": 3 times"), "{}", notice.text);
        let notice = n_plus_one(None, 100, 40, false);
        assert!(
            notice.text.contains(": at least 100 times"),
            "{}",
            notice.text
        );
    }
}
