//! What is allocated: nothing per event, and nothing for good. A binary of its own, for the
//! allocator.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use telemetry::{
    AttachOptions, EventName, FailurePolicy, NameError, SpanName, attach, attach_many, attach_with,
    detach, execute, span,
};
use telemetry_counting::{Counting, allocations_in, growth_of, share, shared_bytes};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: the tables of the registry are everybody's, and a thread that makes one
/// larger would free what another allocated.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often this thread allocates in 1,000 rounds of `work`, once it is warm.
fn allocations(mut work: impl FnMut()) -> u64 {
    (0..10).for_each(|_| work());
    allocations_in(1_000, work)
}

/// By how many bytes `rounds` of `work` leave this thread's memory larger, once it is warm.
fn growth(rounds: u32, mut work: impl FnMut()) -> i64 {
    (0..100).for_each(|_| work());
    growth_of(|| (0..rounds).for_each(|_| work()))
}

#[test]
fn the_allocator_counts() {
    let _alone = alone();
    assert_eq!(allocations(|| drop(Box::new(1))), 1_000);
    assert_eq!(growth(10, || std::mem::forget(Box::new(1u64))), 80);
    assert_eq!(growth(10, || drop(vec![0; 100])), 0);
}

#[test]
fn an_unobserved_event_or_span_allocates_nothing() {
    let _alone = alone();
    let (name, span_name) = (
        EventName::new("alloc.idle").unwrap(),
        SpanName::new("alloc.idle").unwrap(),
    );
    let text = String::from("x");
    let made = || text.repeat(1_000);
    assert_eq!(
        allocations(|| execute!("alloc.idle", { n: 1 }, { text, long: made() })),
        0
    );
    assert_eq!(
        allocations(|| execute!(name, { n: 1 }, { text, long: made() })),
        0
    );
    assert_eq!(
        allocations(|| span!("alloc.idle", { text, long: made() }).finish()),
        0
    );
    assert_eq!(
        allocations(|| span!(span_name, { text, long: made() }).finish()),
        0
    );
    let decorated = || {
        let span = span!("alloc.idle");
        span.set("text", &text);
        span.measure("n", 1);
        span.fail("no");
        span.handle().set("text", 1);
        span.in_scope(|| ());
    };
    assert_eq!(allocations(decorated), 0);
}

#[test]
fn an_observed_event_allocates_nothing() {
    let _alone = alone();
    let _guard = attach("alloc-observed", "alloc.observed", |event| {
        let read = (
            event.measurement("n"),
            event.metadata("text"),
            event.metadata("status"),
        );
        std::hint::black_box(read);
    })
    .unwrap()
    .guard();
    let name = EventName::new("alloc.observed").unwrap();
    let text = String::from("x");
    assert_eq!(
        allocations(|| execute!("alloc.observed", { n: 1 }, { text, status: 200 })),
        0
    );
    assert_eq!(
        allocations(|| execute!(name, { n: 1 }, { text, status: 200 })),
        0
    );
}

#[test]
fn nested_events_allocate_nothing() {
    let _alone = alone();
    let _guards = ["alloc.nested.1", "alloc.nested.2"].map(|event| {
        attach(event, event, move |event| {
            if event.name() == "alloc.nested.1" {
                execute!("alloc.nested.2", { n: event.measurement("n") });
            } else if let Some(n) = event.measurement("n").and_then(telemetry::Number::as_u64) {
                // Twenty deep: more than the lists that one thread can hold at no cost.
                if n > 0 {
                    execute!("alloc.nested.1", { n: n - 1 });
                }
            }
        })
        .unwrap()
        .guard()
    });
    assert_eq!(allocations(|| execute!("alloc.nested.1", { n: 9 })), 0);
}

#[test]
fn a_hundred_thousand_attachments_leave_nothing_behind() {
    let _alone = alone();
    let _other = attach("alloc-cycle-other", "alloc.cycle", |_| {})
        .unwrap()
        .guard();
    let captured = [0u8; 100];
    let cycle = || {
        attach("alloc-cycle", "alloc.cycle", move |_| {
            std::hint::black_box(&captured);
        })
        .unwrap();
        execute!("alloc.cycle", { n: 1 });
        detach("alloc-cycle");
    };
    assert_eq!(growth(100_000, cycle), 0);
}

