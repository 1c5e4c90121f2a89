//! The last traces, as text: what happened in each, and whether it asked the database too often.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use telemetry::TraceId;
use telemetry_traces::{Finding, Query, TraceSummary};

use super::{Shared, pages};
use crate::telemetry::Watch;

const PATH: &str = "/traces";

/// How many traces a page lists.
const SHOWN: usize = 50;

/// Of how many, as some are left out.
const LOOKED_AT: usize = 2_000;

/// Columns of a waterfall.
const WIDTH: usize = 120;

/// Requests that say nothing about what a visitor did.
const OWN: [&str; 3] = ["/style.css", "/traces", "/traces/{id}"];

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(PATH, get(page))
        .route("/traces/{id}", get(one))
}

async fn page(State(shared): State<Shared>) -> Response {
    let Some(watch) = &shared.watch else {
        return switched_off();
    };
    let mut traces = watch.traces.list(&Query::new().limit(LOOKED_AT));
    traces.retain(says_something);
    traces.truncate(SHOWN);
    shown(&traces, &findings(watch)).into_response()
}

/// Neither a page that is there to look at others, nor one of the queries by which stored events are
/// waited for.
fn says_something(trace: &TraceSummary) -> bool {
    match trace.root().metadata("route") {
        Some(route) => !OWN.iter().any(|own| route.as_str() == Some(own)),
        None => trace.spans() > 1,
    }
}

/// Each statement once per route, the newest first.
fn findings(watch: &Watch) -> Vec<Finding> {
    let mut findings = watch.n_plus_one.findings();
    let mut seen = Vec::new();
    findings.retain(|finding| {
        let key = (finding.route.clone(), finding.statement.clone());
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    findings
}

async fn one(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(watch) = &shared.watch else {
        return switched_off();
    };
    let id: Option<TraceId> = id.parse().ok();
    let Some(trace) = id.and_then(|id| watch.traces.get(id)) else {
        return pages::message(
            StatusCode::NOT_FOUND,
            "No such trace",
            "It is not here any more, or never was: memory is limited, and older traces make room.",
        );
    };
    let content = html! {
        p.lead { (what(trace.summary())) }
        pre.waterfall tabindex="0" { (format!("{trace:WIDTH$}")) }
        p { a href=(PATH) { "All traces" } }
    };
    pages::page("Trace", PATH, &content).into_response()
}

fn shown(traces: &[TraceSummary], findings: &[Finding]) -> Markup {
    let content = html! {
        p.lead {
            "What was done in each request, and what came of it. Those that were slow or failed are kept \
             longer than others."
        }
        @if !findings.is_empty() {
            section {
                h2 { "N+1 queries" }
                @for finding in findings {
                    article {
                        h3 {
                            @if let Some(route) = &finding.route { (route) }
                            @else if let Some(parent) = finding.parent { (parent) }
                            @else { "Somewhere" }
                            ", " (finding.count) " times"
                        }
                        p { a href={ (PATH) "/" (finding.context.trace_id()) } { "The trace" } }
                        p { (marked_up(&finding.advice())) }
                    }
                }
            }
        }
        section {
            h2 { "The last traces" }
            @if traces.is_empty() {
                p { "There are none yet. " a href="/users-slow" { "Look at the users" } ", and there will be." }
            } @else {
                table {
                    thead { tr { th { "Trace" } th { "How" } th.number { "Spans" } th.number { "Took" } } }
                    tbody {
                        @for trace in traces {
                            tr {
                                th scope="row" { a href={ (PATH) "/" (trace.id()) } { (what(trace)) } }
                                td { (how(trace)) }
                                td.number { (trace.spans()) }
                                td.number { (format!("{:.1?}", trace.duration())) }
                            }
                        }
                    }
                }
            }
        }
    };
    pages::page("Traces", PATH, &content)
}

/// What stands between backticks is code.
fn marked_up(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What a trace is about: its request, or whatever began it.
fn what(trace: &TraceSummary) -> String {
    let root = trace.root();
    match (root.metadata("method"), root.metadata("route")) {
        (Some(method), Some(route)) => format!("{method} {route}"),
        _ => trace.name().to_owned(),
    }
}

fn how(trace: &TraceSummary) -> String {
    let outcome = trace.root().outcome();
    match trace.failures() {
        _ if trace.is_in_progress() => "goes on".to_owned(),
        0 => outcome.to_string(),
        failures => format!("{outcome}, {failures} failed"),
    }
}

fn switched_off() -> Response {
    pages::message(
        StatusCode::NOT_FOUND,
        "No traces",
        "This site was told to keep none: --traces-mib 0.",
    )
}
