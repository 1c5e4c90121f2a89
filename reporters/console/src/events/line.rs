//! An event as one readable line.

use std::time::SystemTime;

use telemetry::{Event, EventKind, HANDLER_FAILURE, Number, PROCESS_PANIC, Value};

use crate::colours::{Paint, Style};
use crate::events::MAX_LINE;
use crate::moment;
use crate::text::{self, Escape};
use crate::units::Units;

#[derive(Debug)]
pub(crate) struct LineFormat {
    pub(crate) paint: Paint,
    pub(crate) show_time: bool,
    pub(crate) max_text: usize,
    pub(crate) units: Units,
}

/// What a span's events have for those that compute with it. The line has a time of its own.
const CLOCKS: [&str; 2] = ["monotonic_time", "system_time"];

impl LineFormat {
    /// Appends the line, without its end.
    pub(crate) fn push(&self, out: &mut String, event: &Event<'_>) {
        let paint = self.paint;
        if self.show_time {
            paint.begin(out, Style::Quiet);
            moment::push(out, SystemTime::now(), 3);
            paint.end(out);
            out.push(' ');
        }
        paint.begin(out, style(event));
        out.push_str(event.name());
        paint.end(out);
        for (key, number) in event.measurements() {
            if matches!(number, Number::Duration(_)) && CLOCKS.contains(&key) {
                continue;
            }
            if !self.key(out, key) {
                return;
            }
            self.units.print(out, event.name(), key, number);
        }
        for (key, value) in event.all_metadata() {
            if !self.key(out, key) {
                return;
            }
            self.value(out, value);
        }
        if let Some(context) = event.context() {
            if self.key(out, "trace_id") {
                paint.begin(out, Style::Quiet);
                let _ = std::fmt::Write::write_fmt(out, format_args!("{}", context.trace_id()));
                paint.end(out);
            }
        }
    }

    /// A key and its `=`; `false` if the line is long enough.
    fn key(&self, out: &mut String, key: &str) -> bool {
        out.push(' ');
        if out.len() >= MAX_LINE {
            out.push('…');
            return false;
        }
        self.paint.begin(out, Style::Quiet);
        text::quoted(out, Escape::Line, self.max_text, key);
        out.push('=');
        self.paint.end(out);
        true
    }

    fn value(&self, out: &mut String, value: Value<'_>) {
        match value {
            Value::Str(text) => {
                text::quoted(out, Escape::Line, self.max_text, text);
            }
            Value::Duration(time) => {
                let nanos = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
                crate::quantity::time(out, nanos);
            }
            Value::Float(x) => crate::quantity::float(out, x),
            value => {
                text::printed(out, Escape::Line, self.max_text, value);
            }
        }
    }
}

fn style(event: &Event<'_>) -> Style {
    if event.kind() == EventKind::SpanException
        || [HANDLER_FAILURE, PROCESS_PANIC].contains(&event.name())
    {
        return Style::Bad;
    }
    match event.metadata("outcome").and_then(Value::as_str) {
        Some("error" | "panic") => Style::Bad,
        Some("cancelled") => Style::Warning,
        _ => Style::Name,
    }
}
