//! `TraceLayer` of `tower-http`, as it comes: a span and two events for each request, at level `DEBUG`.
//!
//! One bare subscriber wants everything and looks at nothing. The other visits all fields, as the handler of
//! ours does; most of them come as something that can only be printed, so it prints them, into a text that
//! it keeps.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::hint::black_box;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::tracing::install;
use crate::cases::{Layered, requests};
use crate::harness::{Case, Prepared, Table, seen};

/// With and without somebody who listens.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Http, format!("http.{id}"), label, prepare)
    };
    vec![
        case("trace-layer.none", "`TraceLayer`, no subscriber", || {
            Prepared::unseen(requests(Layered::Trace, false))
        }),
        case("trace-layer", "`TraceLayer`, bare subscriber", || {
            install(Bare { visits: false });
            Prepared::seen(1, requests(Layered::Trace, false))
        }),
        case(
            "trace-layer.visit",
            "`TraceLayer`, bare subscriber visits",
            || {
                install(Bare { visits: true });
                Prepared::seen(1, requests(Layered::Trace, false))
            },
        ),
    ]
}

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Looks at every field.
struct All;

impl Visit for All {
    fn record_u64(&mut self, field: &Field, value: u64) {
        black_box((field.name(), value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        black_box((field.name(), value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        TEXT.with_borrow_mut(|text| {
            text.clear();
            write!(text, "{value:?}").expect("a string takes all");
            black_box((field.name(), text.as_str()));
        });
    }
}

struct Bare {
    visits: bool,
}

impl Subscriber for Bare {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        if self.visits {
            attributes.record(&mut All);
        }
        // Here rather than at the close: the layer has two handles of the span, and closes both.
        seen();
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        if self.visits {
            event.record(&mut All);
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
