//! The routes that matter: the busiest, the slowest, and those that fail.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::history::{PastSeries, Range as PastRange, SeriesId};
use telemetry_metrics::{Amount, Definition};

use super::{Roles, Times};
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;
use crate::sections::charts::Reach;
use crate::sections::overview::wrong::{FEW_ERRORS, MANY_ERRORS};
use crate::sections::past::{Book, Cached, rounded, tag};
use crate::sections::{links, words};
use crate::sources::Sources;
use crate::view::Range;

/// So many routes are shown.
const SHOWN: usize = 10;
/// Of these, so many at least are the slowest, and so many fail most.
const SHOWN_OF_A_KIND: usize = 3;
/// A p95 of fewer requests than this makes no route slow.
const ENOUGH: u64 = 5;
/// So many are counted to find those: the ones that were counted most since the start, those that are
/// the busiest now, those that failed most since the start, and those that took longest then.
const CANDIDATES: usize = 20;
/// Their past takes a while to add up, so it is done this often.
const EVERY: Duration = Duration::from_secs(5);

/// The table as it was made last.
pub(super) struct Routes {
    /// What tells routes apart: of the definitions that count requests, and of that of their times.
    has_routes: bool,
    made: Cached<Card>,
}

/// What there is to say of one route.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    route: String,
    count: u64,
    rate: Option<f64>,
    failed: Option<u64>,
    p95: Option<f64>,
}

impl Routes {
    pub(super) fn new(sources: &Sources, roles: &Roles) -> Self {
        let mut definitions = roles
            .all
            .iter()
            .filter_map(|place| sources.definitions.get(*place));
        Self {
            has_routes: definitions.any(has_route),
            made: Cached::new(EVERY),
        }
    }

    /// Nothing where no definition has routes.
    pub(super) fn card(
        &mut self,
        moment: &Moment<'_>,
        book: &Book,
        roles: &Roles,
        range: Range,
    ) -> Option<Card> {
        if !self.has_routes {
            return None;
        }
        let make = || {
            let (rows, left_out_of) = rows(moment, book, roles, range);
            table(moment, &rows, left_out_of, roles, range)
        };
        Some(self.made.get(moment, make).clone())
    }
}

/// What a route did since the start, and does now.
#[derive(Debug, Default)]
struct Past {
    count: u64,
    activity: f64,
    failed: u64,
    /// How many times were measured, and their sum.
    times: (u64, f64),
}

impl Past {
    fn mean(&self) -> f64 {
        match self.times {
            (count, sum) if count >= ENOUGH => sum / count as f64,
            _ => 0.0,
        }
    }
}

/// All routes that there are.
fn known<'b>(moment: &'b Moment<'_>, book: &'b Book, roles: &Roles) -> HashMap<&'b str, Past> {
    let at = |place: &usize| moment.sources.definitions.get(*place);
    let series = |place: &usize| {
        let definition = at(place).filter(|one| has_route(one)).into_iter();
        let series = definition.flat_map(|one| book.series(one));
        series.filter(|one| !one.is_overflow)
    };
    let mut routes: HashMap<&str, Past> = HashMap::new();
    for one in roles.all.iter().flat_map(series) {
        let past = routes.entry(tag(one, "route")).or_default();
        past.count += one.latest.count;
        past.activity += one.activity;
    }
    for failed in &roles.failed {
        let ids: HashSet<_> = failed.series(moment.sources, book).into_iter().collect();
        for one in series(&failed.place).filter(|one| ids.contains(&one.id)) {
            if let Some(past) = routes.get_mut(tag(one, "route")) {
                past.failed += one.latest.count;
            }
        }
    }
    for one in roles.duration.iter().flat_map(series) {
        if let Some(past) = routes.get_mut(tag(one, "route")) {
            past.times.0 += one.latest.count;
            past.times.1 += one.latest.sum.map_or(0.0, Amount::as_f64);
        }
    }
    routes
}

