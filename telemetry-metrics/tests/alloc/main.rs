//! What does not allocate, and what leaves no memory behind. In a process of its own, because it
//! replaces the allocator; allocations are counted per thread, so tests do not disturb each other.

mod expiry;

use std::time::Duration;

use telemetry::{Event, SpanContext, Value, display, execute, span};
use telemetry_counting::{Counting, allocations_of, growth_of, live_bytes};
use telemetry_metrics::{
    Aggregator, Data, Kind, Metric, Needs, TagValues, counter, distribution, last_value, sum,
    summary,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in 1,000 rounds of `work`, once it is warm.
fn allocations(mut work: impl FnMut(u64)) -> u64 {
    (0..1_000).for_each(&mut work);
    allocations_of(|| (0..1_000).for_each(work))
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
    let kept = || std::mem::forget(std::hint::black_box(Box::new(1u64)));
    assert_eq!(growth_of(kept), 8);
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
    let before = live_bytes();
    let allocated = allocations_of(|| (1_000..5_000).for_each(event));
    assert_eq!((allocated, live_bytes() - before), (0, 0));
    assert_eq!(counted(&aggregator), 5_000);
}

#[test]
fn events_nested_in_a_definition_leave_nothing_behind() {
    let aggregator = start([counter("alloc.nested.count").tags(["left"]).keep(|event| {
        let left = event.metadata("left").and_then(Value::as_u64).unwrap_or(0);
        if left > 0 {
            execute!("alloc.nested", {}, { left: left - 1 });
        }
        true
    })]);
    let event = |_: u64| execute!("alloc.nested", {}, { left: 3 });
    (0..100).for_each(event);
    assert_eq!(growth_of(|| (0..1_000).for_each(event)), 0);
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
    assert_eq!(growth_of(|| (1_200..2_400).for_each(&mut flush)), 0);
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
    assert_eq!(allocations_of(|| (0..1_000).for_each(event)), 0);
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

#[test]
fn nor_do_tags_that_are_computed() {
    let class = |event: &Event<'_>, tags: &mut TagValues<'_>| {
        let status = event.metadata("status").and_then(Value::as_u64);
        tags.set("class", status.map(|status| status / 100));
        tags.set("fine", if status < Some(400) { "yes" } else { "no" });
    };
    let aggregator = start([
        counter("alloc.computed.count")
            .tags(["class", "fine", "status"])
            .tag_values(class),
        // Of another number of tags, with the same buffers.
        sum("alloc.computed.n").tags(["fine"]).tag_values(class),
    ]);
    let event = |n: u64| execute!("alloc.computed", { n }, { status: 200 + n % 300 });
    assert_eq!(allocations(event), 0);
    assert_eq!(counted(&aggregator), 2_000);
}
