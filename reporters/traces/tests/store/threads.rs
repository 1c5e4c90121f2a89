//! Several threads, and those who wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use telemetry::{TraceId, span};
use telemetry_traces::{Query, TraceSummary};

use crate::support::{patient, quick, start, trace_of, turn};

const THREADS: usize = 4;
const MINUTE: Duration = Duration::from_secs(60);

/// Also if the test fails: its threads have to end then.
struct SetOnDrop<'f>(&'f AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A request with `spans` below it, of which a part fails.
fn request(n: usize, spans: usize) -> TraceId {
    let root = span!("store.request", { route: "/cart/{id}", n });
    let id = trace_of(&root);
    root.context().unwrap().in_scope(|| {
        for _ in 0..spans {
            let query = span!("store.query", { statement: "SELECT * FROM carts WHERE id = $1" });
            if n % 100 == 0 {
                query.fail("no luck");
            }
            query.finish();
        }
    });
    root.finish();
    id
}

#[test]
fn who_asks_for_what_came_after_the_latest_misses_nothing() {
    const TRACES: usize = 10_000;
    let traces = start(patient().memory(128 << 20));
    let traces = &traces.traces;
    let mut seen = Vec::new();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..TRACES {
                        quick();
                    }
                })
            })
            .collect();
        let mut query = Query::new().limit(usize::MAX);
        loop {
            let is_over = threads.iter().all(ScopedJoinHandle::is_finished);
            let new = traces.list(&query);
            if let Some(latest) = new.first() {
                query = query.after(latest.cursor());
            } else if is_over {
                break;
            }
            seen.extend(new.iter().map(TraceSummary::id));
        }
    });
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), THREADS * TRACES);
}

#[test]
fn memory_is_bounded_at_each_moment_while_threads_emit_and_readers_read() {
    const MEMORY: usize = 1 << 20;
    let traces = start(patient().memory(MEMORY));
    let traces = &traces.traces;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            while !is_over.load(Ordering::Acquire) {
                let stats = traces.stats();
                assert!(stats.bytes <= MEMORY, "{stats:?}");
                for summary in traces.list(&Query::new().limit(20)) {
                    // It may have gone meanwhile.
                    if let Some(trace) = traces.get(summary.id()) {
                        assert!(trace.spans().len() <= 10 && !trace.to_string().is_empty());
                    }
                }
                looks += 1;
            }
            looks
        });
        let over = SetOnDrop(&is_over);
        let emitters: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| (0..5_000).for_each(|n| _ = request(n, 9))))
            .collect();
        emitters
            .into_iter()
            .for_each(|emitter| emitter.join().unwrap());
        drop(over);
        assert!(reader.join().unwrap() > 0);
    });
    let stats = traces.stats();
    let all = (THREADS * 5_000 * 10) as u64;
    assert_eq!(
        stats.spans_taken + stats.spans_left_out + stats.spans_dropped,
        all
    );
    assert_eq!((stats.spans_left_out, stats.spans_dropped), (0, 0));
    assert_eq!(stats.spans() as u64 + stats.evicted().spans, all);
    assert!(stats.bytes <= MEMORY && stats.bytes > MEMORY / 2);
    let held: usize = stats.holds.iter().map(|class| class.bytes).sum();
    assert_eq!(held, stats.bytes);
}

#[test]
fn no_span_is_lost_while_there_is_room() {
    let traces = start(patient().memory(64 << 20).max_spans(100_000));
    // All threads within one trace, and each with traces of its own.
    let root = span!("store.root");
    let shared = trace_of(&root);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for n in 0..500 {
                    span!(parent: &root, "store.item").finish();
                    request(n, 3);
                }
            });
        }
    });
    root.finish();
    let stats = traces.stats();
    assert_eq!(stats.evicted().traces, 0);
    assert_eq!(stats.traces(), 1 + THREADS * 500);
    assert_eq!(stats.spans(), 1 + THREADS * 500 * 5);
    let trace = traces.get(shared).unwrap();
    assert_eq!(trace.spans().len(), 1 + THREADS * 500);
    assert_eq!(trace.rows().count(), trace.spans().len());
}

#[test]
fn a_store_may_be_dropped_while_threads_emit() {
    let _turn = turn();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut n = 0;
                while !is_over.load(Ordering::Acquire) {
                    n += 1;
                    let span = span!("store.request", { n });
                    span!(parent: &span, "store.query").finish();
                    span.finish();
                }
            });
        }
        let _over = SetOnDrop(&is_over);
        for _ in 0..50 {
            let traces = patient().start().unwrap();
            let other = traces.clone();
            while traces.stats().spans_taken < 100 {
                thread::yield_now();
            }
            drop(traces);
            assert!(other.stats().spans_taken >= 100);
            drop(other);
            assert!(telemetry::list_handlers("store.request").is_empty());
        }
    });
}

#[test]
fn who_waits_sees_a_span_of_another_thread() {
    let traces = start(patient());
    let traces = &traces.traces;
    let begun = Instant::now();
    // Often enough to hit the moment between a look and the wait, too.
    for _ in 0..50 {
        let span = span!("store.import");
        let id = trace_of(&span);
        let (looked, looks) = mpsc::channel();
        thread::scope(|scope| {
            let waits = scope.spawn(move || {
                traces.wait_for(id, MINUTE, |trace| {
                    let _ = looked.send(());
                    ["store.import", "store.step"]
                        .iter()
                        .all(|name| trace.find(name).is_some())
                })
            });
            span!(parent: &span, "store.step").finish();
            looks.recv().unwrap();
            quick();
            span.finish();
            assert_eq!(waits.join().unwrap().unwrap().spans().len(), 2);
        });
        // It was woken, and did not find it when the time was up.
        assert!(begun.elapsed() < MINUTE);
    }
}

#[test]
fn who_waits_in_vain_is_shown_what_there_is() {
    let traces = start(patient());
    let id = quick();
    let missed = traces.wait_for(id, Duration::ZERO, |trace| {
        trace.find("store.other").is_some()
    });
    let missed = missed.unwrap_err();
    assert!(missed.to_string().contains("store.quick") && missed.trace().is_some());
    let nobody = TraceId::new(1).unwrap();
    let missed = traces
        .wait_for(nobody, Duration::from_millis(5), |_| true)
        .unwrap_err();
    assert!(missed.to_string().contains("no span of trace") && missed.trace().is_none());
}

#[test]
fn a_condition_that_panics_leaves_the_store_as_it_was() {
    let traces = start(patient());
    let id = quick();
    let waits = || traces.wait_for(id, MINUTE, |_| panic!("on purpose"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(waits)).is_err());
    assert!(traces.wait_for(id, MINUTE, |_| true).is_ok());
}
