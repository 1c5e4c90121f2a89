//! What nobody observes costs next to nothing.

use std::time::Duration;

use futures_util::FutureExt;
use telemetry_counting::{Counting, allocations_of};
use telemetry_jobs::{Jobs, Queue};

use crate::support::{assert_idle, observed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
    allocations_of(work)
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
