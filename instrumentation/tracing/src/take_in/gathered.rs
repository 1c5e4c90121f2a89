//! The fields of a `tracing` event, gathered and emitted.
//!
//! A visitor is lent each value for a moment only, so texts are copied into one buffer, which each
//! thread keeps.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use smallvec::SmallVec;
use telemetry::{EventName, Number, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

use super::log_record;
use super::rule::{Rule, Use};
use crate::text::{cut, print};

/// A buffer larger than this does not stay allocated.
const KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Gathered> = const { Cell::new(Gathered::new()) };
}

struct Gathered {
    text: String,
    measurements: Vec<(&'static str, Number)>,
    metadata: Vec<(&'static str, Kept)>,
}

enum Kept {
    Text(Range<usize>),
    Static(&'static str),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
}

/// Emits `event` as the rule says. If it is a record of the crate `log`, `record` is its target.
pub(super) fn emit(rule: &Rule, name: EventName, event: &Event<'_>, record: Option<&str>) {
    // Taken out, because a `Debug` that is printed here may record events itself.
    let mut gathered = BUFFER.try_with(Cell::take).unwrap_or_default();
    event.record(&mut Visitor {
        rule,
        is_record: record.is_some(),
        into: &mut gathered,
    });
    let metadata = event.metadata();
    gathered.keep("level", Kept::Static(metadata.level().as_str()));
    let target = match record {
        Some(target) => gathered.copy(format_args!("{target}")),
        None => Kept::Static(metadata.target()),
    };
    gathered.keep("target", target);

    let values: SmallVec<[(&'static str, Value<'_>); 16]> = gathered
        .metadata
        .iter()
        .map(|(key, kept)| (*key, gathered.value(kept)))
        .collect();
    telemetry::emit(name, &gathered.measurements, &values);
    drop(values);

    gathered.clear();
    let _ = BUFFER.try_with(|buffer| buffer.set(gathered));
}

impl Default for Gathered {
    fn default() -> Self {
        Self::new()
    }
}

impl Gathered {
    const fn new() -> Self {
        Self {
            text: String::new(),
            measurements: Vec::new(),
            metadata: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.measurements.clear();
        self.metadata.clear();
    }

    fn value(&self, kept: &Kept) -> Value<'_> {
        match kept {
            Kept::Text(range) => Value::Str(self.text.get(range.clone()).unwrap_or_default()),
            Kept::Static(text) => Value::Str(text),
            Kept::Signed(n) => Value::Signed(*n),
            Kept::Unsigned(n) => Value::Unsigned(*n),
            Kept::Float(n) => Value::Float(*n),
            Kept::Bool(flag) => Value::Bool(*flag),
        }
    }

    /// The beginning of a text, of at most [`MAX_TEXT`](crate::MAX_TEXT) bytes.
    fn copy(&mut self, text: fmt::Arguments<'_>) -> Kept {
        let start = self.text.len();
        print(&mut self.text, text);
        Kept::Text(start..self.text.len())
    }

    /// Of a key that stands twice, the first counts.
    fn keep(&mut self, key: &'static str, kept: Kept) {
        if self.metadata.iter().all(|(known, _)| *known != key) {
            self.metadata.push((key, kept));
        }
    }

    fn measure(&mut self, key: &'static str, number: Number) {
        if self.measurements.iter().all(|(known, _)| *known != key) {
            self.measurements.push((key, number));
        }
    }
}

struct Visitor<'v> {
    rule: &'v Rule,
    is_record: bool,
    into: &'v mut Gathered,
}

impl Visitor<'_> {
    fn use_of(&self, field: &Field) -> Option<Use> {
        match self.rule.use_of(field.name()) {
            // `target` is there already, and events do not say where they come from either.
            None if self.is_record && log_record::is_origin(field.name()) => Some(Use::LeftOut),
            found => found,
        }
    }

    /// The key under which a value that is no number is kept; `None` if it is left out.
    fn key(&self, field: &Field) -> Option<&'static str> {
        match self.use_of(field) {
            None | Some(Use::Metadata) => Some(field.name()),
            Some(Use::Renamed(key)) => Some(key),
            Some(Use::LeftOut | Use::Duration(..)) => None,
        }
    }

    fn number(&mut self, field: &Field, number: Number, kept: Kept) {
        match self.use_of(field) {
            None => self.into.measure(field.name(), number),
            Some(Use::Renamed(key)) => self.into.measure(key, number),
            Some(Use::Metadata) => self.into.keep(field.name(), kept),
            Some(Use::LeftOut) => {}
            Some(Use::Duration(key, unit)) => {
                let seconds = number.as_f64().map(|n| n * unit);
                let time = seconds.and_then(|n| Duration::try_from_secs_f64(n).ok());
                if let Some(time) = time {
                    self.into.measure(key, time.into());
                }
            }
        }
    }

    fn text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        if let Some(key) = self.key(field) {
            let kept = self.into.copy(text);
            self.into.keep(key, kept);
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value.into(), Kept::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value.into(), Kept::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value.into(), Kept::Unsigned(value));
    }

    /// Beyond 64 bits it is rounded.
    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_f64(field, value as f64),
        }
    }

    /// Beyond 64 bits it is rounded.
    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.record_u64(field, value),
            Err(_) => self.record_f64(field, value as f64),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if let Some(key) = self.key(field) {
            self.into.keep(key, Kept::Bool(value));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, format_args!("{}", cut(value)));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format_args!("{value:?}"));
    }
}
