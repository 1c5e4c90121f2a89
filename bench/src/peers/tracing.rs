//! `tracing::event!` into subscribers that do as little as a subscriber can.
//!
//! A bare `Subscriber`, set globally, is the cheapest way to listen to `tracing`: no registry, no
//! layers, no thread-local dispatcher. The duration is handed over as a `u64`, converted before the
//! loop, because `tracing` has no `Duration`.

use std::fmt::Debug;
use std::hint::black_box;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::harness::{Case, Prepared, Run, Table, fields, must_be_seen, repeat, seen};

/// Events; spans have their own file.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.tracing.{id}"), label, prepare)
    };
    vec![
        case("none", "`tracing`, no subscriber", || {
            Prepared::unseen(events())
        }),
        case(
            "other",
            "`tracing`, bare subscriber interested in another target",
            || {
                install(Bare {
                    target: "elsewhere",
                    look: |_| seen(),
                });
                must_be_seen(|| tracing::event!(target: "elsewhere", Level::INFO, here = true));
                Prepared::unseen(events())
            },
        ),
        case("noop", "`tracing`, bare subscriber, visits nothing", || {
            install(Bare {
                target: "bench",
                look: |_| seen(),
            });
            Prepared::seen(1, events())
        }),
        case(
            "visit",
            "`tracing`, bare subscriber visits 3 fields",
            || {
                install(Bare {
                    target: "bench",
                    look: visit,
                });
                Prepared::seen(1, events())
            },
        ),
        case(
            "by_name",
            "`tracing`, bare subscriber picks 3 fields by name",
            || {
                install(Bare {
                    target: "bench",
                    look: by_name,
                });
                Prepared::seen(1, events())
            },
        ),
        case(
            "layer",
            "`tracing`, `Registry` and a layer that visits 3 fields",
            || {
                install(tracing_subscriber::registry().with(Visiting));
                Prepared::seen(1, events())
            },
        ),
        case(
            "eight",
            "`tracing`, `Registry` and 8 no-op layers, chosen at run time (boxed)",
            || {
                let boxed: Vec<_> = (0..8).map(|_| Noop.boxed()).collect();
                install(tracing_subscriber::registry().with(boxed));
                Prepared::seen(8, events())
            },
        ),
        case(
            "eight.static",
            "`tracing`, `Registry` and 8 no-op layers, composed at compile time",
            || {
                let registry = tracing_subscriber::registry();
                let four = registry.with(Noop).with(Noop).with(Noop).with(Noop);
                install(four.with(Noop).with(Noop).with(Noop).with(Noop));
                Prepared::seen(8, events())
            },
        ),
    ]
}

/// Sets the global subscriber; the thread-local ones are slower.
pub fn install(subscriber: impl Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("set once per process");
}

fn events() -> Run {
    let f = fields();
    repeat(move |_| {
        tracing::event!(
            target: "bench",
            Level::INFO,
            duration = f.nanos,
            route = f.route,
            status = f.status,
        );
    })
}

struct Bare {
    target: &'static str,
    look: fn(&Event<'_>),
}

impl Subscriber for Bare {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == self.target
    }

    fn event(&self, event: &Event<'_>) {
        (self.look)(event);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn visit(event: &Event<'_>) {
    let mut visitor = All(0);
    event.record(&mut visitor);
    if visitor.0 == 3 {
        seen();
    }
}

fn by_name(event: &Event<'_>) {
    let mut visitor = Named::default();
    event.record(&mut visitor);
    if let (Some(duration), Some(true), Some(status)) =
        (visitor.duration, visitor.route, visitor.status)
    {
        black_box((duration, status));
        seen();
    }
}

/// Looks at every field, and counts them.
pub struct All(pub u32);

impl Visit for All {
    fn record_u64(&mut self, field: &Field, value: u64) {
        black_box((field.name(), value));
        self.0 += 1;
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        black_box((field.name(), value));
        self.0 += 1;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

#[derive(Default)]
struct Named {
    duration: Option<u64>,
    route: Option<bool>,
    status: Option<u64>,
}

impl Visit for Named {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "duration" => self.duration = Some(value),
            "status" => self.status = Some(value),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "route" {
            black_box(value);
            self.route = Some(true);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

struct Visiting;

impl<S: Subscriber> Layer<S> for Visiting {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        visit(event);
    }
}

struct Noop;

impl<S: Subscriber> Layer<S> for Noop {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        seen();
    }
}
