//! Queries that are run once per row.

use std::collections::HashSet;

use telemetry_traces::Finding;

use crate::card::{Card, Table, Value};
use crate::moment::Moment;
use crate::sections::events::shown::{is_sql, print};
use crate::visible::Visible;

/// The newest of them.
const ROWS: usize = 20;

/// Bytes of an advice, which quotes its statement.
const ADVICE: usize = 1_024;

/// Bytes of a statement.
const STATEMENT: usize = 400;

pub(super) fn cards(moment: &Moment<'_>) -> Vec<Card> {
    let Some(detector) = &moment.sources.n_plus_one else {
        return Vec::new();
    };
    let visible = &moment.sources.visible;
    let mut seen = HashSet::new();
    let mut findings = detector.findings();
    findings.retain(|finding| seen.insert((place(finding), finding.statement.clone())));

    let mut table = Table::new(["Route", "Statement"])
        .numbers(["Times", "Time in all"])
        .texts(["When", "Trace", "What to do"])
        .empty("No query is run again and again for one request, as far as was seen.");
    let left_out = findings.len().saturating_sub(ROWS);
    for finding in findings.iter().take(ROWS) {
        let id = finding.context.trace_id().to_string();
        let place = place(finding);
        let (statement, key) = match is_shown(finding, visible) {
            true => {
                let text = print(&finding.statement, STATEMENT);
                (Value::code(text), &*finding.statement)
            }
            // Of those that are hidden, one per trace.
            false => (Value::hidden(), &*id),
        };
        let cells = [
            place.clone().into(),
            statement,
            finding.count.into(),
            finding.total_time.into(),
            finding.at.into(),
            Value::link(format!("traces?id={id}"), "trace"),
            Value::prose(advice(finding, visible)),
        ];
        table.row(format!("{place} {key}"), cells);
    }
    let card = Card::table("n-plus-one", table).wide();
    match left_out {
        0 => vec![card],
        more => vec![card.hint(&format!("{more} older ones are left out."))],
    }
}

/// Whether its statement has no values in it, or may show them.
fn is_shown(finding: &Finding, visible: &Visible) -> bool {
    is_sql(finding.system.as_deref()) || visible.is_shown("statement")
}

/// What ran how often, and what to do about it.
pub(super) fn sentence(finding: &Finding, visible: &Visible) -> String {
    if is_shown(finding, visible) {
        return format!("N+1: {}", print(&finding.advice(), ADVICE));
    }
    let count = finding.count;
    let advice = without_statement(finding);
    format!("N+1: a statement ran {count} times. {advice}")
}

/// What there is to say without the statement.
fn without_statement(finding: &Finding) -> String {
    let system = match finding.system {
        None => "has no `system` (`sqlite`, `postgresql`)",
        Some(_) => "is of another `system` than `sqlite` and `postgresql`",
    };
    format!(
        "Ask for everything in one query, before the loop. The statement is hidden, because its span {system}: \
         values in it could not be told apart. `show_metadata([\"statement\"])` shows it."
    )
}

/// What to do, without what the columns say.
fn advice(finding: &Finding, visible: &Visible) -> String {
    if !is_shown(finding, visible) {
        return without_statement(finding);
    }
    let all = print(&finding.advice(), ADVICE);
    let what = all.split_once(" in all), ").map_or(&*all, |(_, what)| what);
    let mut letters = what.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The route, or the span that ran it.
fn place(finding: &Finding) -> String {
    let place = finding.route.as_deref().or(finding.parent);
    print(&place.unwrap_or("somewhere"), super::NAME)
}
