//! What a metric does not count is counted by reason.

use std::time::Duration;

use telemetry::{Number, execute};
use telemetry_metrics::{
    Amount, DeltaData, Kind, Needs, Skip, Unit, counter, distribution, last_value, sum, summary,
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
    emit(Some(f64::MAX.into()), Some(LARGEST.into()), second());
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
            ("overflow", 1)
        ]
    );
    assert_eq!(
        reasons("skipped.why.run_time"),
        [("missing", 1), ("unit", 2), ("overflow", 1)]
    );
    assert_eq!(reasons("skipped.why.panics"), [("panicked", 8)]);
    // A reason that did not happen is no series: 5 + 5 + 3 + 1.
    assert_eq!(
        family(&snapshot, Kind::Counter, "telemetry.metric.skipped")
            .series
            .len(),
        14
    );

    // And what was counted is what was not skipped.
    let amount = |name| amount_of(snapshot.find(name, &[]));
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "skipped.why.count"),
        8
    );
    assert_eq!(amount("skipped.why.n"), Some(Amount::Real(f64::MAX)));
    assert_eq!(amount("skipped.why.b"), Some(Amount::Integer(LARGEST + 1)));
    assert_eq!(
        amount("skipped.why.run_time"),
        Some(Amount::Integer(1_000_000_000))
    );
    assert_eq!(handler_failures("skipped.why"), 0);
}

/// The largest number of bytes that is counted.
const LARGEST: i64 = (1 << 62) - 1;

#[test]
fn an_absurd_number_is_skipped_and_spoils_nothing() {
    let name = "skipped.absurd.run_time";
    let aggregator = start([
        sum(name),
        summary(name),
        distribution(name),
        last_value(name),
    ]);
    for run_time in [
        Duration::from_secs(1),
        Duration::MAX,
        Duration::from_secs(2),
    ] {
        execute!("skipped.absurd", { run_time });
    }
    let snapshot = aggregator.snapshot();
    // Four definitions of one name.
    assert_eq!(skipped(&snapshot, name, Skip::Overflow), 4);
    let total = Amount::Integer(3_000_000_000);
    let summary = summary_of(&snapshot, name);
    assert_eq!((summary.count, summary.sum), (2, total));
    let distribution = distribution_of(&snapshot, name);
    assert_eq!((distribution.count, distribution.sum), (2, total));
    let sum = &family(&snapshot, Kind::Sum, name).series[0].data;
    assert_eq!(amount_of(Some(sum)), Some(total));
}

#[test]
fn a_total_that_is_full_begins_again_and_differences_stay_right() {
    let name = "skipped.full.size";
    let aggregator = start([
        sum(name).bytes(),
        summary(name).bytes(),
        distribution(name).bytes().buckets([1_024]),
        sum("skipped.full.other")
            .measurement("size")
            .bytes()
            .up_down(),
    ]);
    let mut reader = aggregator.reader(Needs::Totals);
    let mut taken = [0_i128; 3];
    for round in 0..5 {
        execute!("skipped.full", { size: LARGEST });
        let mut marks = Vec::new();
        reader.scan(|delta| {
            let at = match delta.definition.kind() {
                Kind::Sum if delta.definition.is_up_down() => return,
                Kind::Sum => 0,
                Kind::Summary => 1,
                _ => 2,
            };
            let (DeltaData::Sum(added) | DeltaData::Totals { sum: added, .. }) = delta.data else {
                panic!("{delta:?}");
            };
            taken[at] += added.as_f64() as i128;
            marks.push(delta.mark);
        });
        marks.into_iter().for_each(|mark| reader.take(mark));
        let truth = i128::from(LARGEST) * (round + 1);
        assert!(
            taken.iter().all(|taken| (taken - truth).abs() < 1 << 20),
            "{taken:?} {truth}"
        );
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(all_skipped(&snapshot, name), 0);
    // 5 * 2^62 - 5, less 2^63 twice.
    let shown = Amount::Integer((1 << 62) - 5);
    assert_eq!(summary_of(&snapshot, name).sum, shown);
    assert_eq!(distribution_of(&snapshot, name).sum, shown);
    let sum = &family(&snapshot, Kind::Sum, name).series[0].data;
    assert_eq!(amount_of(Some(sum)), Some(shown));
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
