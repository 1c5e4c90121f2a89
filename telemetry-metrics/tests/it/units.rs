//! Units: what may be measured where, and what is shown.

use std::time::Duration;

use telemetry::{Number, execute};
use telemetry_metrics::{
    Aggregator, Amount, Dimension, Metric, Skip, Unit, counter, distribution, last_value, sum,
};

use crate::support::*;

const TIME: [Unit; 6] = [
    Unit::Nanosecond,
    Unit::Microsecond,
    Unit::Millisecond,
    Unit::Second,
    Unit::Minute,
    Unit::Hour,
];
const SIZE: [Unit; 7] = [
    Unit::Byte,
    Unit::Kilobyte,
    Unit::Megabyte,
    Unit::Gigabyte,
    Unit::Kibibyte,
    Unit::Mebibyte,
    Unit::Gibibyte,
];
const PLAIN: [Unit; 2] = [Unit::One, Unit::Other("requests")];

fn all() -> impl Iterator<Item = Unit> {
    TIME.into_iter().chain(SIZE).chain(PLAIN)
}

fn pairs() -> impl Iterator<Item = (Unit, Unit)> {
    all().flat_map(|from| all().map(move |to| (from, to)))
}

#[test]
fn every_pair_of_one_dimension_converts_and_every_other_is_a_problem() {
    let convertible = |(from, to): &(Unit, Unit)| {
        from == to || (from.dimension() == to.dimension() && from.dimension() != Dimension::None)
    };
    let (good, bad): (Vec<_>, Vec<_>) = pairs().partition(convertible);
    assert_eq!((good.len(), bad.len()), (36 + 49 + 2, 15 * 15 - 87));

    let define = |at: usize, pair: &(Unit, Unit)| {
        last_value(format!("units.pairs.p{at}"))
            .measurement("n")
            .unit(*pair)
    };
    let found = problems(bad.iter().enumerate().map(|(at, pair)| define(at, pair)));
    assert_eq!(found.len(), bad.len());
    assert!(
        found.iter().all(|problem| problem.contains("UnitPair")),
        "{found:?}"
    );

    let aggregator = start(good.iter().enumerate().map(|(at, pair)| define(at, pair)));
    for n in [0i64, 1, 3, 7, 999, 1_001, -2, 1_200_000] {
        execute!("units.pairs", { n });
        let snapshot = aggregator.snapshot();
        for (at, (from, to)) in good.iter().enumerate() {
            let amount = amount_of(snapshot.find(&format!("units.pairs.p{at}"), &[])).unwrap();
            let base = i128::from(n) * i128::from(from.factor());
            let factor = i128::from(to.factor());
            // The integer part exactly, and the rest by one division.
            let expected = if base % factor == 0 {
                (base / factor) as f64
            } else {
                base as f64 / factor as f64
            };
            assert_eq!(amount.in_unit(*to), expected, "{n} {from} in {to}");
        }
    }
}

#[test]
fn a_pair_that_cannot_be_is_a_problem_on_a_counter_too() {
    assert_eq!(
        problems([counter("units.counter.n").unit((Unit::Byte, Unit::Second))]).len(),
        1
    );
}

/// What a definition makes of one measurement.
fn measure(aggregator: &Aggregator, name: &str, n: Number) -> Result<Amount, Skip> {
    let skips = |aggregator: &Aggregator| {
        let snapshot = aggregator.snapshot();
        Skip::ALL.map(|reason| skipped(&snapshot, name, reason))
    };
    let before = skips(aggregator);
    execute!("units.matrix", { n });
    let after = skips(aggregator);
    let happened: Vec<Skip> = Skip::ALL
        .into_iter()
        .zip(before.iter().zip(after))
        .filter(|(_, (before, after))| **before != *after)
        .map(|(reason, _)| reason)
        .collect();
    match happened[..] {
        [] => Ok(amount_of(aggregator.snapshot().find(name, &[])).unwrap()),
        [reason] => Err(reason),
        _ => panic!("skipped for {happened:?}"),
    }
}

