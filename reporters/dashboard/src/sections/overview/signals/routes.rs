//! The busiest routes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::Definition;
use telemetry_metrics::history::{PastSeries, Range as Past, SeriesId};

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
/// So many are counted to find those: the ones that were counted most since the start, or are the
/// busiest now.
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
        let make = || table(moment, &rows(moment, book, roles, range), roles, range);
        Some(self.made.get(moment, make).clone())
    }
}

/// The routes that are worth counting.
fn candidates<'b>(series: impl Iterator<Item = &'b PastSeries>) -> HashSet<&'b str> {
    let mut routes: HashMap<&str, (u64, f64)> = HashMap::new();
    for one in series.filter(|one| !one.is_overflow) {
        let (count, activity) = routes.entry(tag(one, "route")).or_default();
        *count += one.latest.count;
        *activity += one.activity;
    }
    let mut all: Vec<_> = routes.into_iter().collect();
    all.sort_by(|one, other| other.1.0.cmp(&one.1.0).then(one.0.cmp(other.0)));
    let mut chosen: HashSet<_> = all
        .iter()
        .take(CANDIDATES)
        .map(|(route, _)| *route)
        .collect();
    all.sort_by(|one, other| other.1.1.total_cmp(&one.1.1).then(one.0.cmp(other.0)));
    chosen.extend(all.iter().take(CANDIDATES).map(|(route, _)| *route));
    chosen
}

fn rows(moment: &Moment<'_>, book: &Book, roles: &Roles, range: Range) -> Vec<Row> {
    let history = &moment.sources.history;
    let range = Past::last(range.time());
    let at = |place: usize| moment.sources.definitions.get(place);
    let counted = || roles.all.iter().filter_map(|place| at(*place));
    let counted_by_route = || counted().filter(|one| has_route(one));
    let chosen = candidates(counted_by_route().flat_map(|one| book.series(one)));
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
    let mut rows: Vec<_> = rows.into_values().filter(|row| row.count > 0).collect();
    rows.sort_by(|one, other| {
        other
            .count
            .cmp(&one.count)
            .then(one.route.cmp(&other.route))
    });
    rows.truncate(SHOWN);
    rows
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

fn table(moment: &Moment<'_>, rows: &[Row], roles: &Roles, range: Range) -> Card {
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
        let href = place.map(|place| links::series(moment.sources, place, "route", &row.route));
        table.row_with(row.route.clone(), cells, status, href.as_deref());
    }
    Card::table("routes", table)
        .title("Busiest routes")
        .hint(&format!(
            "Counted {}.",
            Reach::of(&moment.sources.history).words(range)
        ))
        .wide()
}
