//! What the detector allocates: nothing for what is not sampled, and nothing per query that it knows.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use telemetry::{SpanContext, SpanId, TraceId, completion_span, span};
use telemetry_traces::NPlusOne;

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
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

const STATEMENT: &str = "SELECT title FROM items WHERE user_id = $1 AND kind = 'x' ORDER BY id";

fn query() {
    let (repo, source, command) = ("repo", "items", "SELECT");
    let statement = STATEMENT;
    completion_span!("nplus.alloc.query", { repo, source, command, statement }).finish();
}

#[test]
fn what_is_known_or_not_sampled_allocates_nothing() {
    let _detector = NPlusOne::builder().threshold(1_000_000).start().unwrap();
    let [trace, other] = [TraceId::new(1), TraceId::new(2)].map(Option::unwrap);
    let id = SpanId::new(1).unwrap();

    let unsampled = SpanContext::new(trace, id, false);
    let requests_below = |parent: SpanContext, count: usize| {
        allocations(|| {
            for _ in 0..count {
                span!(parent: parent, "nplus.alloc.request", { route: "/" }).in_scope(query);
            }
        })
    };
    // A span allocates the first few times on a thread.
    requests_below(unsampled, 100);
    assert_eq!(requests_below(unsampled, 1000), 0, "not sampled");

    let sampled = SpanContext::new(other, id, true);
    let request = span!(parent: sampled, "nplus.alloc.request", { route: "/" });
    request.in_scope(|| {
        query();
        let cost = allocations(|| (0..1000).for_each(|_| query()));
        assert_eq!(cost, 0, "a known statement of a request in progress");
    });

    // Once the tables have grown as far as they may.
    requests_below(sampled, 20_000);
    let cost = requests_below(sampled, 1000);
    assert!(
        cost <= 1000,
        "a list of statements per request, and no more: {cost}"
    );
}
