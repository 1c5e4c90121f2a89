//! What spans cost and take: nothing if they are not sampled, and otherwise what is accounted. In a
//! process of its own, because it replaces the allocator.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use telemetry::{SpanContext, SpanId, TraceId, span};
use telemetry_counting::{Counting, allocations_in, growth_of};
use telemetry_traces::Traces;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static TURN: Mutex<()> = Mutex::new(());

fn work(parent: Option<SpanContext>) {
    span!(parent: parent, "alloc.request", { route: "/cart", user: "Ada" }).in_scope(|| {
        span!("alloc.query", { statement: "SELECT * FROM carts WHERE id = $1" }).finish();
    });
}

fn allocations(mut work: impl FnMut()) -> u64 {
    (0..100).for_each(|_| work());
    allocations_in(1_000, work)
}

#[test]
fn a_span_that_is_not_sampled_allocates_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let ids = (TraceId::new(7).unwrap(), SpanId::new(7).unwrap());
    let unsampled = SpanContext::new(ids.0, ids.1, false);
    let traces = Traces::builder().start().unwrap();
    assert_eq!(allocations(|| work(Some(unsampled))), 0);
    assert_eq!(traces.stats().spans_taken, 0);
    // The same spans are seen, if they are sampled.
    work(None);
    assert_eq!(traces.stats().spans_taken, 2);
    drop(traces);
    let traces = Traces::builder().sample(0.0).start().unwrap();
    assert_eq!(allocations(|| work(None)), 0);
    assert_eq!(traces.stats().spans_taken, 0);
}

#[test]
fn a_span_that_is_recorded_allocates_its_record_and_little_else() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let traces = Traces::builder()
        .memory(64 << 20)
        .max_spans(10_000)
        .start()
        .unwrap();
    let root = span!("alloc.root");
    let one = || span!(parent: &root, "alloc.query", { statement: "SELECT 1", rows: 1 }).finish();
    let all = allocations(one);
    assert_eq!(traces.stats().spans_taken, 1_100);
    // The record, its fields, its texts; and now and then the list of the trace grows.
    assert!((3_000..3_050).contains(&all), "{all}");
}

/// The bytes that a store takes, by its own account and by the allocator's.
fn taken(memory: usize, mut emit: impl FnMut()) -> (usize, usize) {
    // So that what the thread keeps for itself is there already.
    let traces = Traces::builder().start().unwrap();
    emit();
    drop(traces);
    let traces = Traces::builder().memory(memory).start().unwrap();
    let taken = growth_of(&mut emit);
    (traces.stats().bytes, usize::try_from(taken).unwrap())
}

#[test]
fn the_account_is_what_the_allocator_was_asked_for() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |bytes: usize| "x".repeat(bytes);
    let (short, long) = (text(30), text(1_500));
    let trace = |spans: usize, fields: usize, text: &str| {
        let root = span!("alloc.root");
        for _ in 0..spans {
            let span = span!(parent: &root, "alloc.item", { text });
            for key in &["a", "b", "c", "d", "e", "f", "g", "h"][..fields] {
                span.measure(key, Duration::from_micros(7));
            }
            span.finish();
        }
        root.finish();
    };
    for (memory, traces, spans, fields, text) in [
        (64 << 20, 5_000, 0, 0, ""),
        (64 << 20, 5_000, 1, 2, &*short),
        (64 << 20, 1_000, 9, 5, &short),
        (64 << 20, 10, 900, 5, &short),
        (64 << 20, 1_000, 5, 5, &long),
        // Full, and full again.
        (1 << 20, 5_000, 0, 0, ""),
        (1 << 20, 5_000, 9, 5, &short),
        (1 << 20, 100, 100, 5, &long),
    ] {
        let emit = || (0..traces).for_each(|_| trace(spans, fields, text));
        let (account, asked) = taken(memory, emit);
        let off = account as f64 / asked as f64;
        println!("{traces} traces of {spans} spans: {account} for {asked}, {off:.3}");
        assert!(
            (0.95..1.2).contains(&off),
            "{traces} of {spans}: {account} for {asked}"
        );
    }
}

#[test]
fn what_was_many_small_traces_and_is_few_large_ones_is_still_what_is_accounted() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let emit = || {
        (0..5_000).for_each(|_| span!("alloc.small").finish());
        for _ in 0..40 {
            let root = span!("alloc.root");
            (0..200).for_each(|_| span!(parent: &root, "alloc.item").finish());
            root.finish();
        }
    };
    let (account, asked) = taken(1 << 20, emit);
    let off = account as f64 / asked as f64;
    println!("{account} for {asked}, {off:.3}");
    assert!((0.95..1.2).contains(&off), "{account} for {asked}");
}

#[test]
fn a_store_that_is_dropped_gives_everything_back() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    work(None);
    let round = || {
        let traces = Traces::builder().start().unwrap();
        (0..1_000).for_each(|_| work(None));
        drop(traces);
        // The thread lets go of the handler when it next emits something that is observed.
        let _other = telemetry::attach("alloc.other", "alloc.event", |_| {})
            .unwrap()
            .guard();
        telemetry::execute!("alloc.event");
    };
    round();
    let more = growth_of(|| (0..10).for_each(|_| round()));
    assert!(more < 4_096, "{more} bytes more");
}
