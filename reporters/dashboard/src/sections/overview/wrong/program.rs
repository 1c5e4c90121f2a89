//! Rules about the program: panics, handlers that fail, what is full, what waits.

use std::time::{Duration, Instant};

use telemetry_metrics::history::{Range, SeriesId, Show};
use telemetry_metrics::{Definition, Dimension, Kind};

use super::notice::{Notice, Report};
use super::rises::Rises;
use crate::card::Status;
use crate::moment::Moment;
use crate::sections::fills::{Fill, Pairs, label};
use crate::sections::handlers::{Handler, grouped};
use crate::sections::past::{Book, base_of, tag};
use crate::sections::words::{amount, list, many, percent, short};
use crate::sections::{RECENTLY, links};
use crate::sources::Sources;

/// From this share on something is nearly full, on the average of a minute.
pub(in crate::sections) const NEARLY_FULL: f64 = 0.8;
/// From this share on it is as good as full.
pub(in crate::sections) const FULL: f64 = 0.95;
/// What is judged of last values. Polls come every five seconds, so it is a dozen of them.
const A_MINUTE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(5);
/// Of the steps of a minute, there are to be so many at least: the newest may not be whole.
const STEPS: usize = 10;
/// So many places of panics are named.
const NAMED: usize = 3;

/// Which definitions tell of it.
pub(super) struct Watched {
    /// Counters of panics.
    panics: Vec<usize>,
    /// Last values that should be zero most of the time.
    waiting: Vec<usize>,
    pairs: Pairs,
}

impl Watched {
    pub(super) fn find(sources: &Sources) -> Self {
        let all = || sources.definitions.iter().enumerate();
        let panics = all().filter(|(_, one)| {
            one.kind() == Kind::Counter && one.events() == [telemetry::PROCESS_PANIC]
        });
        let waiting = all().filter(|(_, one)| {
            let event = one.events().first().map_or("", String::as_str);
            let is_queue =
                event.ends_with("run_queue_lengths") && one.measurement() == Some("total");
            let is_pool = one.measurement() == Some("waiting");
            one.kind() == Kind::LastValue && (is_queue || is_pool)
        });
        Self {
            panics: panics.map(|(place, _)| place).collect(),
            waiting: waiting.map(|(place, _)| place).collect(),
            pairs: Pairs::of(&sources.definitions),
        }
    }

    /// For a [`Book`].
    pub(super) fn names(&self, sources: &Sources) -> Vec<String> {
        let pairs = self.pairs.all().iter();
        let pairs = pairs.flat_map(|(used, limit)| [*used, *limit]);
        let all = self.panics.iter().chain(&self.waiting).copied();
        all.chain(pairs)
            .map(|place| sources.definitions[place].name().to_owned())
            .collect()
    }

    pub(super) fn check(&self, moment: &Moment<'_>, book: &Book, report: &mut Report) {
        self.check_panics(moment, book, report);
        self.check_fills(moment, book, report);
        self.check_waiting(moment, book, report);
    }

    fn check_panics(&self, moment: &Moment<'_>, book: &Book, report: &mut Report) {
        // Another definition would count the same.
        let Some(place) = self.panics.first() else {
            return;
        };
        let series = book.series(&moment.sources.definitions[*place]);
        let mut places: Vec<(String, u64)> = series
            .map(|one| {
                let count = moment
                    .sources
                    .history
                    .stats(&[one.id], Range::last(RECENTLY));
                (tag(one, "location").to_owned(), count.count())
            })
            .collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let href = links::chart(moment.sources, *place);
        report.check(panicked(&places).map(|notice| notice.link(href)));
    }

    fn check_fills(&self, moment: &Moment<'_>, book: &Book, report: &mut Report) {
        for fill in Fill::all(&moment.sources.definitions, &self.pairs, book) {
            let definition = &moment.sources.definitions[fill.place];
            // Most are far from full, and need no look at their past.
            let mean = (fill.share() >= NEARLY_FULL / 4.0)
                .then(|| mean(&minute(moment, fill.series)))
                .flatten();
            let share = share(mean, &fill, definition);
            let href = links::chart(moment.sources, fill.place);
            let found = full(&fill, share, definition.dimension());
            report.check(found.map(|notice| notice.link(href)));
        }
    }

