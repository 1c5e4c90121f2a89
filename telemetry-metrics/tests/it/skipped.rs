//! What a metric does not count is counted by reason.

use std::time::Duration;

use telemetry::{Number, execute};
use telemetry_metrics::{
    Amount, Kind, Skip, Unit, counter, distribution, last_value, sum, summary,
};

use crate::support::*;

#[test]
fn every_reason_is_shown_by_metric_and_only_if_it_happened() {
    let aggregator = start([
        counter("skipped.why.count"),
        sum("skipped.why.n"),
        sum("skipped.why.b").bytes(),
        last_value("skipped.why.run_time"),
        summary("skipped.why.panics").measure_with(|_| panic_quietly()),
    ]);
    let emit = |n: Option<Number>, b: Option<Number>, run_time: Option<Number>| {
        execute!("skipped.why", { n, b, run_time });
    };
    let second = || Some(Duration::from_secs(1).into());
    emit(None, None, None);
    emit(
        Some(f64::NAN.into()),
        Some(f64::INFINITY.into()),
        Some(1.into()),
    );
    emit(
        Some(f64::NEG_INFINITY.into()),
        Some(u64::MAX.into()),
        second(),
    );
    emit(Some((-1).into()), Some((-1).into()), second());
    emit(second(), second(), second());
    emit(Some(f64::MAX.into()), Some(i64::MAX.into()), second());
    emit(
        Some(f64::MAX.into()),
        Some(1.into()),
        Some(Duration::MAX.into()),
    );
    emit(None, None, Some(f64::NAN.into()));
    let snapshot = aggregator.snapshot();
    let reasons = |metric: &str| -> Vec<(&str, u64)> {
        Skip::ALL
            .iter()
            .map(|reason| (reason.as_str(), skipped(&snapshot, metric, *reason)))
            .filter(|(_, count)| *count > 0)
            .collect()
    };
    assert_eq!(reasons("skipped.why.count"), []);
    assert_eq!(
        reasons("skipped.why.n"),
        [
            ("missing", 2),
            ("not_finite", 2),
            ("negative", 1),
            ("unit", 1),
            ("overflow", 1)
        ]
    );
    assert_eq!(
        reasons("skipped.why.b"),
        [
            ("missing", 2),
            ("not_finite", 1),
            ("negative", 1),
            ("unit", 1),
            ("overflow", 2)
        ]
    );
    assert_eq!(
        reasons("skipped.why.run_time"),
        [("missing", 1), ("unit", 2)]
    );
    assert_eq!(reasons("skipped.why.panics"), [("panicked", 8)]);
    // A reason that did not happen is no series: 5 + 5 + 2 + 1.
    assert_eq!(
        family(&snapshot, Kind::Counter, "telemetry.metric.skipped")
            .series
            .len(),
        13
    );

    // And what was counted is what was not skipped.
    let amount = |name| amount_of(snapshot.find(name, &[]));
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "skipped.why.count"),
        8
    );
    assert_eq!(amount("skipped.why.n"), Some(Amount::Real(f64::MAX)));
    assert_eq!(amount("skipped.why.b"), Some(Amount::Integer(i64::MAX)));
    // 292 years is the longest time there is.
    assert_eq!(
        amount("skipped.why.run_time"),
        Some(Amount::Integer(i64::MAX))
    );
    assert_eq!(handler_failures("skipped.why"), 0);
}

#[test]
fn a_total_that_does_not_fit_skips_the_number_in_every_kind_that_has_a_total() {
    let aggregator = start([
        sum("skipped.full.run_time").up_down(),
        summary("skipped.full.run_time"),
        distribution("skipped.full.run_time"),
        last_value("skipped.full.run_time"),
    ]);
    for _ in 0..3 {
        execute!("skipped.full", { run_time: Duration::MAX });
    }
    execute!("skipped.full", { run_time: Duration::ZERO });
    let snapshot = aggregator.snapshot();
    let full = Amount::Integer(i64::MAX);
    // Three definitions of one name, two numbers each.
    assert_eq!(
        skipped(&snapshot, "skipped.full.run_time", Skip::Overflow),
        6
    );
    let summary = summary_of(&snapshot, "skipped.full.run_time");
    assert_eq!((summary.count, summary.sum), (2, full));
    let distribution = distribution_of(&snapshot, "skipped.full.run_time");
    assert_eq!((distribution.count, distribution.sum), (2, full));
    let sum = &family(&snapshot, Kind::Sum, "skipped.full.run_time").series[0].data;
    assert_eq!(amount_of(Some(sum)), Some(full));
    let last = &family(&snapshot, Kind::LastValue, "skipped.full.run_time").series[0].data;
    assert_eq!(amount_of(Some(last)), Some(Amount::Integer(0)));
}

#[test]
fn negative_numbers_are_refused_by_sums_that_only_grow_and_by_nothing_else() {
    let aggregator = start([
        sum("skipped.below.n"),
        sum("skipped.below.n_ms")
            .measurement("n")
            .unit((Unit::Millisecond, Unit::Second)),
        sum("skipped.below.both").measurement("n").up_down(),
        last_value("skipped.below.n"),
        summary("skipped.below.n"),
        distribution("skipped.below.n").buckets([-1, 0, 1]),
    ]);
    for n in [-2.0, -0.5, -0.0] {
        execute!("skipped.below", { n });
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(skipped(&snapshot, "skipped.below.n", Skip::Negative), 2);
    assert_eq!(skipped(&snapshot, "skipped.below.n_ms", Skip::Negative), 2);
    assert_eq!(all_skipped(&snapshot, "skipped.below.both"), 0);
    assert_eq!(
        amount_of(snapshot.find("skipped.below.both", &[])),
        Some(Amount::Real(-2.5))
    );
    let summary = summary_of(&snapshot, "skipped.below.n");
    assert_eq!((summary.count, summary.min, summary.max), (3, -2.0, 0.0));
    assert!(close(summary.quantile(0.5).unwrap(), -0.5, 0.011));
    assert_eq!(summary.quantile(1.0), Some(0.0));
    assert_eq!(
        distribution_of(&snapshot, "skipped.below.n").buckets,
        [1, 2, 0, 0]
    );
}
