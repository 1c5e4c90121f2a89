//! An event as a line of JSON.

use telemetry::{Event, EventKind, Number, SpanInfo, Value};

use crate::events::MAX_LINE;
use crate::json::{NANOSECONDS, Object};
use crate::text::{self, Escape};

#[derive(Debug)]
pub(crate) struct JsonFormat {
    pub(crate) max_text: usize,
}

impl JsonFormat {
    /// Appends the object, without the end of the line.
    pub(crate) fn push(&self, out: &mut String, event: &Event<'_>) {
        let mut line = Object::begin(out);
        line.now();
        line.text("name", event.name());
        line.word("kind", kind(event.kind()));
        let mut is_cut = false;

        line.key("measurements");
        let mut numbers = Object::begin(line.out);
        for (at, (key, number)) in event.measurements().enumerate() {
            let is = |number| matches!(number, Number::Duration(_));
            let name = (key, is(number));
            let mut before = event.measurements().take(at);
            if numbers.out.len() >= MAX_LINE || before.any(|(key, n)| is_same(name, (key, is(n)))) {
                is_cut = true;
                continue;
            }
            match number {
                Number::Duration(time) => numbers.duration(key, time),
                Number::Float(x) => numbers.float(key, x),
                other => numbers.plain(key, other),
            }
        }
        numbers.end();

        line.key("metadata");
        let mut values = Object::begin(line.out);
        for (at, (key, value)) in event.all_metadata().enumerate() {
            let is = |value| matches!(value, Value::Duration(_));
            let name = (key, is(value));
            let mut before = event.all_metadata().take(at);
            if values.out.len() >= MAX_LINE || before.any(|(key, v)| is_same(name, (key, is(v)))) {
                is_cut = true;
                continue;
            }
            is_cut |= self.value(&mut values, key, value);
        }
        values.end();

        if let Some(context) = event.context() {
            line.word("trace_id", context.trace_id());
            line.word("span_id", context.span_id());
        }
        if let Some(parent) = event.span().and_then(SpanInfo::parent) {
            line.word("parent_span_id", parent.span_id());
        }
        if is_cut {
            line.plain("truncated", true);
        }
        line.end();
    }

    /// Says whether the value was cut.
    fn value(&self, values: &mut Object<'_>, key: &str, value: Value<'_>) -> bool {
        match value {
            Value::Signed(_) | Value::Unsigned(_) | Value::Bool(_) => values.plain(key, value),
            Value::Float(x) => values.float(key, x),
            Value::Duration(time) => values.duration(key, time),
            Value::Str(text) => {
                values.key(key);
                return text::quoted(values.out, Escape::Json, self.max_text, text);
            }
            printed => {
                values.key(key);
                return text::printed(values.out, Escape::Json, self.max_text, printed);
            }
        }
        false
    }
}

/// Whether two members would have one name. (The second of each is whether it gets the unit.)
fn is_same(a: (&str, bool), b: (&str, bool)) -> bool {
    match (a, b) {
        ((a, true), (b, true)) | ((a, false), (b, false)) => a == b,
        ((time, true), (other, false)) | ((other, false), (time, true)) => {
            other.strip_suffix(NANOSECONDS) == Some(time)
        }
    }
}

fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Event => "event",
        EventKind::SpanStart => "span_start",
        EventKind::SpanStop => "span_stop",
        EventKind::SpanException => "span_exception",
        EventKind::SpanComplete => "span_complete",
        _ => "other",
    }
}