    fn check_waiting(&self, moment: &Moment<'_>, book: &Book, report: &mut Report) {
        for place in &self.waiting {
            let definition = &moment.sources.definitions[*place];
            for one in book.present(definition) {
                let is_now = one.latest.value.is_some_and(|value| !value.is_zero());
                let mut values = if is_now {
                    minute(moment, one.id)
                } else {
                    Vec::new()
                };
                for value in values.iter_mut().flatten() {
                    *value = base_of(*value, definition);
                }
                let texts: Vec<_> = one.tags().map(|(_, text)| text).collect();
                let name = label(definition, &texts.join(", "));
                let href = links::chart(moment.sources, *place);
                report.check(waiting(&name, &values).map(|notice| notice.link(href)));
            }
        }
    }
}

/// The values of the last minute.
fn minute(moment: &Moment<'_>, series: SeriesId) -> Vec<Option<f64>> {
    let range = Range::last(A_MINUTE);
    let history = &moment.sources.history;
    history.points(&[series], Show::Value, range, STEP).values
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let there = values.iter().flatten().count();
    let is_enough = values.len() >= STEPS && there == values.len();
    is_enough.then(|| values.iter().flatten().sum::<f64>() / there as f64)
}

/// How full something is: the mean is as stored, the limit in the unit that is shown.
fn share(mean: Option<f64>, fill: &Fill, definition: &Definition) -> f64 {
    mean.map_or(0.0, |mean| base_of(mean, definition) / fill.limit)
}

/// Panics of the last ten minutes, by where they were; the most first.
fn panicked(places: &[(String, u64)]) -> Option<Notice> {
    let all: u64 = places.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return None;
    }
    let named: Vec<_> = places
        .iter()
        .filter(|(place, count)| !place.is_empty() && *count > 0)
        .take(NAMED)
        .map(|(place, _)| short(place))
        .collect();
    let at = match &named[..] {
        [] => String::new(),
        named => format!(", at {}", list(named)),
    };
    let text = format!(
        "There {} in the last 10 minutes{at}.",
        match all {
            1 => "was 1 panic".to_owned(),
            more => format!("were {}", many(more, "panic", "panics")),
        }
    );
    Some(Notice::new("panics", Status::Bad, text))
}

/// Looks at who is attached.
pub(super) fn check_handlers(
    moment: &Moment<'_>,
    rises: &Rises,
    clock: Duration,
    report: &mut Report,
) {
    let now = Instant::now();
    for handler in grouped(moment.handlers()) {
        let key = format!("handler {}", handler.info.id);
        let is_recent = rises.is_recent(&key, handler.info.failures, clock);
        report.check(handler_fails(&handler, is_recent, now));
    }
}

fn handler_fails(handler: &Handler<'_>, is_recent: bool, now: Instant) -> Option<Notice> {
    let (id, failures) = (short(&handler.info.id), handler.info.failures);
    let failures = many(failures, "time", "times");
    let (status, text) = if let Some(rest) = handler.rests_for(now) {
        let text = format!(
            "The handler {id} rests for {:.0} s, because it kept failing: it panicked {failures} so far. It misses \
             what is emitted meanwhile.",
            rest.ceil()
        );
        (Status::Bad, text)
    } else if is_recent && handler.info.failures > 0 {
        let text = format!("The handler {id} has panicked {failures} since it was attached.");
        (Status::Warn, text)
    } else {
        return None;
    };
    let key = format!("handler {}", handler.info.id);
    Some(Notice::new(key, status, text).link("handlers"))
}

/// Something is nearly full; `share` is the average of a minute.
fn full(fill: &Fill, share: f64, dimension: Dimension) -> Option<Notice> {
    if share < NEARLY_FULL {
        return None;
    }
    let status = if share >= FULL {
        Status::Bad
    } else {
        Status::Warn
    };
    let text = format!(
        "{} is {} full: {} of {}.",
        fill.label,
        percent(share.min(1.0)),
        amount(fill.used, dimension),
        amount(fill.limit, dimension)
    );
    let key = format!("full {} {}", fill.place, fill.series.number());
    Some(Notice::new(key, status, text))
}

