//! The user's closures: what they decide, and what happens when they panic or emit events.

use std::fmt;
use std::panic::resume_unwind;

use telemetry::{Event, Value, display, execute};
use telemetry_metrics::{Amount, Kind, Skip, counter, distribution, last_value, sum, summary};

use crate::support::*;

fn meta(event: &Event<'_>, key: &str) -> u64 {
    event.metadata(key).and_then(Value::as_u64).unwrap_or(0)
}

#[test]
fn keep_and_drop_decide_and_several_of_them_agree() {
    let aggregator = start([
        counter("closures.keep.kept").keep(|event| meta(event, "n") % 2 == 0),
        counter("closures.keep.both")
            .keep(|event| meta(event, "n") % 2 == 0)
            .keep(|event| meta(event, "n") % 3 == 0),
        counter("closures.keep.dropped").drop_when(|event| meta(event, "n") % 2 == 0),
        counter("closures.keep.either")
            .drop_when(|event| meta(event, "n") % 2 == 0)
            .drop_when(|event| meta(event, "n") % 3 == 0),
        sum("closures.keep.big").measurement("size").keep(|event| {
            event
                .measurement("size")
                .and_then(telemetry::Number::as_f64)
                .is_some_and(|n| n > 9.0)
        }),
    ]);
    for n in 0..12 {
        execute!("closures.keep", { size: n }, { n });
    }
    let snapshot = aggregator.snapshot();
    let count = |name| total_count(&snapshot, Kind::Counter, name);
    assert_eq!(count("closures.keep.kept"), 6);
    assert_eq!(count("closures.keep.both"), 2);
    assert_eq!(count("closures.keep.dropped"), 6);
    assert_eq!(count("closures.keep.either"), 4);
    assert_eq!(
        amount_of(snapshot.find("closures.keep.big", &[])),
        Some(Amount::Real(21.0))
    );
    // What a definition does not want is not skipped.
    for definition in aggregator.definitions() {
        assert_eq!(all_skipped(&snapshot, definition.name()), 0);
    }
}