/// The routes that are worth counting.
fn candidates<'b>(known: &HashMap<&'b str, Past>) -> HashSet<&'b str> {
    let kinds: [fn(&Past) -> f64; 4] = [
        |past| past.count as f64,
        |past| past.activity,
        |past| past.failed as f64,
        Past::mean,
    ];
    let mut all: Vec<_> = known.iter().collect();
    let mut chosen = HashSet::new();
    for of in kinds {
        all.sort_by(|one, other| of(other.1).total_cmp(&of(one.1)).then(one.0.cmp(other.0)));
        chosen.extend(all.iter().take(CANDIDATES).map(|(route, _)| **route));
    }
    chosen
}

/// Those that are shown: some that fail most, some of the slowest, and the busiest; the busiest first.
fn picked(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|one, other| {
        let busier = other.count.cmp(&one.count);
        busier.then(one.route.cmp(&other.route))
    });
    let slowness = |row: &Row| row.p95.filter(|_| row.count >= ENOUGH);
    let failures = |row: &Row| {
        let failed = row.failed.filter(|failed| *failed > 0);
        failed.map(|failed| failed as f64)
    };
    let kinds: [fn(&Row) -> Option<f64>; 2] = [failures, slowness];
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    for of in kinds {
        let ranked = rows.iter().enumerate();
        let mut ranked: Vec<_> = ranked
            .filter_map(|(at, row)| Some((of(row)?, at)))
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
        shown.extend(ranked.iter().take(SHOWN_OF_A_KIND).map(|(_, at)| *at));
    }
    for at in 0..rows.len() {
        if shown.len() < SHOWN {
            shown.insert(at);
        }
    }
    let mut at = 0..;
    rows.retain(|_| at.next().is_some_and(|at| shown.contains(&at)));
    rows
}

/// What is shown, and of how many routes if those are not all.
fn rows(
    moment: &Moment<'_>,
    book: &Book,
    roles: &Roles,
    range: Range,
) -> (Vec<Row>, Option<usize>) {
    let history = &moment.sources.history;
    let range = PastRange::last(range.time());
    let at = |place: usize| moment.sources.definitions.get(place);
    let counted = || roles.all.iter().filter_map(|place| at(*place));
    let counted_by_route = || counted().filter(|one| has_route(one));
    let known = known(moment, book, roles);
    let chosen = candidates(&known);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for definition in counted_by_route() {
        for (route, ids) in by_route(book.series(definition), &chosen) {
            let stats = history.stats(&ids, range);
            let row = rows.entry(route).or_insert_with(|| Row {
                route: route.to_owned(),
                count: 0,
                rate: None,
                failed: None,
                p95: None,
            });
            row.count += stats.count();
            let rate = stats.rate().unwrap_or_default();
            row.rate = Some(row.rate.unwrap_or_default() + rate);
        }
    }
    for failed in &roles.failed {
        let Some(definition) = at(failed.place).filter(|one| has_route(one)) else {
            continue;
        };
        let ids: HashSet<_> = failed.series(moment.sources, book).into_iter().collect();
        let series = book.series(definition).filter(|one| ids.contains(&one.id));
        let counts: HashMap<_, _> = by_route(series, &chosen)
            .into_iter()
            .map(|(route, ids)| (route, history.stats(&ids, range).count()))
            .collect();
        for (route, row) in &mut rows {
            let count = counts.get(route).copied().unwrap_or(0);
            row.failed = Some(row.failed.unwrap_or(0) + count);
        }
    }
    if let Some(definition) = roles.duration.and_then(at).filter(|one| has_route(one)) {
        for (route, ids) in by_route(book.series(definition), &chosen) {
            if let Some(row) = rows.get_mut(route) {
                row.p95 = Times::of(&history.stats(&ids, range), definition).p95;
            }
        }
    }
    let rows: Vec<_> = rows.into_values().filter(|row| row.count > 0).collect();
    let is_cut = rows.len() > SHOWN;
    (picked(rows), is_cut.then_some(known.len()))
}

/// The series of each route that was chosen.
fn by_route<'b>(
    series: impl Iterator<Item = &'b PastSeries>,
    chosen: &HashSet<&str>,
) -> BTreeMap<&'b str, Vec<SeriesId>> {
    let mut routes: BTreeMap<&str, Vec<SeriesId>> = BTreeMap::new();
    for one in series.filter(|one| !one.is_overflow) {
        let route = tag(one, "route");
        if chosen.contains(route) {
            routes.entry(route).or_default().push(one.id);
        }
    }
    routes
}

