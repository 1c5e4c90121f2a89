//! Queries that are run once per row.

use std::collections::HashSet;

use telemetry_traces::Finding;

use crate::card::{Card, Table, Value};
use crate::moment::Moment;
use crate::sections::events::shown::print;

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
        let cells = [
            place.clone().into(),
            Value::code(print(&finding.statement, STATEMENT)),
            finding.count.into(),
            finding.total_time.into(),
            finding.at.into(),
            Value::link(format!("traces?id={id}"), "trace"),
            advice(finding).into(),
        ];
        table.row(format!("{place} {}", finding.statement), cells);
    }
    let card = Card::table("n-plus-one", table).wide();
    match left_out {
        0 => vec![card],
        more => vec![card.hint(&format!("{more} older ones are left out."))],
    }
}

/// What to do, without what the columns say; and what is code, in quotes.
fn advice(finding: &Finding) -> String {
    let all = print(&finding.advice(), ADVICE);
    let what = all.split_once(" in all), ").map_or(&*all, |(_, what)| what);
    let mut text = String::with_capacity(what.len() + 16);
    for (at, part) in what.split('`').enumerate() {
        match at {
            0 => text.push_str(&capitalised(part)),
            _ => {
                text.push(if at % 2 == 1 { '“' } else { '”' });
                text.push_str(part);
            }
        }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The route, or the span that ran it.
fn place(finding: &Finding) -> String {
    let place = finding.route.as_deref().or(finding.parent);
    print(&place.unwrap_or("somewhere"), super::NAME)
}