/// Attaches and detaches so many times, by turns to an event, a pattern and everything, while
/// three other threads emit. By how many bytes that leaves the memory larger.
fn growth_under_load(cycles: u32) -> i64 {
    share(true);
    let before = shared_bytes();
    let stop = Arc::new(AtomicBool::new(false));
    let emitters = [(); 3].map(|()| {
        let stop = stop.clone();
        thread::spawn(move || {
            share(true);
            while !stop.load(Ordering::Relaxed) {
                execute!("alloc.load.event", { n: 1 });
                span!("alloc.load.span").finish();
            }
        })
    });
    let captured = [0u8; 100];
    for n in 0..cycles {
        let pattern = ["alloc.load.event", "alloc.load.*", "*"][n as usize % 3];
        attach("alloc-load", pattern, move |_| {
            std::hint::black_box(&captured);
        })
        .unwrap();
        execute!("alloc.load.event", { n: 1 });
        assert!(detach("alloc-load"));
    }
    stop.store(true, Ordering::Relaxed);
    for emitter in emitters {
        emitter.join().unwrap();
    }
    drop(stop);
    let growth = shared_bytes() - before;
    share(false);
    growth
}

/// How much the tables may differ from one time to the next; a byte per cycle is more.
const SLACK: i64 = 4_000;

#[test]
fn attachments_that_come_and_go_under_load_leave_nothing_behind() {
    let _alone = alone();
    growth_under_load(100);
    let growth = growth_under_load(20_000);
    assert!(growth < SLACK, "{growth} bytes");
}

#[test]
#[ignore = "takes a while: run with --ignored"]
fn a_million_attachments_under_load_leave_nothing_behind() {
    let _alone = alone();
    growth_under_load(100);
    let growth = growth_under_load(1_000_000);
    assert!(growth < SLACK, "{growth} bytes");
}

#[test]
fn a_handler_that_comes_and_goes_within_a_dispatch_leaves_nothing_behind() {
    let _alone = alone();
    let cycle = || {
        attach("alloc-within", "alloc.within", |_| {
            detach("alloc-within");
            attach("alloc-within", "alloc.within", |_| {}).unwrap();
        })
        .unwrap();
        execute!("alloc.within");
        detach("alloc-within");
    };
    assert_eq!(growth(1_000, cycle), 0);
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let _alone = alone();
    let _guard = attach("alloc-refused", "alloc.refused", |_| {})
        .unwrap()
        .guard();
    let captured = [0u8; 100];
    let mut n = 0;
    let refused = || {
        n += 1;
        let handler = move |_: &telemetry::Event<'_>| {
            std::hint::black_box(&captured);
        };
        // A taken id is found before the name is kept for ever.
        let new = format!("alloc.refused.{n}");
        attach("alloc-refused", &new, handler).unwrap_err();
        attach("alloc-refused-2", "not a name", handler).unwrap_err();
        attach_many("alloc-refused-2", [new.as_str(), "not a name"], handler).unwrap_err();
        EventName::new(&format!("not a name {n}")).unwrap_err();
    };
    assert_eq!(growth(1_000, refused), 0);
}

#[test]
fn a_refused_span_name_leaves_nothing_behind() {
    let _alone = alone();
    let mut n = 0;
    let refused = || {
        n += 1;
        // With `.stop` it is 251 bytes, with `.exception` 256.
        let prefix = format!("{n:0>246}");
        assert_eq!(SpanName::new(&prefix), Err(NameError::TooLong));
    };
    assert_eq!(growth(1_000, refused), 0);
}

#[test]
fn spans_leave_nothing_behind() {
    let _alone = alone();
    let events = [
        "alloc.span.start",
        "alloc.span.stop",
        "alloc.span.exception",
    ];
    let _guard = attach_many("alloc-span", events, |_| {}).unwrap().guard();
    let text = String::from("x");
    let spans = || {
        let span = span!("alloc.span", { text, n: 1 });
        span.set("text", &text);
        span.measure("n", 1);
        let handle = span.handle();
        span.in_scope(|| handle.fail("no"));
        handle.set("after the end", &text);
        drop(span!("alloc.span", { text }));
        drop(span!("alloc.span", { text }).wrap(std::future::pending::<()>()));
    };
    assert_eq!(growth(2_000, spans), 0);
}

#[test]
fn failures_leave_nothing_behind() {
    let _alone = alone();
    // Somebody listens, or each would be a line on standard error.
    let _listens = attach("alloc-fail-listens", telemetry::HANDLER_FAILURE, |_| {})
        .unwrap()
        .guard();
    let _kept = attach("alloc-fail", "alloc.fail", |event| {
        if event.metadata_is("fail", true) {
            std::panic::resume_unwind(Box::new(String::from("on purpose")));
        }
    })
    .unwrap()
    .guard();
    let on_failure = AttachOptions::new().on_failure(FailurePolicy::Detach);
    let fails = || {
        execute!("alloc.fail", {}, { fail: true });
        execute!("alloc.fail", {}, { fail: false });
        attach_with(
            "alloc-fail-detach",
            ["alloc.fail.detach"],
            on_failure.clone(),
            |_| std::panic::resume_unwind(Box::new("on purpose")),
        )
        .unwrap();
        execute!("alloc.fail.detach");
    };
    assert_eq!(growth(2_000, fails), 0);
}