fn has_route(definition: &Arc<Definition>) -> bool {
    definition.tags().iter().any(|tag| tag == "route")
}

fn table(
    moment: &Moment<'_>,
    rows: &[Row],
    left_out_of: Option<usize>,
    roles: &Roles,
    range: Range,
) -> Card {
    let place = roles.duration.or_else(|| roles.all.first().copied());
    let mut table = Table::new(["Route"])
        .numbers(["Rate", "Errors", "p95"])
        .empty("Nothing was asked for yet.");
    for row in rows {
        let share = row.failed.map(|failed| failed as f64 / row.count as f64);
        let status = match share {
            Some(share) if share > MANY_ERRORS => Some(Status::Bad),
            Some(share) if share > FEW_ERRORS => Some(Status::Warn),
            _ => None,
        };
        let shown = match &*row.route {
            "" => "(no route)".to_owned(),
            route => words::short(route),
        };
        let cells = [
            Value::code(shown),
            row.rate.map(rounded).map(Value::per_second).into(),
            share.map(rounded).map(Value::ratio).into(),
            row.p95.map(rounded).map(Value::seconds).into(),
        ];
        let href =
            place.map(|place| links::series(moment.sources, place, range, ("route", &row.route)));
        table.row_with(row.route.clone(), cells, status, href.as_deref());
    }
    let which = match left_out_of {
        Some(all) => format!(
            "The busiest, the slowest and the failing routes of {}. ",
            words::count(all as u64)
        ),
        None => String::new(),
    };
    let counted = Reach::of(&moment.sources.history).words(range);
    Card::table("routes", table)
        .title("Routes")
        .hint(&format!("{which}Counted {counted}."))
        .wide()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(route: &str, count: u64, failed: u64, p95: f64) -> Row {
        Row {
            route: route.to_owned(),
            count,
            rate: None,
            failed: Some(failed),
            p95: Some(p95),
        }
    }

    fn routes(rows: Vec<Row>) -> Vec<String> {
        picked(rows).into_iter().map(|row| row.route).collect()
    }

    #[test]
    fn the_slowest_and_the_failing_have_a_place_among_the_busiest() {
        let busy = (0..20).map(|n| row(&format!("/busy{n:02}"), 1_000 - n, 0, 0.01));
        let mut rows: Vec<_> = busy.collect();
        rows.push(row("/slow", ENOUGH, 0, 3.0));
        rows.push(row("/fails", 2, 1, 0.01));
        rows.push(row("/once", 1, 0, 9.0));
        let expected = [
            "/busy00", "/busy01", "/busy02", "/busy03", "/busy04", "/busy05", "/busy06", "/busy07",
            "/slow", "/fails",
        ];
        assert_eq!(
            routes(rows),
            expected,
            "one request alone makes no route slow"
        );
    }

    #[test]
    fn many_that_fail_leave_room_for_others() {
        let mut rows: Vec<_> = (0..20)
            .map(|n| row(&format!("/{n:02}"), 100 - n, 0, 0.0))
            .collect();
        rows.extend((0..20).map(|n| row(&format!("/f{n:02}"), 5, 5 - n / 4, 0.0)));
        let shown = routes(rows);
        assert_eq!(shown.len(), SHOWN);
        assert_eq!(
            shown.iter().filter(|route| route.starts_with("/f")).count(),
            3
        );
        assert_eq!(routes(Vec::new()), [""; 0]);
    }

    #[test]
    fn routes_that_failed_or_took_long_are_counted_however_seldom() {
        let mut known: HashMap<&str, Past> = HashMap::new();
        let names: Vec<_> = (0..100).map(|n| format!("/{n}")).collect();
        for name in &names {
            known.entry(name).or_default().count = 1_000;
        }
        known.entry("/slow").or_default().times = (ENOUGH, 1e9);
        known.entry("/once").or_default().times = (1, 1e9);
        known.entry("/fails").or_default().failed = 1;
        let chosen = candidates(&known);
        assert!(chosen.contains("/slow") && chosen.contains("/fails"));
        assert!(!chosen.contains("/once") && chosen.len() <= 4 * CANDIDATES);
    }
}
