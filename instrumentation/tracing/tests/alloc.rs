//! What is allocated once all is warm: nothing, in either direction. A binary of its own, for the
//! allocator.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use telemetry::execute;
use telemetry_counting::{Counting, allocations_in};
use telemetry_tracing::{Rule, forward, take_in};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in 1,000 rounds of `work`, once it is warm.
fn allocations(work: impl Fn()) -> u64 {
    (0..10).for_each(|_| work());
    allocations_in(1_000, work)
}

/// Visits every field, and keeps nothing.
struct Visiting;

thread_local! {
    static VISITED: Cell<u64> = const { Cell::new(0) };
}

impl Visit for Visiting {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {
        VISITED.set(VISITED.get() + 1);
    }
}

impl<S: Subscriber> Layer<S> for Visiting {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Visiting);
    }
}

#[test]
fn a_warm_event_allocates_nothing_in_either_direction() {
    let layer = take_in()
        .rule(Rule::target("al::in", "al.in").seconds("elapsed_secs", "duration"))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(layer).with(Visiting);
    let _default = tracing::subscriber::set_default(subscriber);

    let _taken = telemetry::attach("al.in", "al.in", |event| {
        assert_eq!(
            event.measurements().count() + event.all_metadata().count(),
            6
        );
    })
    .unwrap()
    .guard();
    let query = String::from("SELECT 1");
    let taken = allocations(|| {
        info!(target: "al::in", elapsed_secs = 0.5, rows = 3, query, shown = ?Some(1));
    });
    assert_eq!(taken, 0);
    assert_eq!(telemetry::list_handlers("al.in")[0].failures, 0);

    let _forward = forward(["al.out"]).attach("al.out").unwrap().guard();
    VISITED.set(0);
    let forwarded = allocations(|| {
        execute!("al.out", { took: Duration::from_millis(2), n: 3 }, { query: &query, flag: true });
    });
    assert_eq!(forwarded, 0);
    assert_eq!(
        VISITED.get(),
        1_010 * 6,
        "message, took, took_ns, n, query, flag"
    );
}