#[test]
fn an_event_that_nobody_keeps_makes_no_series() {
    let aggregator = start([counter("closures.nobody.count").tags(["k"]).keep(|_| false)]);
    execute!("closures.nobody", {}, { k: "a" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        own(
            &snapshot,
            "telemetry.metric.series",
            &[("metric", "closures.nobody.count")]
        ),
        0
    );
    assert_eq!(
        counts(&snapshot, Kind::Counter, "closures.nobody.count"),
        []
    );
}

#[test]
fn a_number_is_computed_from_the_event() {
    let aggregator = start([
        sum("closures.computed.total").measure_with(|event| {
            let each = event.measurement("each")?.as_f64()?;
            Some((each * event.measurement("items")?.as_f64()?).into())
        }),
        last_value("closures.computed.wait_time").measure_with(|event| event.measurement("waited")),
    ]);
    execute!("closures.computed", { each: 1.5, items: 4, waited: millis(3) });
    execute!("closures.computed", { each: 1.5 });
    let snapshot = aggregator.snapshot();
    let amount = |name| amount_of(snapshot.find(name, &[]));
    assert_eq!(amount("closures.computed.total"), Some(Amount::Real(6.0)));
    assert_eq!(
        amount("closures.computed.wait_time"),
        Some(Amount::Integer(3_000_000))
    );
    assert_eq!(
        skipped(&snapshot, "closures.computed.total", Skip::Missing),
        1
    );
    assert_eq!(
        skipped(&snapshot, "closures.computed.wait_time", Skip::Missing),
        1
    );
}

/// Panics on odd numbers.
fn odd(event: &Event<'_>) -> bool {
    if meta(event, "n") % 2 == 1 {
        panic_quietly()
    }
    true
}

#[test]
fn a_panic_is_isolated_to_its_metric_and_counted() {
    let bad = [
        counter("closures.panic.keep").keep(odd),
        counter("closures.panic.drop").drop_when(|event| !odd(event)),
        summary("closures.panic.measure").measure_with(|event| odd(event).then_some(1.into())),
        counter("closures.panic.values")
            .tags(["k"])
            .tag_values(|event, tags| {
                tags.set("k", "before the panic");
                odd(event);
            }),
        // `Bomb` stands at odd numbers only.
        counter("closures.panic.display").tags(["bomb"]),
        distribution("closures.panic.run_time").tags(["bomb"]),
    ];
    let good = [
        counter("closures.panic.good"),
        counter("closures.panic.good_k").tags(["k"]),
        // In a group with metrics that panic.
        counter("closures.panic.good_same").keep(|_| true),
        counter("closures.panic.good_values")
            .tags(["k"])
            .tag_values(|_, tags| tags.set("k", 1)),
    ];
    let names = |metrics: &[telemetry_metrics::Metric]| metrics.len();
    let (bad_count, good_count) = (names(&bad), names(&good));
    // The good ones stand on both sides of the bad ones.
    let (before, after) = good.split_at(2);
    let aggregator = start(before.iter().chain(&bad).chain(after).cloned());
    for n in 0..10 {
        if n % 2 == 0 {
            execute!("closures.panic", { run_time: millis(1) }, { n, k: "x", bomb: "none" });
        } else {
            execute!("closures.panic", { run_time: millis(1) }, { n, k: "x", bomb: display(&Bomb) });
        }
    }
    let snapshot = aggregator.snapshot();
    let (mut bad_seen, mut good_seen) = (0, 0);
    for definition in aggregator.definitions() {
        let name = definition.name();
        let counted = total_count(&snapshot, definition.kind(), name);
        let panicked = skipped(&snapshot, name, Skip::Panicked);
        if name.contains("good") {
            good_seen += 1;
            assert_eq!((counted, all_skipped(&snapshot, name)), (10, 0), "{name}");
        } else {
            bad_seen += 1;
            assert_eq!(
                (counted, panicked, all_skipped(&snapshot, name)),
                (5, 5, 5),
                "{name}"
            );
        }
    }
    assert_eq!((bad_seen, good_seen), (bad_count, good_count));
    // What had been set before the panic is in no series.
    assert_eq!(
        counts(&snapshot, Kind::Counter, "closures.panic.values"),
        owned(&[("k=before the panic", 5)])
    );
    assert_eq!(
        counts(&snapshot, Kind::Counter, "closures.panic.good_k"),
        owned(&[("k=x", 10)])
    );
    assert_eq!(
        handler_failures("closures.panic"),
        0,
        "the aggregator's handler did not fail"
    );
}

/// What a panic may carry: something that panics again when it is dropped.
struct Again;

impl Drop for Again {
    fn drop(&mut self) {
        panic_quietly()
    }
}

fn panic_twice() -> ! {
    resume_unwind(Box::new(Again))
}

struct TwiceDisplay;

impl fmt::Display for TwiceDisplay {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic_twice()
    }
}

#[test]
fn a_panic_whose_payload_panics_is_isolated_too() {
    let aggregator = start([
        counter("closures.twice.before"),
        counter("closures.twice.keep").keep(|_| panic_twice()),
        sum("closures.twice.measure").measure_with(|_| panic_twice()),
        counter("closures.twice.values")
            .tags(["k"])
            .tag_values(|_, _| panic_twice()),
        counter("closures.twice.display").tags(["bomb"]),
        counter("closures.twice.after"),
        counter("closures.twice.after_k").tags(["k"]),
    ]);
    execute!("closures.twice", {}, { k: "x", bomb: display(&TwiceDisplay) });
    let snapshot = aggregator.snapshot();
    for name in [
        "closures.twice.keep",
        "closures.twice.measure",
        "closures.twice.values",
        "closures.twice.display",
    ] {
        assert_eq!(skipped(&snapshot, name, Skip::Panicked), 1, "{name}");
    }
    for name in [
        "closures.twice.before",
        "closures.twice.after",
        "closures.twice.after_k",
    ] {
        assert_eq!(total_count(&snapshot, Kind::Counter, name), 1, "{name}");
    }
    assert_eq!(handler_failures("closures.twice"), 0);
}

/// Emits the event `left` levels below, each from within the closure of the one above.
fn below(event: &Event<'_>, emit: impl Fn(u64)) {
    let left = meta(event, "left");
    if left > 0 {
        emit(left - 1);
    }
}

const LEVELS: [(&str, u64); 4] = [("left=0", 1), ("left=1", 1), ("left=2", 1), ("left=3", 1)];

