//! What is allocated once all is warm: nothing, in either direction. A binary of its own, for the
//! allocator.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use telemetry::execute;
use telemetry_tracing::{Rule, forward, take_in};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

/// The system's allocator, counting what each thread does.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in 1,000 rounds of `work`, once it is warm.
fn allocations(work: impl Fn()) -> u64 {
    (0..10).for_each(|_| work());
    let before = ALLOCATIONS.get();
    (0..1_000).for_each(|_| work());
    ALLOCATIONS.get() - before
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