#[test]
fn what_may_be_measured_depends_on_the_dimension() {
    let millisecond = Number::from(Duration::from_millis(1));
    let (seven, half, huge) = (Number::from(7), Number::from(0.5), Number::from(u64::MAX));
    let (nan, infinite) = (Number::from(f64::NAN), Number::from(f64::INFINITY));
    let int = |n| Ok(Amount::Integer(n));
    let real = |n| Ok(Amount::Real(n));
    let plain =
        |metric: fn(Metric) -> Metric| metric(last_value("units.matrix.x").measurement("n"));
    let measurements = [millisecond, seven, half, huge, nan, infinite];
    let unit = Err(Skip::Unit);
    let (overflow, not_finite) = (Err(Skip::Overflow), Err(Skip::NotFinite));
    let table = [
        // No unit: plain numbers.
        (
            plain(|m| m),
            [
                unit,
                real(7.0),
                real(0.5),
                real(u64::MAX as f64),
                not_finite,
                not_finite,
            ],
        ),
        (
            plain(|m| m.unit(Unit::Other("items"))),
            [
                unit,
                real(7.0),
                real(0.5),
                real(u64::MAX as f64),
                not_finite,
                not_finite,
            ],
        ),
        // Time without a pair: durations only.
        (
            plain(Metric::seconds),
            [int(1_000_000), unit, unit, unit, unit, unit],
        ),
        (
            plain(|m| m.unit(Unit::Hour)),
            [int(1_000_000), unit, unit, unit, unit, unit],
        ),
        // Time with a pair: bare numbers, too.
        (
            plain(|m| m.unit((Unit::Millisecond, Unit::Second))),
            [
                int(1_000_000),
                int(7_000_000),
                int(500_000),
                overflow,
                not_finite,
                not_finite,
            ],
        ),
        (
            plain(|m| m.unit((Unit::Second, Unit::Second))),
            [
                int(1_000_000),
                int(7_000_000_000),
                int(500_000_000),
                overflow,
                not_finite,
                not_finite,
            ],
        ),
        // Bytes: bare numbers are bytes, unless a pair says otherwise. There is no half a byte.
        (
            plain(Metric::bytes),
            [unit, int(7), int(1), overflow, not_finite, not_finite],
        ),
        (
            plain(|m| m.unit(Unit::Mebibyte)),
            [unit, int(7), int(1), overflow, not_finite, not_finite],
        ),
        (
            plain(|m| m.unit((Unit::Kibibyte, Unit::Mebibyte))),
            [unit, int(7_168), int(512), overflow, not_finite, not_finite],
        ),
    ];
    for (row, (metric, expected)) in table.into_iter().enumerate() {
        let aggregator = start([metric]);
        let answers = measurements.map(|n| measure(&aggregator, "units.matrix.x", n));
        assert_eq!(answers, expected, "row {row}");
    }
}

#[test]
fn a_name_that_sounds_like_time_is_time_unless_told_otherwise() {
    let aggregator = start([
        sum("units.name.duration"),
        sum("units.name.queue_time"),
        sum("units.name.stop_duration"),
        sum("units.name.waited").measurement("queue_time"),
        sum("units.name.plain_time")
            .measurement("items")
            .unit(Unit::One),
        sum("units.name.computed_time").measure_with(|event| event.measurement("duration")),
        sum("units.name.time"),
        counter("units.name.duration"),
    ]);
    let t = millis(2);
    execute!("units.name", { duration: t, queue_time: t, stop_duration: t, items: 5, time: 6 });
    let snapshot = aggregator.snapshot();
    let amount = |name: &str| amount_of(snapshot.find(&format!("units.name.{name}"), &[])).unwrap();
    for name in [
        "duration",
        "queue_time",
        "stop_duration",
        "waited",
        "computed_time",
    ] {
        assert_eq!(amount(name), Amount::Integer(2_000_000), "{name}");
    }
    assert_eq!(
        (amount("plain_time"), amount("time")),
        (Amount::Real(5.0), Amount::Real(6.0))
    );
    assert_eq!(
        total_count(
            &snapshot,
            telemetry_metrics::Kind::Counter,
            "units.name.duration"
        ),
        1
    );
}

#[test]
fn bounds_are_compared_in_the_unit_that_is_stored() {
    let aggregator = start([
        distribution("units.bounds.duration").buckets([0.1, 0.3]),
        distribution("units.bounds.ms")
            .measurement("ms")
            .unit((Unit::Millisecond, Unit::Millisecond))
            .buckets([100, 300]),
        distribution("units.bounds.kb")
            .measurement("bytes")
            .unit((Unit::Byte, Unit::Kilobyte))
            .buckets([0.1, 0.3]),
        distribution("units.bounds.d")
            .measurement("duration")
            .unit(Unit::Hour)
            .buckets([Duration::from_millis(100), Duration::from_millis(300)]),
    ]);
    // 0.1 and 0.3 have no exact `f64`: what equals a bound still belongs to it.
    for ms in [99u64, 100, 101, 299, 300, 301] {
        execute!("units.bounds", { duration: millis(ms), ms, bytes: ms });
    }
    let snapshot = aggregator.snapshot();
    for definition in aggregator.definitions() {
        let found = distribution_of(&snapshot, definition.name());
        assert_eq!(found.buckets, [2, 3, 1], "{}", definition.name());
    }
    assert_eq!(aggregator.definitions()[2].bounds(), [100.0, 300.0]);
    assert_eq!(aggregator.definitions()[3].bounds(), [0.1, 0.3]);
}
