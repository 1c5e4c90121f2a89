//! Lists of traces: the latest, the slowest, those that failed.

use std::collections::HashMap;

use form_urlencoded::Serializer;
use serde_json::json;
use telemetry::TraceId;
use telemetry_traces::{Class, Finding, Outcome, TraceSummary};

use super::super::words::many;
use super::pick::Picked;
use super::{findings, no_store, what};
use crate::card::{Card, Status, Table, Value};
use crate::moment::Moment;
use crate::sections::events::shown::print;
use crate::sources::Sources;
use crate::view::TraceList;

/// Bytes of a status.
const STATUS: usize = 24;

pub(super) fn cards(list: &TraceList, moment: &Moment<'_>) -> Vec<Card> {
    let sources = moment.sources;
    let Some(traces) = &sources.traces else {
        return vec![no_store()];
    };
    let picked = Picked::of(list, traces, sources);
    vec![table(list, &picked, sources)]
}

fn table(list: &TraceList, picked: &Picked, sources: &Sources) -> Card {
    let findings = findings(sources);
    let mut table = Table::new(["Trace"])
        .texts(["Began"])
        .numbers(["Duration", "Spans"])
        .texts(["Outcome", "N+1"])
        .empty(empty(list, picked.left_out));
    for trace in &picked.traces {
        let href = format!("traces?id={}", trace.id());
        let cells = [
            what(trace.root(), &sources.visible).into(),
            trace.started_at().into(),
            trace.duration().into(),
            trace.spans().into(),
            outcome(trace, sources).into(),
            worst(&findings, trace.id()),
        ];
        let status = status(trace, findings.contains_key(&trace.id()));
        table.row_with(trace.id().to_string(), cells, status, Some(&href));
    }
    let mut card = Card::table("traces", table).wide();
    if list.all {
        card = card
            .hint("Single spans outside of requests and jobs are shown, too.")
            .hint_link(&address(&list.with_all(false), None), "Leave them out");
    } else if picked.left_out > 0 {
        let spans = many(picked.left_out, "single span", "single spans");
        let are = if picked.left_out == 1 { "is" } else { "are" };
        let hint = format!("{spans} outside of requests and jobs {are} left out.");
        let href = address(&list.with_all(true), None);
        card = card.hint(&hint).hint_link(&href, "Show them");
    }
    match picked.older {
        None => card,
        before => card.set("older", json!(address(list, before))),
    }
}

fn address(list: &TraceList, before: Option<u64>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("list", &list.list);
    if !list.route.is_empty() {
        query.append_pair("route", &list.route);
    }
    if list.all {
        query.append_pair("all", "1");
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("traces?{}", query.finish())
}

/// Of one that failed with its status, if it has any: `error 504`.
fn outcome(trace: &TraceSummary, sources: &Sources) -> String {
    let mut root = trace.root().outcome().to_string();
    if trace.root().outcome().is_failure() || trace.class() == Class::Failed {
        if let Some(code) = status_code(trace, sources) {
            root = format!("{root} {code}");
        }
    }
    match (trace.is_in_progress(), trace.failures()) {
        (true, 0) => "in progress".to_owned(),
        (true, failed) => format!("in progress, {failed} failed"),
        // The one that failed is the root.
        (false, 0 | 1) if trace.root().outcome().is_failure() => root,
        (false, 0) => root,
        (false, failed) => format!("{root}, {failed} failed"),
    }
}

/// `504`, or what else says as little.
fn status_code(trace: &TraceSummary, sources: &Sources) -> Option<String> {
    let root = trace.root();
    let value = root.metadata("status")?;
    let is_shown = sources.visible.is_shown_in(root.name(), "status");
    is_shown.then(|| print(&value, STATUS))
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

fn empty(list: &TraceList, left_out: u64) -> &'static str {
    match (&*list.list, &*list.route, list.before) {
        _ if left_out > 0 => "There are none but those that are left out.",
        (_, _, Some(_)) => "There are no older ones.",
        ("failed", "", _) => "No trace failed, of those that are kept.",
        (_, "", _) => "There are no traces yet.",
        _ => "No trace that is kept has such a route.",
    }
}
