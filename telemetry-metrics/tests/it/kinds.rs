//! The five kinds, from the event to the snapshot.

use std::time::Duration;

use telemetry::{EventName, execute, span};
use telemetry_metrics::{
    Amount, Data, Kind, Unit, counter, distribution, last_value, sum, summary,
};

use crate::support::*;

#[test]
fn an_event_feeds_all_five_kinds() {
    let aggregator = start([
        counter("kinds.all.count"),
        sum("kinds.all.items"),
        last_value("kinds.all.level"),
        summary("kinds.all.duration"),
        distribution("kinds.all.size").bytes().buckets([10, 100]),
    ]);
    for n in 1..=4u64 {
        execute!("kinds.all", { items: n, level: -1.5 * n as f64, duration: millis(n), size: 10 * n * n });
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(
        snapshot.find("kinds.all.count", &[]),
        Some(&Data::Counter(4))
    );
    assert_eq!(
        snapshot.find("kinds.all.items", &[]),
        Some(&Data::Sum(Amount::Real(10.0)))
    );
    assert_eq!(
        snapshot.find("kinds.all.level", &[]),
        Some(&Data::LastValue(Amount::Real(-6.0)))
    );

    let summary = summary_of(&snapshot, "kinds.all.duration");
    assert_eq!(
        (summary.count, summary.sum),
        (4, Amount::Integer(10_000_000))
    );
    assert_eq!((summary.min, summary.max), (1e6, 4e6));
    assert!(close(summary.quantile(0.5).unwrap(), 2e6, 0.011));

    // 10, 40, 90, 160: a bound belongs to its bucket.
    let distribution = distribution_of(&snapshot, "kinds.all.size");
    assert_eq!(
        (distribution.count, distribution.sum),
        (4, Amount::Integer(300))
    );
    assert_eq!(distribution.buckets, [1, 2, 1]);
}

#[test]
fn a_span_feeds_metrics_by_outcome() {
    let ended = ["kinds.span.stop", "kinds.span.exception"];
    let aggregator = start([
        counter("kinds.span.start.count").tags(["route"]),
        counter("kinds.span.ended")
            .events(ended)
            .tags(["route", "outcome"]),
        distribution("kinds.span.duration")
            .events(ended)
            .tags(["outcome"]),
        summary("kinds.span.stop.duration"),
        sum("kinds.span.stop.rows").tags(["outcome"]),
    ]);
    let route = "/";
    let finished = span!("kinds.span", { route });
    finished.measure("rows", 3);
    finished.finish();
    let failed = span!("kinds.span", { route });
    failed.measure("rows", 4);
    failed.fail("no");
    failed.finish();
    drop(span!("kinds.span", { route }));
    let panicked = std::panic::catch_unwind(|| {
        span!("kinds.span", { route }).in_scope(|| panic_quietly());
    });
    assert!(panicked.is_err());

    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "kinds.span.start.count"),
        owned(&[("route=/", 4)])
    );
    assert_eq!(
        counts(&snapshot, Kind::Counter, "kinds.span.ended"),
        owned(&[
            ("route=/,outcome=cancelled", 1),
            ("route=/,outcome=error", 1),
            ("route=/,outcome=ok", 1),
            ("route=/,outcome=panic", 1),
        ])
    );
    assert_eq!(
        counts(&snapshot, Kind::Distribution, "kinds.span.duration"),
        owned(&[
            ("outcome=cancelled", 1),
            ("outcome=error", 1),
            ("outcome=ok", 1),
            ("outcome=panic", 1)
        ])
    );
    assert_eq!(summary_of(&snapshot, "kinds.span.stop.duration").count, 3);
    let rows = |outcome| amount_of(snapshot.find("kinds.span.stop.rows", &[("outcome", outcome)]));
    assert_eq!(rows("ok"), Some(Amount::Real(3.0)));
    assert_eq!(rows("error"), Some(Amount::Real(4.0)));
    assert_eq!(rows("cancelled"), None);
    // The cancelled span measured no rows, and that is said.
    assert_eq!(
        skipped(
            &snapshot,
            "kinds.span.stop.rows",
            telemetry_metrics::Skip::Missing
        ),
        1
    );
}

#[test]
fn several_events_feed_one_series() {
    let aggregator = start([
        // Listed twice, counted once.
        counter("kinds.several.count")
            .events(["kinds.one", "kinds.two", "kinds.one"])
            .tags(["k"]),
        sum("kinds.several.n")
            .events(["kinds.one", "kinds.two"])
            .tags(["k"]),
    ]);
    execute!("kinds.one", { n: 1 }, { k: "a" });
    execute!("kinds.two", { n: 10 }, { k: "a" });
    execute!("kinds.two", { n: 100 }, { k: "b" });
    execute!("kinds.three", { n: 1000 }, { k: "a" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "kinds.several.count"),
        owned(&[("k=a", 2), ("k=b", 1)])
    );
    let n = |k| amount_of(snapshot.find("kinds.several.n", &[("k", k)]));
    assert_eq!(
        (n("a"), n("b")),
        (Some(Amount::Real(11.0)), Some(Amount::Real(100.0)))
    );
}

#[test]
fn an_event_named_at_run_time_is_counted_with_those_of_a_literal_name() {
    let aggregator = start([counter("kinds.runtime.count")]);
    let name = EventName::new("kinds.runtime").unwrap();
    execute!(name);
    execute!("kinds.runtime");
    assert_eq!(
        counter_counts(&aggregator, "kinds.runtime.count"),
        owned(&[("", 2)])
    );
}

