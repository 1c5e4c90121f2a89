//! What the detector allocates: nothing for what is not sampled, and nothing per query that it knows.

use telemetry::{SpanContext, SpanId, TraceId, completion_span, span};
use telemetry_counting::{Counting, allocations_of};
use telemetry_traces::NPlusOne;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
        allocations_of(|| {
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
        let cost = allocations_of(|| (0..1000).for_each(|_| query()));
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
