//! [`Entry`]: what is kept of an event until the next tick.

use std::time::SystemTime;

use serde_json::{Value as Json, json};
use telemetry::{Event, EventKind, Number, SpanContext, TraceId, Value};

use crate::card::milliseconds;
use crate::sections::events::place;
use crate::sections::events::shown::{About, Shown, is_sql, number_json};
use crate::visible::Visible;

/// Bytes of one text.
const TEXT: usize = 128;

/// Measurements, and pieces of metadata.
const FIELDS: usize = 32;

/// What the time of the entry says already.
const TIMES: [&str; 2] = ["monotonic_time", "system_time"];

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    at: SystemTime,
    name: &'static str,
    kind: EventKind,
    measurements: Vec<(&'static str, Number)>,
    metadata: Vec<(&'static str, Shown)>,
    /// How many fields were too many.
    left_out: usize,
    trace: Option<TraceId>,
}

impl Entry {
    pub(super) fn of(event: &Event<'_>, visible: &Visible) -> Self {
        let about = About {
            visible,
            event: event.name(),
            has_sql: is_sql(event.metadata("system").and_then(Value::as_str)),
            most: TEXT,
        };
        let is_time = |key: &str| TIMES.contains(&key);
        let mut measurements = event.measurements().filter(|(key, _)| !is_time(key));
        let mut metadata = event.all_metadata();
        let shown = |(key, value)| (key, Shown::of(key, value, &about));
        let context = event.context().filter(SpanContext::is_sampled);
        Self {
            number: 0,
            at: SystemTime::now(),
            name: event.name(),
            kind: event.kind(),
            measurements: measurements.by_ref().take(FIELDS).collect(),
            metadata: metadata.by_ref().take(FIELDS).map(shown).collect(),
            left_out: measurements.count() + metadata.count(),
            trace: context.map(|context| context.trace_id()),
        }
    }

    pub(super) fn json(&self, has_traces: bool) -> Json {
        let measurements: Vec<_> = self
            .measurements
            .iter()
            .map(|(key, number)| json!([key, number_json(key, *number)]))
            .collect();
        let mut metadata: Vec<_> = self
            .metadata
            .iter()
            .map(|(key, shown)| json!([key, self.value(key, shown)]))
            .collect();
        if self.left_out > 0 {
            metadata.push(json!(["…", format!("{} more", self.left_out)]));
        }
        let mut entry = json!({
            "n": self.number,
            "t": milliseconds(self.at),
            "name": self.name,
            "kind": kind(self.kind),
            "measurements": measurements,
            "metadata": metadata,
        });
        if let Some(trace) = self.trace.filter(|_| has_traces) {
            entry["trace"] = json!(trace.to_string());
        }
        entry
    }

    fn value(&self, key: &str, shown: &Shown) -> Json {
        match shown {
            Shown::Text(text) if self.name == telemetry::PROCESS_PANIC && key == "location" => {
                json!(place::short(text))
            }
            shown => shown.json(),
        }
    }
}

fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::SpanStart => "span_start",
        EventKind::SpanStop => "span_stop",
        EventKind::SpanException => "span_exception",
        EventKind::SpanComplete => "span_complete",
        _ => "event",
    }
}
