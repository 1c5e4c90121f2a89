//! `fastrace`: spans into a reporter that only counts, and events on them.
//!
//! Spans go to a collector thread through a bounded queue. Calls come in bursts that fit, and the
//! queue is emptied off the clock, so that nothing is dropped and nothing waits.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::{Event, LocalSpan, Span, SpanContext};

use crate::harness::{Case, Fields, Prepared, Run, Table, fields, repeat};

const BURST: u64 = 2_000;

/// Never by itself.
pub const INTERVAL: Duration = Duration::from_secs(3600);

static REPORTED: AtomicU64 = AtomicU64::new(0);

/// Without a parent, without a reporter, and with one.
pub fn cases() -> Vec<Case> {
    let event = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.fastrace.{id}"), label, prepare)
    };
    let span = |id: &str, label: &str, prepare| {
        Case::new(Table::Span, format!("span.fastrace.{id}"), label, prepare)
    };
    vec![
        event("none", "`fastrace` event, no parent span", || {
            Prepared::unseen(events())
        }),
        event(
            "report",
            "`fastrace` event on a root and a local span, reporter counts",
            || {
                let f = fields();
                collected(
                    repeat(move |_| {
                        let root = Span::root("bench", SpanContext::random());
                        let _parent = root.set_local_parent();
                        let _local = LocalSpan::enter_with_local_parent("local");
                        LocalSpan::add_event(Event::new("event").with_properties(|| three(f)));
                    }),
                    2,
                )
            },
        ),
        span("none", "`fastrace` local span, no parent", || {
            Prepared::unseen(locals())
        }),
        span(
            "report",
            "`fastrace` root span, 2 properties, reporter counts",
            || {
                let f = fields();
                collected(
                    repeat(move |_| {
                        let root = Span::root("bench", SpanContext::random());
                        drop(root.with_properties(|| two(f)));
                    }),
                    1,
                )
            },
        ),
        span(
            "report.bare",
            "`fastrace` root span, reporter counts",
            || {
                collected(
                    repeat(move |_| {
                        drop(Span::root("bench", SpanContext::random()));
                    }),
                    1,
                )
            },
        ),
    ]
}

/// As the API wants them; a number has to become a text.
fn two(f: Fields) -> [(&'static str, Cow<'static, str>); 2] {
    [
        ("route", f.route.into()),
        ("status", f.status.to_string().into()),
    ]
}

fn three(f: Fields) -> [(&'static str, Cow<'static, str>); 3] {
    let [route, status] = two(f);
    [("duration", f.nanos.to_string().into()), route, status]
}

fn events() -> Run {
    let f = fields();
    repeat(move |_| {
        LocalSpan::add_event(Event::new("event").with_properties(|| three(f)));
    })
}

fn locals() -> Run {
    let f = fields();
    repeat(move |_| {
        let span = LocalSpan::enter_with_local_parent("bench");
        drop(span.with_properties(|| two(f)));
    })
}

fn collected(run: Run, spans: u64) -> Prepared {
    fastrace::set_reporter(Counting, Config::default().report_interval(INTERVAL));
    Prepared::total(spans, run, reported).bursts(BURST, fastrace::flush)
}

/// How many spans [`Counting`] has been given.
pub fn reported() -> u64 {
    REPORTED.load(Ordering::Relaxed)
}

/// Counts, and discards.
pub struct Counting;

impl Reporter for Counting {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        REPORTED.fetch_add(black_box(spans).len() as u64, Ordering::Relaxed);
    }
}