#[test]
fn without_tags_what_adds_up_is_shown_at_zero_and_what_does_not_is_not_shown() {
    let aggregator = start_unchecked([
        counter("kinds.zero.count"),
        sum("kinds.zero.items"),
        sum("kinds.zero.bytes").bytes(),
        last_value("kinds.zero.level"),
        summary("kinds.zero.duration"),
        distribution("kinds.zero.run_time"),
        counter("kinds.zero.tagged").tags(["k"]),
        distribution("kinds.zero.tagged_time").tags(["k"]),
    ]);
    let snapshot = aggregator.snapshot();
    let find = |name| snapshot.find(name, &[]);
    assert_eq!(find("kinds.zero.count"), Some(&Data::Counter(0)));
    assert_eq!(
        find("kinds.zero.items"),
        Some(&Data::Sum(Amount::Real(0.0)))
    );
    assert_eq!(
        find("kinds.zero.bytes"),
        Some(&Data::Sum(Amount::Integer(0)))
    );
    let distribution = distribution_of(&snapshot, "kinds.zero.run_time");
    assert_eq!(
        (distribution.count, distribution.sum),
        (0, Amount::Integer(0))
    );
    assert_eq!(distribution.buckets, [0; 12]);
    for name in [
        "kinds.zero.level",
        "kinds.zero.duration",
        "kinds.zero.tagged",
        "kinds.zero.tagged_time",
    ] {
        assert_eq!(find(name), None, "{name}");
    }
}

#[test]
fn with_tags_only_cells_that_were_touched_are_shown() {
    let aggregator = start([
        counter("kinds.touched.count").tags(["k"]),
        sum("kinds.touched.n").tags(["k"]),
        last_value("kinds.touched.m").tags(["k"]),
    ]);
    // A sum of zero is an answer; no sum at all is none.
    execute!("kinds.touched", { n: 0 }, { k: "zero" });
    execute!("kinds.touched", { m: 0 }, { k: "none" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "kinds.touched.count"),
        owned(&[("k=none", 1), ("k=zero", 1)])
    );
    assert_eq!(
        family(&snapshot, Kind::Sum, "kinds.touched.n").series.len(),
        1
    );
    let zero = Some(Amount::Real(0.0));
    assert_eq!(
        amount_of(snapshot.find("kinds.touched.n", &[("k", "zero")])),
        zero
    );
    assert_eq!(
        family(&snapshot, Kind::LastValue, "kinds.touched.m")
            .series
            .len(),
        1
    );
    assert_eq!(
        amount_of(snapshot.find("kinds.touched.m", &[("k", "none")])),
        zero
    );
}

#[test]
fn definitions_of_different_kinds_share_a_name() {
    let aggregator = start([
        counter("kinds.shared.n").tags(["k"]),
        sum("kinds.shared.n").tags(["k"]),
        summary("kinds.shared.n").tags(["other"]),
    ]);
    execute!("kinds.shared", { n: 5 }, { k: "a", other: "b" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "kinds.shared.n"),
        owned(&[("k=a", 1)])
    );
    let sum = &family(&snapshot, Kind::Sum, "kinds.shared.n").series[0].data;
    assert_eq!(sum, &Data::Sum(Amount::Real(5.0)));
    assert_eq!(
        counts(&snapshot, Kind::Summary, "kinds.shared.n"),
        owned(&[("other=b", 1)])
    );
}

#[test]
fn a_sum_that_may_fall_falls() {
    let aggregator = start([
        sum("kinds.fall.n").up_down(),
        sum("kinds.fall.run_time").up_down(),
    ]);
    for n in [5i32, -7] {
        execute!("kinds.fall", { n, run_time: Duration::from_nanos(u64::from(n.unsigned_abs())) });
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(
        amount_of(snapshot.find("kinds.fall.n", &[])),
        Some(Amount::Real(-2.0))
    );
    assert_eq!(
        amount_of(snapshot.find("kinds.fall.run_time", &[])),
        Some(Amount::Integer(12))
    );
}

#[test]
fn definitions_say_what_was_understood() {
    let aggregator = start_unchecked([
        distribution("kinds.said.duration")
            .events(["kinds.said.stop", "kinds.said.exception"])
            .tags(["route"])
            .unit(Unit::Millisecond)
            .buckets([5, 300])
            .description("How long it took")
            .option("report_as", "counter"),
        last_value("kinds.said.level")
            .event("kinds.said")
            .measure_with(|_| Some(1.into())),
    ]);
    let [first, second] = aggregator.definitions() else {
        panic!("two definitions")
    };
    assert_eq!(
        (first.kind(), first.name()),
        (Kind::Distribution, "kinds.said.duration")
    );
    assert_eq!(first.events(), ["kinds.said.stop", "kinds.said.exception"]);
    assert_eq!(
        (first.measurement(), second.measurement()),
        (Some("duration"), None)
    );
    assert_eq!(first.tags(), ["route"]);
    assert_eq!(
        (first.unit(), first.unit_is_explicit()),
        (Unit::Millisecond, true)
    );
    assert_eq!(
        (second.unit(), second.unit_is_explicit()),
        (Unit::One, false)
    );
    assert_eq!(first.bounds(), [0.005, 0.3]);
    assert_eq!(
        (first.description(), second.description()),
        (Some("How long it took"), None)
    );
    assert_eq!(
        first.options(),
        [("report_as".to_owned(), "counter".to_owned())]
    );
}