/// Something waited all the time of a minute.
fn waiting(name: &str, values: &[Option<f64>]) -> Option<Notice> {
    let never_none = values
        .iter()
        .all(|value| value.is_some_and(|value| value > 0.0));
    if values.len() < STEPS || !never_none {
        return None;
    }
    let now = values.last().copied().flatten().unwrap_or_default();
    let text = format!("{name} has not been empty for a minute: {now:.0} now.");
    Some(Notice::new(format!("waiting {name}"), Status::Warn, text))
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, last_value};

    use super::*;

    #[test]
    fn panics_are_told_of_with_their_places() {
        let place = |place: &str, count| (place.to_owned(), count);
        let notice = panicked(&[place("src/a.rs:1:2", 2), place("src/b.rs:3:4", 1)]).unwrap();
        assert_eq!(
            notice.text,
            "There were 3 panics in the last 10 minutes, at src/a.rs:1:2 and src/b.rs:3:4."
        );
        let notice = panicked(&[place("", 1)]).unwrap();
        assert_eq!(notice.text, "There was 1 panic in the last 10 minutes.");
    }

    #[test]
    fn panics_of_long_ago_are_not() {
        assert_eq!(panicked(&[("src/a.rs:1:2".to_owned(), 0)]), None);
        assert_eq!(panicked(&[]), None);
    }

    fn fill(used: f64) -> Fill {
        Fill {
            label: "Pool shop".to_owned(),
            place: 0,
            series: SeriesId::new(1),
            used,
            limit: 100.0,
        }
    }

    #[test]
    fn what_is_nearly_full_is_told_of_and_what_is_full_more_so() {
        let notice = full(&fill(85.0), 0.82, Dimension::None).unwrap();
        assert_eq!(notice.text, "Pool shop is 82 % full: 85 of 100.");
        assert_eq!(notice.status, Status::Warn);
        assert_eq!(
            full(&fill(100.0), 0.95, Dimension::None).unwrap().status,
            Status::Bad
        );
        let text = full(&fill(85.0), 0.82, Dimension::Time).unwrap().text;
        assert_eq!(text, "Pool shop is 82 % full: 85 s of 100 s.");
    }

    #[test]
    fn what_is_full_for_a_moment_is_not() {
        assert_eq!(full(&fill(100.0), 0.79, Dimension::None), None);
        assert_eq!(mean(&[Some(1.0); STEPS - 1]), None);
        assert_eq!(mean(&[Some(1.0); STEPS]), Some(1.0));
    }

    #[test]
    fn half_full_is_half_full_in_any_unit() {
        let metrics = [
            last_value("dash_half.lease.used").seconds().unchecked(),
            last_value("dash_half.disk.used").bytes().unchecked(),
            last_value("dash_half.pool.used").unchecked(),
        ];
        let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
        for (definition, half) in aggregator.definitions().iter().zip([50e9, 50.0, 50.0]) {
            assert_eq!(share(Some(half), &fill(50.0), definition), 0.5);
            assert_eq!(share(None, &fill(50.0), definition), 0.0);
        }
    }

    #[test]
    fn what_never_stops_waiting_is_told_of() {
        let mut values = [Some(2.0); STEPS + 1];
        let notice = waiting("Tokio's run queue", &values).unwrap();
        assert_eq!(
            notice.text,
            "Tokio's run queue has not been empty for a minute: 2 now."
        );
        values[3] = Some(0.0);
        assert_eq!(waiting("it", &values), None, "it was empty once");
        values[3] = None;
        assert_eq!(waiting("it", &values), None, "it was not known");
        assert_eq!(waiting("it", &[Some(2.0); STEPS - 1]), None);
    }

    #[test]
    fn a_handler_that_rests_or_failed_lately_is_told_of() {
        let _guard = telemetry::attach("dash-wrong-failing", "dash_wrong.failing", |_| {
            panic!("on purpose")
        })
        .unwrap()
        .guard();
        let found = |is_recent, later: u64| {
            let rows = telemetry::list_handlers("dash_wrong.failing");
            let now = Instant::now() + Duration::from_secs(later);
            handler_fails(&grouped(&rows)[0], is_recent, now)
        };
        assert_eq!(found(true, 0), None, "it has not failed");
        telemetry::execute!("dash_wrong.failing");
        assert_eq!(found(true, 0).unwrap().status, Status::Warn);
        assert_eq!(found(false, 0), None, "that was long ago");
        for _ in 0..4 {
            telemetry::execute!("dash_wrong.failing");
        }
        assert_eq!(found(false, 0).unwrap().status, Status::Bad);
        assert_eq!(found(false, 3_600), None, "it does not rest any more");
    }
}
