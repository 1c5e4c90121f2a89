//! `emit`: an event into an emitter, and a span from its attribute macro.

use std::hint::black_box;
use std::ops::ControlFlow;

use emit::event::ToEvent;
use emit::{Emitter, Event, Filter, Props};

use crate::cases::work;
use crate::harness::{Case, Prepared, Run, Table, fields, repeat, seen};

/// Runtime not set up, filtered out, and emitters that do little.
pub fn cases() -> Vec<Case> {
    let event = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.emit.{id}"), label, prepare)
    };
    let span = |id: &str, label: &str, prepare| {
        Case::new(Table::Span, format!("span.emit.{id}"), label, prepare)
    };
    vec![
        event("none", "`emit`, runtime not set up", || {
            Prepared::unseen(events())
        }),
        event("filtered", "`emit`, everything filtered out", || {
            let _ = emit::setup().emit_when(Never).emit_to(Noop).init();
            Prepared::unseen(events())
        }),
        event("noop", "`emit`, no-op emitter", || {
            let _ = emit::setup().emit_to(Noop).init();
            Prepared::seen(1, events())
        }),
        event("visit", "`emit`, emitter visits 3 properties", || {
            let _ = emit::setup().emit_to(Visiting(3)).init();
            Prepared::seen(1, events())
        }),
        span("none", "`emit` span, runtime not set up", || {
            Prepared::unseen(spans())
        }),
        span(
            "visit",
            "`emit` span, emitter visits its properties",
            || {
                let _ = emit::setup().emit_to(Visiting(2)).init();
                Prepared::seen(1, spans())
            },
        ),
    ]
}

fn events() -> Run {
    let f = fields();
    repeat(move |_| {
        let (duration, route, status) = (f.nanos, f.route, f.status);
        emit::info!("request", duration, route, status);
    })
}

fn spans() -> Run {
    let f = fields();
    repeat(move |_| spanned(f.route, f.status))
}

#[emit::info_span("request", route, status)]
fn spanned(route: &str, status: u16) {
    work();
}

struct Never;

impl Filter for Never {
    fn matches<E: ToEvent>(&self, event: E) -> bool {
        black_box(event.to_event().tpl());
        false
    }
}

struct Noop;

impl Emitter for Noop {
    fn emit<E: ToEvent>(&self, event: E) {
        black_box(event.to_event().extent());
        seen();
    }

    fn blocking_flush(&self, _: std::time::Duration) -> bool {
        true
    }
}

/// Wants to see at least so many properties.
struct Visiting(u32);

impl Emitter for Visiting {
    fn emit<E: ToEvent>(&self, event: E) {
        let event = event.to_event();
        if visited(&event) >= self.0 {
            seen();
        }
    }

    fn blocking_flush(&self, _: std::time::Duration) -> bool {
        true
    }
}

fn visited<P: Props>(event: &Event<'_, P>) -> u32 {
    let mut count = 0;
    let _ = event.props().for_each(|key, value| {
        black_box((key, value));
        count += 1;
        ControlFlow::Continue(())
    });
    count
}
