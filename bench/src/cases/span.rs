//! `span!`, by who listens and by how the work is given to it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use telemetry::{Event, SpanName, attach, span};
use telemetry_metrics::{Aggregator, summary};

use super::metric::counted;
use crate::harness::{Case, Fields, Prepared, Run, Table, fields, repeat, seen};

/// All of ours.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Span, format!("span.ours.{id}"), label, prepare)
    };
    vec![
        case("none.literal", "`span!`, nobody", || {
            Prepared::unseen(literal())
        }),
        case("none.runtime", "`span!`, nobody, run-time name", || {
            Prepared::unseen(runtime())
        }),
        case("none.in_scope", "`span!`, nobody, `in_scope`", || {
            Prepared::unseen(in_scope())
        }),
        case("none.wrap", "`span!`, nobody, `wrap`, polled once", || {
            Prepared::unseen(wrap())
        }),
        case("visit.literal", "`span!`, 1 handler on stop visits", || {
            visited();
            Prepared::seen(1, literal())
        }),
        case(
            "visit.runtime",
            "`span!`, 1 handler on stop visits, run-time name",
            || {
                visited();
                Prepared::seen(1, runtime())
            },
        ),
        case(
            "visit.in_scope",
            "`span!`, 1 handler on stop visits, `in_scope`",
            || {
                visited();
                Prepared::seen(1, in_scope())
            },
        ),
        case(
            "visit.wrap",
            "`span!`, 1 handler on stop visits, `wrap`, polled once",
            || {
                visited();
                Prepared::seen(1, wrap())
            },
        ),
        case("summary.bare", "`span!` without fields → summary", || {
            summarised(&[], repeat(|_| span!("bench.span").finish()))
        }),
        case(
            "summary.tagged",
            "`span!` with 2 fields → summary by 2 tags",
            || summarised(&["route", "status"], literal()),
        ),
    ]
}

fn visited() {
    attach("bench-visit", "bench.span.stop", visit).expect("a valid name");
}

fn visit(event: &Event<'_>) {
    // Duration and monotonic time; route, status and outcome.
    let measurements = event.measurements().map(std::hint::black_box).count();
    let metadata = event.all_metadata().map(std::hint::black_box).count();
    if (measurements, metadata) == (2, 3) {
        seen();
    }
}

fn summarised(tags: &[&str], run: Run) -> Prepared {
    let metric = summary("bench.span.stop.duration").tags(tags.iter().copied());
    let aggregator = Aggregator::builder()
        .metrics([metric])
        .start()
        .expect("a valid definition");
    Prepared::total(1, run, move || counted(&aggregator))
}

fn literal() -> Run {
    let f = fields();
    repeat(move |_| span!("bench.span", { route: f.route, status: f.status }).finish())
}

fn runtime() -> Run {
    let f = fields();
    let name = SpanName::new("bench.span").expect("a valid name");
    repeat(move |_| span!(name, { route: f.route, status: f.status }).finish())
}

fn in_scope() -> Run {
    let f = fields();
    repeat(move |_| span!("bench.span", { route: f.route, status: f.status }).in_scope(work))
}

fn wrap() -> Run {
    let f = fields();
    repeat(move |_| poll_once(wrapped(f)))
}

fn wrapped(f: Fields) -> impl Future<Output = ()> {
    span!("bench.span", { route: f.route, status: f.status }).wrap(async_work())
}

/// What goes on inside a span: nothing that could be left out.
#[inline(never)]
pub fn work() {
    std::hint::black_box(());
}

/// The same as a future.
pub async fn async_work() {
    work();
}

/// Polls a future that is ready at once.
pub fn poll_once(future: impl Future<Output = ()>) {
    let mut context = Context::from_waker(Waker::noop());
    let polled = pin!(future).poll(&mut context);
    assert!(matches!(polled, Poll::Ready(())), "ready at once");
}
