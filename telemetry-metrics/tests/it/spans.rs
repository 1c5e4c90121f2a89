//! Metrics of spans: their ends have what was added while they ran, in whatever order that was.

use telemetry::{Span, span};
use telemetry_metrics::{Amount, Skip, counter, sum};

use crate::support::*;

/// Runs a span of the only place in the program that begins these.
fn run(add: impl FnOnce(&Span)) {
    let span = span!("spans.added", { first: "-" });
    add(&span);
    span.finish();
}

#[test]
fn what_is_added_to_a_span_is_found_wherever_it_stands() {
    let aggregator = start([
        counter("spans.added.stop.count").tags(["a", "b"]),
        sum("spans.added.stop.n"),
        sum("spans.added.stop.m").tags(["a"]),
        counter("spans.added.stop.first").tags(["first"]),
    ]);
    // A series without tags is there, and must not be taken for those whose tags stand behind.
    run(|_| {});
    for _ in 0..3 {
        run(|span| {
            span.set("a", "x");
            span.set("b", "y");
            span.measure("m", 10);
            span.measure("n", 1);
        });
        // The other way round, so that what stood in one place stands in the other.
        run(|span| {
            span.set("b", "x");
            span.set("a", "y");
            span.measure("n", 2);
            span.measure("m", 20);
        });
        run(|span| {
            span.set("c", "x");
            span.set("b", "y");
            span.set("first", "x");
            span.measure("k", 1_000);
        });
    }
    assert_eq!(
        counter_counts(&aggregator, "spans.added.stop.count"),
        owned(&[("", 1), ("a=x,b=y", 3), ("a=y,b=x", 3), ("b=y", 3)])
    );
    assert_eq!(
        counter_counts(&aggregator, "spans.added.stop.first"),
        owned(&[("first=-", 7), ("first=x", 3)])
    );
    let snapshot = aggregator.snapshot();
    let sum = |name: &str, tags: &[(&str, &str)]| amount_of(snapshot.find(name, tags));
    assert_eq!(sum("spans.added.stop.n", &[]), Some(Amount::Real(9.0)));
    assert_eq!(
        sum("spans.added.stop.m", &[("a", "x")]),
        Some(Amount::Real(30.0))
    );
    assert_eq!(
        sum("spans.added.stop.m", &[("a", "y")]),
        Some(Amount::Real(60.0))
    );
    for name in ["spans.added.stop.n", "spans.added.stop.m"] {
        assert_eq!(skipped(&snapshot, name, Skip::Missing), 4, "{name}");
    }
}
