//! `tracing` spans: entered and left once.
//!
//! A bare subscriber does not know how long a span took. One that reads the clock into a thread
//! local when the span begins and ends is the least that gives the number that our spans give.

use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Instrument, Metadata, Subscriber, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use super::tracing::{All, install};
use crate::cases::{async_work, poll_once, work};
use crate::harness::{Case, Prepared, Run, Table, fields, repeat, seen};

/// Spans; events have their own file.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Span, format!("span.tracing.{id}"), label, prepare)
    };
    vec![
        case("none", "`tracing`, no subscriber", || {
            Prepared::unseen(entered())
        }),
        case(
            "none.in_scope",
            "`tracing`, no subscriber, `in_scope`",
            || Prepared::unseen(in_scope()),
        ),
        case(
            "none.instrument",
            "`tracing`, no subscriber, `Instrument`, polled once",
            || Prepared::unseen(instrument()),
        ),
        case(
            "visit",
            "`tracing`, bare subscriber visits, does not time",
            || {
                install(Bare { timed: false });
                Prepared::seen(1, entered())
            },
        ),
        case(
            "timed",
            "`tracing`, bare subscriber visits and times",
            || {
                install(Bare { timed: true });
                Prepared::seen(1, entered())
            },
        ),
        case(
            "timed.in_scope",
            "`tracing`, bare subscriber visits and times, `in_scope`",
            || {
                install(Bare { timed: true });
                Prepared::seen(1, in_scope())
            },
        ),
        case(
            "timed.instrument",
            "`tracing`, bare subscriber visits and times, `Instrument`, polled once",
            || {
                install(Bare { timed: true });
                Prepared::seen(1, instrument())
            },
        ),
        case(
            "layer",
            "`tracing`, `Registry` and a layer that visits and times",
            || {
                install(tracing_subscriber::registry().with(Timing));
                Prepared::seen(1, entered())
            },
        ),
    ]
}

fn entered() -> Run {
    let f = fields();
    repeat(move |_| {
        let _entered = info_span!("bench", route = f.route, status = f.status).entered();
    })
}

fn in_scope() -> Run {
    let f = fields();
    repeat(move |_| info_span!("bench", route = f.route, status = f.status).in_scope(work))
}

fn instrument() -> Run {
    let f = fields();
    repeat(move |_| {
        let span = info_span!("bench", route = f.route, status = f.status);
        poll_once(async_work().instrument(span));
    })
}

thread_local! {
    static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
}

struct Bare {
    timed: bool,
}

impl Subscriber for Bare {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut visitor = All(0);
        attributes.record(&mut visitor);
        black_box(visitor.0);
        if self.timed {
            STARTED.set(Some(Instant::now()));
        }
        Id::from_u64(1)
    }

    fn try_close(&self, _: Id) -> bool {
        if self.timed {
            black_box(STARTED.get().map(|started| started.elapsed()));
        }
        seen();
        true
    }

    fn event(&self, _: &Event<'_>) {}
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Timing;

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Timing {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut visitor = All(0);
        attributes.record(&mut visitor);
        black_box(visitor.0);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Instant::now());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(started) = span.extensions().get::<Instant>()
        {
            black_box(started.elapsed());
            seen();
        }
    }
}
