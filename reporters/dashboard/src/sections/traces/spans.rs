//! The rows of a waterfall.

use std::collections::HashSet;

use serde_json::{Value as Json, json};
use telemetry::{SpanContext, Value};
use telemetry_traces::{Finding, Outcome, Row, Trace, TraceSpan, normalise};

use super::super::events::shown::{About, Shown, is_sql, number_json, print};
use super::super::words::{count, many};
use super::{NAME, shown_text};
use crate::visible::Visible;

/// More are only counted.
const MOST: usize = 1_000;

/// Bytes of one text.
const TEXT: usize = 1_024;

/// Bytes of all that spans carry, as they are sent. What comes later in a trace that has more is shown
/// without.
const ROOM: usize = 2 << 20;

/// What tells spans apart, the most telling first.
const TELLING: [&str; 12] = [
    "method",
    "route",
    "worker",
    "queue",
    "command",
    "source",
    "channel",
    "event",
    "host",
    "projection",
    "process",
    "action",
];

/// A label has so many of them.
const LABEL: usize = 2;

pub(super) fn rows(trace: &Trace, findings: &[Finding], visible: &Visible) -> Vec<Json> {
    let suspects: Vec<_> = findings.iter().map(Suspect::new).collect();
    let mut keys = HashSet::new();
    let mut room = ROOM;
    let mut all = trace.rows();
    let mut rows: Vec<Json> = all
        .by_ref()
        .take(MOST)
        .enumerate()
        .map(|(place, row)| {
            let mut json = match row {
                Row::Span(span) => one(span, &suspects, visible, &mut room),
                Row::Missing(id) => json!({
                    "key": format!("gap-{id}"),
                    "gap": "a span that still runs, or was not kept",
                }),
                // Of a later version of the store.
                _ => json!({ "key": format!("gap-{place}"), "gap": "something else" }),
            };
            json["depth"] = json!(row.depth());
            // Ids come from outside, too: two may be the same.
            let key = json["key"].as_str().unwrap_or_default().to_owned();
            if !keys.insert(key.clone()) {
                json["key"] = json!(format!("{key}-{place}"));
            }
            json
        })
        .collect();
    let (more, left_out) = (all.count() as u64, trace.summary().left_out());
    if more > 0 {
        let gap = many(more, "more row is not shown", "more rows are not shown");
        rows.push(json!({ "key": "gap-more", "depth": 0, "gap": gap }));
    }
    if left_out > 0 {
        let spans = many(left_out, "span was", "spans were");
        let gap = format!("{spans} not kept, as there was no room");
        rows.push(json!({ "key": "gap-left-out", "depth": 0, "gap": gap }));
    }
    rows
}

fn one(span: &TraceSpan, suspects: &[Suspect], visible: &Visible, room: &mut usize) -> Json {
    let about = About {
        visible,
        event: span.name(),
        has_sql: is_sql(span.metadata("system").and_then(Value::as_str)),
        most: TEXT,
    };
    let mut fields = json!({
        "label": label(span, visible),
        "measurements": span
            .measurements()
            .map(|(key, number)| json!([key, number_json(key, number)]))
            .collect::<Vec<_>>(),
        "metadata": span
            .all_metadata()
            .map(|(key, value)| json!([key, Shown::of(key, value, &about).json()]))
            .collect::<Vec<_>>(),
    });
    let left = room.checked_sub(fields.to_string().len());
    *room = left.unwrap_or(0);
    let mut row = json!({
        "key": span.span_id().to_string(),
        "name": print(&span.name(), NAME),
        "offset": span.offset().as_secs_f64(),
        "duration": span.duration().as_secs_f64(),
        "self": span.self_time().as_secs_f64(),
        "outcome": span.outcome().as_str(),
    });
    if let (Some(row), Some(fields), Some(_)) = (row.as_object_mut(), fields.as_object_mut(), left)
    {
        row.append(fields);
    }
    match span.outcome() {
        Outcome::Ok => {}
        outcome if outcome.is_failure() => row["status"] = json!("bad"),
        _ => row["status"] = json!("warn"),
    }
    let suspect = suspects.iter().find(|suspect| suspect.ran(span));
    if suspect.is_some() {
        row["n1"] = json!(true);
    }
    let mut notes = notes(span, suspect);
    if left.is_none() {
        notes.push_str(" What it carries is not shown: this trace carries too much.");
    }
    let notes = notes.trim_start();
    if !notes.is_empty() {
        row["note"] = json!(notes);
    }
    row
}

fn label(span: &TraceSpan, visible: &Visible) -> String {
    let telling = TELLING.iter();
    let texts = telling.filter_map(|key| shown_text(span, key, visible));
    texts.take(LABEL).collect::<Vec<_>>().join(" ")
}

fn notes(span: &TraceSpan, suspect: Option<&Suspect>) -> String {
    let mut notes: Vec<String> = Vec::new();
    // What to do stands above all rows, once.
    notes.extend(suspect.map(|suspect| {
        let count = count(suspect.count);
        format!("N+1: one of {count} runs of this statement.")
    }));
    let parent = span.parent().filter(SpanContext::is_remote);
    if let Some(parent) = parent.filter(|_| span.depth() == 0) {
        notes.push(format!(
            "Below span {} of another process.",
            parent.span_id()
        ));
    }
    if let Some(link) = span.link() {
        notes.push(format!("Follows from trace {}.", link.trace_id()));
    }
    match span.fields_left_out() {
        0 => {}
        left_out => notes.push(format!("{left_out} fields were left out.")),
    }
    notes.join(" ")
}

/// A statement that was run too often.
struct Suspect {
    statement: String,
    count: u64,
}

impl Suspect {
    fn new(finding: &Finding) -> Self {
        Self {
            statement: finding.statement.trim_end_matches('…').to_owned(),
            count: finding.count,
        }
    }

    /// Both may have been cut, at different places.
    fn ran(&self, span: &TraceSpan) -> bool {
        let Some(text) = span.metadata("statement").and_then(Value::as_str) else {
            return false;
        };
        let is_cut = text.ends_with('…');
        let form = normalise(text.trim_end_matches('…'));
        form.starts_with(&*self.statement) || (is_cut && self.statement.starts_with(&*form))
    }
}
