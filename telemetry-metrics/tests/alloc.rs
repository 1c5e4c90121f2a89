//! What does not allocate, and what leaves no memory behind. In a process of its own, because it
//! replaces the allocator; allocations are counted per thread, so tests do not disturb each other.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use telemetry::{SpanContext, display, execute, span};
use telemetry_metrics::{
    Aggregator, Data, Kind, Metric, Needs, counter, distribution, last_value, sum, summary,
};

/// The system's allocator, counting what each thread does.
struct Counting;

thread_local! {
    // Neither has a destructor, so they can be used as long as the thread runs anything.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

fn note(allocations: u64, bytes: i64) {
    ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
    LIVE_BYTES.set(LIVE_BYTES.get() + bytes);
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in 1,000 rounds of `work`, once it is warm.
fn allocations(mut work: impl FnMut(u64)) -> u64 {
    (0..1_000).for_each(&mut work);
    let before = ALLOCATIONS.get();
    (0..1_000).for_each(work);
    ALLOCATIONS.get() - before
}

fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

/// How many events the first definition counted.
fn counted(aggregator: &Aggregator) -> u64 {
    let snapshot = aggregator.snapshot();
    let family = &snapshot.families[0];
    assert_eq!(family.definition.kind(), Kind::Counter);
    let count = |data: &Data| {
        if let Data::Counter(count) = data {
            *count
        } else {
            0
        }
    };
    family.series.iter().map(|series| count(&series.data)).sum()
}

#[test]
fn the_allocator_counts() {
    assert_eq!(
        allocations(|_| drop(std::hint::black_box(Box::new(1)))),
        1_000
    );
    let before = LIVE_BYTES.get();
    std::mem::forget(std::hint::black_box(Box::new(1u64)));
    assert_eq!(LIVE_BYTES.get() - before, 8);
}

#[test]
fn an_event_that_feeds_counter_distribution_and_summary_allocates_nothing() {
    let aggregator = start([
        counter("alloc.steady.count").tags(["route", "method"]),
        distribution("alloc.steady.duration").tags(["route", "method"]),
        summary("alloc.steady.bytes").tags(["route", "method"]),
    ]);
    let (route, method) = (String::from("/users/:id"), String::from("GET"));
    let event = |n: u64| {
        execute!("alloc.steady", { duration: Duration::from_micros(n), bytes: n }, { route, method });
    };
    assert_eq!(allocations(event), 0);
    // Nor once a reader wants the values of distributions, too.
    let reader = aggregator.reader(Needs::Values);
    assert_eq!(allocations(event), 0);
    drop(reader);
    assert_eq!(counted(&aggregator), 4_000);
}

#[test]
fn nor_does_any_kind_with_many_series_and_every_type_of_tag() {
    let tags = ["text", "n", "flag", "shown"];
    let aggregator = start([
        counter("alloc.many.count").tags(tags),
        sum("alloc.many.n").tags(tags),
        sum("alloc.many.bytes").bytes().tags(tags),
        last_value("alloc.many.level").tags(tags),
        summary("alloc.many.run_time").tags(["n"]),
        counter("alloc.many.kept").keep(|event| event.metadata_is("flag", true)),
        sum("alloc.many.computed").measure_with(|event| event.measurement("n")),
    ]);
    let event = |n: u64| {
        let tag = n % 64;
        execute!("alloc.many", { n, bytes: n, level: n, run_time: Duration::from_micros(n) }, {
            text: "constant", n: tag, flag: tag % 2 == 0, shown: display(&tag),
        });
    };
    assert_eq!(allocations(event), 0);
    assert_eq!(counted(&aggregator), 2_000);
}

#[test]
fn nor_does_what_is_skipped_or_untagged() {
    let aggregator = start([
        counter("alloc.skip.count").tags(["k"]),
        sum("alloc.skip.n"),
        last_value("alloc.skip.run_time"),
        sum("alloc.skip.missing"),
    ]);
    assert_eq!(
        allocations(|_| execute!("alloc.skip", { n: -1, run_time: 1 }, { k: "" })),
        0
    );
    assert_eq!(counted(&aggregator), 2_000);
}

#[test]
fn beyond_the_limit_of_series_nothing_is_kept() {
    let aggregator = start([
        counter("alloc.limit.count").tags(["user"]).max_series(10),
        summary("alloc.limit.n").tags(["user"]).max_series(10),
    ]);
    let event = |n: u64| execute!("alloc.limit", { n: n % 100 + 1 }, { user: n });
    (0..1_000).for_each(event);
    let (allocations, bytes) = (ALLOCATIONS.get(), LIVE_BYTES.get());
    (1_000..5_000).for_each(event);
    assert_eq!(
        (ALLOCATIONS.get() - allocations, LIVE_BYTES.get() - bytes),
        (0, 0)
    );
    assert_eq!(counted(&aggregator), 5_000);
}

#[test]
fn events_nested_in_a_definition_leave_nothing_behind() {
    let aggregator = start([counter("alloc.nested.count").tags(["left"]).keep(|event| {
        let left = event
            .metadata("left")
            .and_then(telemetry::Value::as_u64)
            .unwrap_or(0);
        if left > 0 {
            execute!("alloc.nested", {}, { left: left - 1 });
        }
        true
    })]);
    let event = |_: u64| execute!("alloc.nested", {}, { left: 3 });
    (0..100).for_each(event);
    let before = LIVE_BYTES.get();
    (0..1_000).for_each(event);
    assert_eq!(LIVE_BYTES.get() - before, 0);
    assert_eq!(counted(&aggregator), 4 * 1_100);
}

#[test]
fn a_reader_that_takes_what_it_scans_does_not_grow() {
    let aggregator = start([
        counter("alloc.reader.count").tags(["k"]),
        summary("alloc.reader.n").tags(["k"]),
        distribution("alloc.reader.n")
            .tags(["k"])
            .buckets([10, 100]),
    ]);
    let mut reader = aggregator.reader(Needs::Values);
    let mut marks = Vec::new();
    let mut flush = |n: u64| {
        execute!("alloc.reader", { n: n % 200 }, { k: n % 3 });
        reader.scan(|delta| marks.push(delta.mark));
        marks.drain(..).for_each(|mark| reader.take(mark));
    };
    (0..1_200).for_each(&mut flush);
    let before = LIVE_BYTES.get();
    (1_200..2_400).for_each(&mut flush);
    assert_eq!(LIVE_BYTES.get() - before, 0);
    assert_eq!(counted(&aggregator), 2_400);
}

#[test]
fn nor_do_six_tags_ten_tags_or_a_hashed_one() {
    let six = ["a", "b", "c", "d", "e", "f"];
    let ten = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let aggregator = start([
        counter("alloc.tags.count").tags(six),
        last_value("alloc.tags.level").tags(six),
        summary("alloc.tags.n").tags(ten),
        distribution("alloc.tags.n").buckets([10, 100]).tags(ten),
        sum("alloc.tags.hashed")
            .measurement("n")
            .tags(["a"])
            .hash_tag("h", 16),
    ]);
    let text = String::from("a text that is not static");
    let event = |n: u64| {
        let flag = n % 2 == 0;
        execute!("alloc.tags", { n, level: n }, {
            a: text, b: n % 4, c: flag, d: -1, e: "e", f: 6u8,
            g: text, h: n % 8, i: flag, j: 10u16,
        });
    };
    assert_eq!(allocations(event), 0);
    assert_eq!(counted(&aggregator), 2_000);
}

#[test]
fn nor_does_an_event_with_two_groups() {
    let aggregator = start([
        counter("alloc.groups.count").tags(["route"]),
        summary("alloc.groups.duration").tags(["route"]),
        distribution("alloc.groups.duration").tags(["route", "status"]),
        last_value("alloc.groups.n").tags(["route", "status"]),
    ]);
    let event = |n: u64| {
        execute!("alloc.groups", { duration: Duration::from_micros(n), n }, {
            route: "/", status: 200 + n % 3,
        });
    };
    assert_eq!(allocations(event), 0);
    assert_eq!(counted(&aggregator), 2_000);
}

#[test]
fn nor_do_exemplars_and_values_of_distributions() {
    let aggregator = start([
        counter("alloc.exemplars.count").tags(["k"]),
        distribution("alloc.exemplars.duration").tags(["k"]),
        distribution("alloc.exemplars.n").buckets([10, 1_000]),
    ]);
    aggregator.keep_exemplars();
    let reader = aggregator.reader(Needs::Values);
    let event = |n: u64| {
        SpanContext::new_root().in_scope(|| {
            let duration = Duration::from_micros(n);
            execute!("alloc.exemplars", { duration, n }, { k: n % 4 });
        });
    };
    assert_eq!(allocations(event), 0);
    // Nor when every bucket takes another one, after a snapshot.
    assert_eq!(counted(&aggregator), 2_000);
    let before = ALLOCATIONS.get();
    (0..1_000).for_each(event);
    assert_eq!(ALLOCATIONS.get() - before, 0);
    drop(reader);
    assert_eq!(counted(&aggregator), 3_000);
}

#[test]
fn nor_do_spans() {
    let aggregator = start([
        counter("alloc.span.stop.count").tags(["route", "outcome"]),
        distribution("alloc.span.stop.duration").tags(["route", "outcome"]),
        counter("alloc.span.start.count"),
        counter("alloc.timed.stop.count"),
        summary("alloc.timed.stop.duration"),
    ]);
    aggregator.keep_exemplars();
    let work = |_| span!("alloc.span", { route: "/" }).in_scope(|| ());
    assert_eq!(allocations(work), 0);
    assert_eq!(counted(&aggregator), 2_000);
    // Summaries take memory for each doubling of time that is met for the first time, and how long
    // these spans take nobody knows.
    let timed = |_| span!("alloc.timed").in_scope(|| ());
    assert!(allocations(timed) < 30);
}

#[test]
fn nor_do_closures() {
    let aggregator = start([
        counter("alloc.closures.count")
            .tags(["status"])
            .keep(|event| event.metadata("status").is_some()),
        sum("alloc.closures.n")
            .tags(["status"])
            .drop_when(|event| event.metadata_is("status", 404))
            .measure_with(|event| event.measurement("n")),
        summary("alloc.closures.twice")
            .measure_with(|event| Some((event.measurement("n")?.as_u64()? * 2).into())),
    ]);
    let event = |n: u64| execute!("alloc.closures", { n: n % 100 }, { status: 200 + n % 300 });
    assert_eq!(allocations(event), 0);
    assert_eq!(counted(&aggregator), 2_000);
}

/// Series that live for a moment only, one after the other, in fifty places.
#[test]
fn series_that_expire_leave_nothing_behind() {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("alloc.churn.count").tags(["job"]).max_series(50),
            summary("alloc.churn.n").tags(["job"]).max_series(50),
            distribution("alloc.churn.n")
                .buckets([10])
                .tags(["job"])
                .max_series(50),
        ])
        .expire_after(Duration::from_millis(1))
        .start()
        .unwrap();
    aggregator.keep_exemplars();
    let mut readers = [
        aggregator.reader(Needs::Totals),
        aggregator.reader(Needs::Values),
    ];
    let mut marks = Vec::with_capacity(1_000);
    let mut churn = |jobs: std::ops::Range<u64>| {
        for job in jobs {
            execute!("alloc.churn", { n: job % 20 }, { job });
            if job % 25 == 0 {
                for reader in &mut readers {
                    reader.scan(|delta| marks.push(delta.mark));
                    marks.drain(..).for_each(|mark| reader.take(mark));
                }
            }
        }
        LIVE_BYTES.get()
    };
    let before = churn(0..20_000);
    let after = churn(20_000..100_000);
    let metric = [("metric", "alloc.churn.count")];
    let snapshot = aggregator.snapshot();
    let expired = snapshot.find("telemetry.metric.expired", &metric);
    let Some(Data::Counter(expired)) = expired else {
        panic!("{expired:?}");
    };
    assert!(*expired > 1_000, "{expired} series went");
    // What fifty series take may differ, by how many are there and by what they counted; had the
    // others left as little as a hundred bytes each, it would be far more.
    assert!(after - before < 100 * 1_000, "{before}, then {after}");
}
