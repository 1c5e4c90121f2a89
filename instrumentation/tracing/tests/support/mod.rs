//! Subscribers that remember, and telemetry events caught.
#![allow(dead_code)] // Not every binary needs all of it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use telemetry::{AttachGuard, OwnedEvent};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// A buffer that `fmt` writes into.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }

    /// What was written since the last time, which is one line.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        let text = self.take();
        assert_eq!(text.matches('\n').count(), 1, "not one line: {text:?}");
        text
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A value with the type that the visitor was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Typed {
    I64(i64),
    U64(u64),
    F64(f64),
    Bool(bool),
    Str(String),
    Debug(String),
}

pub(crate) fn text(text: &str) -> Typed {
    Typed::Str(text.to_owned())
}

pub(crate) fn shown(text: &str) -> Typed {
    Typed::Debug(text.to_owned())
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(pub(crate) BTreeMap<&'static str, Typed>);

impl Fields {
    #[track_caller]
    pub(crate) fn get(&self, name: &str) -> &Typed {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no `{name}` in {self:?}"))
    }

    fn add(&mut self, field: &Field, value: Typed) {
        self.0.insert(field.name(), value);
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Typed::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Typed::U64(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Typed::F64(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Typed::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, text(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Typed::Debug(format!("{value:?}")));
    }
}

/// What a subscriber was told.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Event {
        name: &'static str,
        target: &'static str,
        level: Level,
        fields: Fields,
        /// The spans around it, from outside.
        scope: Vec<&'static str>,
    },
    Opened {
        name: &'static str,
        target: &'static str,
        level: Level,
        fields: Fields,
        scope: Vec<&'static str>,
    },
    Recorded(&'static str, Fields),
    Closed(&'static str),
}

/// A layer that remembers all it is told.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Told>>>);

impl Recorder {
    pub(crate) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// What was told since the last time, which is one event.
    #[track_caller]
    pub(crate) fn event(&self) -> (&'static str, Level, Fields) {
        match &*self.take() {
            [
                Told::Event {
                    target,
                    level,
                    fields,
                    ..
                },
            ] => (target, *level, fields.clone()),
            other => panic!("not one event: {other:#?}"),
        }
    }

    fn tell(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let scope = ctx.event_scope(event);
        let scope = scope.map(|scope| scope.from_root().map(|span| span.name()).collect());
        self.tell(Told::Event {
            name: event.metadata().name(),
            target: event.metadata().target(),
            level: *event.metadata().level(),
            fields,
            scope: scope.unwrap_or_default(),
        });
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let scope = ctx.span_scope(id).unwrap().from_root();
        self.tell(Told::Opened {
            name: attributes.metadata().name(),
            target: attributes.metadata().target(),
            level: *attributes.metadata().level(),
            fields,
            scope: scope.map(|span| span.name()).collect(),
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.tell(Told::Recorded(ctx.span(id).unwrap().name(), fields));
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        self.tell(Told::Closed(ctx.span(&id).unwrap().name()));
    }
}

/// The telemetry events below a prefix, caught.
pub(crate) struct Caught {
    events: Arc<Mutex<Vec<OwnedEvent>>>,
    _guard: AttachGuard,
}

impl Caught {
    pub(crate) fn of(pattern: &str) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let keep = events.clone();
        let attached = telemetry::attach(format!("caught {pattern}"), pattern, move |event| {
            keep.lock().unwrap().push(event.to_owned());
        });
        Self {
            events,
            _guard: attached.unwrap().guard(),
        }
    }

    pub(crate) fn take(&self) -> Vec<OwnedEvent> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    #[track_caller]
    pub(crate) fn one(&self) -> OwnedEvent {
        let mut all = self.take();
        assert_eq!(all.len(), 1, "not one event: {all:#?}");
        all.remove(0)
    }
}
