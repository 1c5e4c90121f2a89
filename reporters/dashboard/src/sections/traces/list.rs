//! Lists of traces: the latest, the slowest, those that failed.

use std::collections::{HashMap, HashSet};

use form_urlencoded::Serializer;
use serde_json::json;
use telemetry::TraceId;
use telemetry_traces::{Class, Cursor, Finding, Outcome, Query, TraceSummary, Traces};

use super::{findings, no_store, what};
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;
use crate::sources::Sources;
use crate::view::TraceList;

/// Rows of a page.
const PAGE: usize = 50;

/// Of so many the slowest are found: all that are likely to be there, of those that are slow or failed,
/// which the store keeps longer than others.
const COMPARED: usize = 5_000;

/// And of so many of the others, the latest, where those are few.
const OTHERS: usize = 500;

pub(super) fn cards(list: &TraceList, moment: &Moment<'_>) -> Vec<Card> {
    let sources = moment.sources;
    let Some(traces) = &sources.traces else {
        return vec![no_store()];
    };
    let (found, older) = match &*list.list {
        "slow" => slowest(list, traces, sources),
        _ => latest(list, traces, sources),
    };
    vec![table(list, &found, older, sources)]
}

fn query(list: &TraceList) -> Query {
    let query = match &*list.list {
        "failed" => Query::new().failed(),
        _ => Query::new(),
    };
    match &*list.route {
        "" => query,
        route => query.route(route),
    }
}

/// The page, and how the next one is asked for.
fn latest(
    list: &TraceList,
    traces: &Traces,
    sources: &Sources,
) -> (Vec<TraceSummary>, Option<u64>) {
    let mut found = Vec::new();
    let mut before = list.before.map(Cursor::new);
    // As often as all of them were the dashboard's own, within reason.
    for _ in 0..8 {
        let mut query = query(list).limit(PAGE + 1);
        if let Some(cursor) = before {
            query = query.before(cursor);
        }
        let page = traces.list(&query);
        before = page.last().map(TraceSummary::cursor);
        let is_last = page.len() <= PAGE;
        found.extend(page.into_iter().filter(|trace| !sources.own.began(trace)));
        if is_last || found.len() > PAGE {
            break;
        }
    }
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().map(|trace| trace.cursor().get());
    (found, last.filter(|_| has_more))
}

/// The longest first; the next page is asked for by how many to leave out.
fn slowest(
    list: &TraceList,
    traces: &Traces,
    sources: &Sources,
) -> (Vec<TraceSummary>, Option<u64>) {
    let mut found = traces.list(&query(list).kept().limit(COMPARED));
    let mut others = Vec::new();
    if found.len() < OTHERS {
        others = traces.list(&query(list).limit(OTHERS));
    }
    // One that was slow meanwhile is in both.
    let mut seen = HashSet::new();
    found.append(&mut others);
    found.retain(|trace| seen.insert(trace.id()) && !sources.own.began(trace));
    found.sort_by_key(|trace| std::cmp::Reverse((trace.duration(), trace.cursor())));
    let skip = usize::try_from(list.before.unwrap_or(0)).unwrap_or(usize::MAX);
    let has_more = found.len() > skip.saturating_add(PAGE);
    let page = found.into_iter().skip(skip).take(PAGE).collect();
    (page, has_more.then_some((skip + PAGE) as u64))
}

fn table(list: &TraceList, found: &[TraceSummary], older: Option<u64>, sources: &Sources) -> Card {
    let findings = findings(sources);
    let mut table = Table::new(["Trace"])
        .texts(["When"])
        .numbers(["Duration", "Spans"])
        .texts(["Outcome", "N+1"])
        .empty(empty(list));
    for trace in found {
        let href = format!("traces?id={}", trace.id());
        let cells = [
            what(trace.root(), &sources.visible).into(),
            trace.started_at().into(),
            trace.duration().into(),
            trace.spans().into(),
            outcome(trace).into(),
            worst(&findings, trace.id()),
        ];
        let status = status(trace, findings.contains_key(&trace.id()));
        table.row_with(trace.id().to_string(), cells, status, Some(&href));
    }
    let card = Card::table("traces", table).wide();
    match older {
        None => card,
        Some(before) => card.set("older", json!(address(list, before))),
    }
}

fn address(list: &TraceList, before: u64) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("list", &list.list);
    if !list.route.is_empty() {
        query.append_pair("route", &list.route);
    }
    query.append_pair("before", &before.to_string());
    format!("traces?{}", query.finish())
}

fn outcome(trace: &TraceSummary) -> String {
    let root = trace.root().outcome();
    match (trace.is_in_progress(), trace.failures()) {
        (true, 0) => "in progress".to_owned(),
        (true, failed) => format!("in progress, {failed} failed"),
        // The one that failed is the root.
        (false, 0 | 1) if root.is_failure() => root.to_string(),
        (false, 0) => root.to_string(),
        (false, failed) => format!("{root}, {failed} failed"),
    }
}

fn status(trace: &TraceSummary, is_n_plus_one: bool) -> Option<Status> {
    let is_bad = trace.class() == Class::Failed || trace.root().outcome() == Outcome::Panic;
    let is_odd = trace.class() == Class::Slow || is_n_plus_one;
    match (is_bad, is_odd) {
        (true, _) => Some(Status::Bad),
        (false, true) => Some(Status::Warn),
        (false, false) => None,
    }
}

/// How often the statement ran that ran most often.
fn worst(findings: &HashMap<TraceId, Vec<Finding>>, id: TraceId) -> Value {
    let own = findings.get(&id).into_iter().flatten();
    let most = own.map(|finding| finding.count).max();
    most.map(|count| format!("{count} times")).into()
}

fn empty(list: &TraceList) -> &'static str {
    match (&*list.list, &*list.route, list.before) {
        (_, _, Some(_)) => "There are no older ones.",
        ("failed", "", _) => "No trace failed, of those that are kept.",
        (_, "", _) => "There are no traces yet.",
        _ => "No trace that is kept has such a route.",
    }
}
