//! What nobody observes costs next to nothing.
#![allow(unsafe_code)] // A counting allocator cannot be written without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use futures_util::FutureExt;
use telemetry_jobs::{Jobs, Queue};

use crate::support::{assert_idle, observed};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is being torn down has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(queue: &Queue) -> u64 {
    let work = || {
        queue.enqueued("Work").start().in_scope(|| ());
        queue
            .enqueued("Work")
            .start()
            .run(async {})
            .now_or_never()
            .unwrap();
        queue
            .scheduled("Work", Duration::ZERO)
            .start()
            .retry(Duration::ZERO)
            .start()
            .discard();
        drop(queue.restore("Work", queue.enqueued("Work").store()));
    };
    // What is met for the first time may have to be set up.
    work();
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn jobs_that_nobody_observes_allocate_nothing() {
    let queue = Jobs::new("cost.nobody").unwrap().queue("q");
    assert_eq!(allocations(&queue), 0);
    assert_idle(&queue);

    // The same with an observer, so that the zero above is known to mean something.
    let (_events, _jobs, queue) = observed("cost.somebody");
    assert!(allocations(&queue) > 0);
}
