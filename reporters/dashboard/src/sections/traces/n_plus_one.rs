//! Queries that are run once per row.

use std::collections::HashSet;

use telemetry_traces::Finding;

use crate::card::{Card, Table, Value};
use crate::moment::Moment;
use crate::sections::events::shown::print;

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
    for finding in &findings {
        let id = finding.context.trace_id().to_string();
        let place = place(finding);
        let cells = [
            place.clone().into(),
            Value::code(print(&finding.statement, STATEMENT)),
            finding.count.into(),
            finding.total_time.into(),
            finding.at.into(),
            Value::link(format!("traces?id={id}"), "trace"),
            print(&finding.advice(), ADVICE).into(),
        ];
        table.row(format!("{place} {}", finding.statement), cells);
    }
    vec![Card::table("n-plus-one", table).wide()]
}

/// The route, or the span that ran it.
fn place(finding: &Finding) -> String {
    let place = finding.route.as_deref().or(finding.parent);
    print(&place.unwrap_or("somewhere"), super::NAME)
}
