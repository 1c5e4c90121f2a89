//! An event's measurements and metadata as values that `tracing` can visit.

use std::fmt;
use std::time::Duration;

use smallvec::SmallVec;
use telemetry::{Event, EventKind, Number, SpanId, TraceId, Value};
use tracing::Metadata;
use tracing::field::{DisplayValue, display};

use super::callsite::{Callsite, Of, Source};
use crate::text::{cut, print};

/// How many fields of one event are forwarded at most: its first. A duration is two.
pub const MAX_FIELDS: usize = 128;

/// What is there, before anything is printed.
#[derive(Clone, Copy)]
enum Raw<'e> {
    Number(Number),
    Value(Value<'e>),
}

pub(super) struct Raws<'e> {
    sources: SmallVec<[Source; 16]>,
    raws: SmallVec<[Raw<'e>; 16]>,
}

impl<'e> Raws<'e> {
    pub(super) fn of(event: &Event<'e>) -> Self {
        let mut all = Self {
            sources: SmallVec::new(),
            raws: SmallVec::new(),
        };
        // A subscriber has clocks of its own.
        let is_clock = |key| {
            event.kind() != EventKind::Event && matches!(key, "monotonic_time" | "system_time")
        };
        for (key, number) in event.measurements().filter(|(key, _)| !is_clock(*key)) {
            all.push(Of::Measurement, key, Raw::Number(number));
            if let Number::Duration(time) = number {
                let raw = Raw::Number(Number::Unsigned(nanoseconds(time)));
                all.push(Of::Nanoseconds, key, raw);
            }
        }
        for (key, value) in event.all_metadata() {
            all.push(Of::Metadata, key, Raw::Value(value));
        }
        all
    }

    fn push(&mut self, of: Of, key: &'static str, raw: Raw<'e>) {
        let source = Source { of, key };
        // Of a key that stands twice, the first counts. This is quick as long as there are few.
        if self.sources.len() < MAX_FIELDS && !self.sources.contains(&source) {
            self.sources.push(source);
            self.raws.push(raw);
        }
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The values by their places in `callsite`, of what is called `name`. This prints, which may
    /// run anybody's code.
    pub(super) fn values(&self, callsite: &Callsite, name: &str) -> Values<'e> {
        let mut values = Values::none(callsite.metadata());
        if let Some(at) = callsite.everything() {
            values.set(
                at,
                Field::Text(self.text(callsite.metadata().is_span().then_some(name))),
            );
            return values;
        }
        for (near, (source, raw)) in self.sources.iter().zip(&self.raws).enumerate() {
            if let Some(at) = callsite.position(*source, near) {
                values.set(at, Field::from(*raw));
            }
        }
        values
    }

    /// Whether printing runs code of others.
    pub(super) fn runs_code(&self) -> bool {
        self.raws.iter().any(|raw| {
            matches!(
                raw,
                Raw::Value(Value::Display(_) | Value::Debug(_) | Value::Any(_))
            )
        })
    }

    /// All of them in one text, after the span's name, which has no other place.
    fn text(&self, span: Option<&str>) -> String {
        let mut text = span.map_or_else(String::new, |name| format!("span={name}"));
        let pairs = self.sources.iter().zip(&self.raws);
        for (source, raw) in pairs.filter(|(source, _)| source.of != Of::Nanoseconds) {
            let space = if text.is_empty() { "" } else { " " };
            let key = source.key;
            match raw {
                Raw::Number(number) => print(&mut text, format_args!("{space}{key}={number}")),
                Raw::Value(value) => print(&mut text, format_args!("{space}{key}={value:?}")),
            }
            if text.len() > crate::MAX_TEXT {
                return cut(&text).to_owned();
            }
        }
        text
    }
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A value that `tracing` knows.
pub(super) enum Field<'v> {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Str(&'v str),
    Text(String),
    Time(DisplayValue<Time>),
    TraceId(DisplayValue<TraceId>),
    SpanId(DisplayValue<SpanId>),
}

impl<'v> From<Raw<'v>> for Field<'v> {
    fn from(raw: Raw<'v>) -> Self {
        match raw {
            Raw::Number(number) => Self::from(number),
            Raw::Value(value) => Self::from(value),
        }
    }
}

impl From<Number> for Field<'_> {
    fn from(number: Number) -> Self {
        match number {
            Number::Signed(n) => Self::Signed(n),
            Number::Unsigned(n) => Self::Unsigned(n),
            Number::Float(n) => Self::Float(n),
            Number::Duration(time) => Self::time(time),
            other => Self::Text(other.to_string()),
        }
    }
}

impl<'v> From<Value<'v>> for Field<'v> {
    fn from(value: Value<'v>) -> Self {
        match value {
            Value::Str(text) => Self::Str(cut(text)),
            Value::Signed(n) => Self::Signed(n),
            Value::Unsigned(n) => Self::Unsigned(n),
            Value::Float(n) => Self::Float(n),
            Value::Bool(flag) => Self::Bool(flag),
            Value::Duration(time) => Self::time(time),
            printed => {
                let mut text = String::new();
                print(&mut text, format_args!("{printed}"));
                Self::Text(text)
            }
        }
    }
}

impl Field<'_> {
    pub(super) fn time(time: Duration) -> Self {
        Self::Time(display(Time(time)))
    }

    fn as_value(&self) -> &dyn tracing::Value {
        match self {
            Self::Signed(n) => n,
            Self::Unsigned(n) => n,
            Self::Float(n) => n,
            Self::Bool(flag) => flag,
            Self::Str(text) => text,
            Self::Text(text) => text,
            Self::Time(time) => time,
            Self::TraceId(id) => id,
            Self::SpanId(id) => id,
        }
    }
}

/// As people write it, `1.5ms`, and without quotes.
#[derive(Debug)]
pub(super) struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// One value or none for each field of a callsite.
pub(super) struct Values<'v>(SmallVec<[Option<Field<'v>>; 16]>);

impl<'v> Values<'v> {
    pub(super) fn none(metadata: &Metadata<'_>) -> Self {
        let fields = metadata.fields().len();
        Self(std::iter::repeat_with(|| None).take(fields).collect())
    }

    pub(super) fn set(&mut self, at: usize, field: Field<'v>) {
        self.0[at] = Some(field);
    }

    /// As `tracing` wants them.
    pub(super) fn as_values(&self) -> SmallVec<[Option<&dyn tracing::Value>; 16]> {
        let fields = self.0.iter();
        fields
            .map(|field| field.as_ref().map(Field::as_value))
            .collect()
    }
}