#[test]
fn keep_may_emit_the_event_that_it_is_asked_about() {
    fn emit(left: u64) {
        execute!("closures.again_keep", { n: 10u64.pow(left as u32) }, { left });
    }
    let aggregator = start([
        counter("closures.again_keep.plain").tags(["left"]),
        counter("closures.again_keep.count")
            .tags(["left"])
            .keep(|event| {
                below(event, emit);
                true
            }),
        sum("closures.again_keep.n"),
    ]);
    emit(3);
    for name in ["closures.again_keep.plain", "closures.again_keep.count"] {
        assert_eq!(counter_counts(&aggregator, name), owned(&LEVELS), "{name}");
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(
        amount_of(snapshot.find("closures.again_keep.n", &[])),
        Some(Amount::Real(1_111.0))
    );
}

#[test]
fn measure_with_may_emit_the_event_that_it_measures() {
    fn emit(left: u64) {
        execute!("closures.again_measure", { n: 10u64.pow(left as u32) }, { left });
    }
    let aggregator = start([
        counter("closures.again_measure.count").tags(["left"]),
        sum("closures.again_measure.n")
            .tags(["left"])
            .measure_with(|event| {
                below(event, emit);
                event.measurement("n")
            }),
    ]);
    emit(3);
    assert_eq!(
        counter_counts(&aggregator, "closures.again_measure.count"),
        owned(&LEVELS)
    );
    let snapshot = aggregator.snapshot();
    for (left, n) in [("0", 1.0), ("1", 10.0), ("2", 100.0), ("3", 1_000.0)] {
        let found = amount_of(snapshot.find("closures.again_measure.n", &[("left", left)]));
        assert_eq!(found, Some(Amount::Real(n)));
    }
}

#[test]
fn tag_values_may_emit_the_event_whose_tags_they_compute() {
    fn emit(left: u64) {
        execute!("closures.again_values", {}, { left, other: "x" });
    }
    let aggregator = start([
        counter("closures.again_values.count")
            .tags(["other", "left"])
            .tag_values(|event, tags| {
                tags.set("other", format!("x{}", meta(event, "left")));
                below(event, emit);
            }),
        counter("closures.again_values.plain").tags(["left"]),
    ]);
    emit(3);
    assert_eq!(
        counter_counts(&aggregator, "closures.again_values.count"),
        owned(&[
            ("other=x0,left=0", 1),
            ("other=x1,left=1", 1),
            ("other=x2,left=2", 1),
            ("other=x3,left=3", 1)
        ])
    );
    assert_eq!(
        counter_counts(&aggregator, "closures.again_values.plain"),
        owned(&LEVELS)
    );
}

/// Emits while it is printed.
struct Emits(u64);

impl fmt::Display for Emits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        if self.0 > 0 {
            execute!("closures.again_display", {}, { left: display(&Self(self.0 - 1)), last: "x" });
        }
        f.write_str("!")
    }
}

#[test]
fn the_text_of_a_tag_may_emit_the_event_that_it_tags() {
    let aggregator = start([counter("closures.again_display.count").tags(["left", "last"])]);
    execute!("closures.again_display", {}, { left: display(&Emits(3)), last: "x" });
    assert_eq!(
        counter_counts(&aggregator, "closures.again_display.count"),
        owned(&[
            ("left=0!,last=x", 1),
            ("left=1!,last=x", 1),
            ("left=2!,last=x", 1),
            ("left=3!,last=x", 1)
        ])
    );
}

#[test]
fn an_event_from_a_destructor_at_the_end_of_a_thread_is_counted() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            execute!("closures.last", {}, { k: "end" });
        }
    }
    thread_local! {
        static LAST: Last = const { Last };
    }
    let aggregator = start([counter("closures.last.count").tags(["k"])]);
    // Destructors of thread locals run in the order, or against the order, in which they were
    // first used: once with the aggregator's own before this one, and once after.
    for first in [true, false] {
        std::thread::spawn(move || {
            if first {
                LAST.with(|_| ());
            }
            execute!("closures.last", {}, { k: "running" });
            LAST.with(|_| ());
        })
        .join()
        .unwrap();
    }
    assert_eq!(
        counter_counts(&aggregator, "closures.last.count"),
        owned(&[("k=end", 2), ("k=running", 2)])
    );
}
