//! What is known of series: buckets, how they stand, how busy they are.

use std::time::Duration;

use telemetry::execute;

use super::{Clock, HOUR, PLENTY, SECOND, start};
use crate::Kind;
use crate::amount::Amount;
use crate::history::{Bucket, Range, Tick};
use crate::metric::{counter, distribution, last_value, sum, summary};

fn edges(buckets: &[Bucket]) -> Vec<(f64, f64, u64)> {
    let edges = buckets.iter();
    edges
        .map(|bucket| (bucket.lower, bucket.upper, bucket.count))
        .collect()
}

#[test]
fn the_buckets_of_a_distribution_lie_between_its_bounds() {
    let aggregator = start([
        distribution("past.bounds.n").buckets([1.0, 5.0, 10.0]),
        distribution("past.bounds.below").buckets([-1.0, 1.0]),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    for (n, below) in [(0.5, -7), (1.0, 0), (5.0, 0), (11.0, 0), (1_000.0, 9)] {
        execute!("past.bounds", { n, below });
    }
    clock.advance(1, &aggregator.snapshot());
    let stats = |name| clock.stats(&clock.ids(Kind::Distribution, name), Range::all());
    let n = stats("past.bounds.n");
    let infinity = f64::INFINITY;
    let expected = [(0.0, 1.0, 2), (1.0, 5.0, 1), (10.0, infinity, 2)];
    assert_eq!(edges(&n.buckets()), expected);
    assert_eq!((n.min(), n.max()), (Some(0.0), Some(10.0)));
    let below = stats("past.bounds.below");
    let expected = [(-infinity, -1.0, 1), (-1.0, 1.0, 3), (1.0, infinity, 1)];
    assert_eq!(edges(&below.buckets()), expected);
    assert_eq!((below.min(), below.max()), (Some(-1.0), Some(1.0)));
}

#[test]
fn the_buckets_of_a_summary_are_narrow_and_hold_their_numbers() {
    let aggregator = start([summary("past.narrow.n"), counter("past.narrow.count")]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    let numbers = [-1e30, -3.0, 0.0, 1e-30, 0.7, 1.0, 1e30];
    for n in numbers {
        execute!("past.narrow", { n });
    }
    clock.advance(1, &aggregator.snapshot());
    let stats = clock.stats(&clock.ids(Kind::Summary, "past.narrow.n"), Range::all());
    let buckets = stats.buckets();
    assert_eq!(buckets.len(), numbers.len());
    for (bucket, number) in buckets.iter().zip(numbers) {
        assert_eq!(bucket.count, 1);
        assert!(
            bucket.lower <= number && number <= bucket.upper,
            "{bucket:?}"
        );
        let width = bucket.upper - bucket.lower;
        assert!(width <= number.abs() * 0.03 || number.abs() > 1e20 || number < 1e-20);
    }
    assert_eq!(buckets[0].lower, f64::NEG_INFINITY);
    assert_eq!(buckets[6].upper, f64::INFINITY);
    let count = clock.stats(&clock.ids(Kind::Counter, "past.narrow.count"), Range::all());
    assert_eq!(
        (count.buckets(), count.min(), count.max()),
        (vec![], None, None)
    );
}

#[test]
fn a_slot_knows_all_of_its_series() {
    let aggregator = start([summary("past.slot.time").seconds()]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    clock.advance(1, &aggregator.snapshot());
    for milliseconds in 1..=100 {
        let time = Duration::from_millis(milliseconds);
        execute!("past.slot", { time });
    }
    clock.advance(1, &aggregator.snapshot());
    clock.advance(1, &aggregator.snapshot());
    let ids = clock.ids(Kind::Summary, "past.slot.time");
    let slots = clock.slots(&ids, Range::all(), SECOND);
    assert_eq!((slots.begin.number(), slots.end.number()), (0, 3));
    assert_eq!((slots.step, slots.start), (SECOND, clock.zero));
    assert!(slots.stats[0].is_none(), "it is not there before it counts");
    let stats = slots.stats[1].as_ref().unwrap();
    assert_eq!((stats.count(), stats.rate()), (100, Some(100.0)));
    let near = |answer: Option<f64>, milliseconds: f64| {
        let truth = milliseconds * 1e6;
        assert!(
            (answer.unwrap() - truth).abs() <= truth * 0.010831,
            "{answer:?}"
        );
    };
    near(stats.quantile(0.5), 50.0);
    near(stats.max(), 100.0);
    near(stats.min(), 1.0);
    let total: u64 = stats.buckets().iter().map(|bucket| bucket.count).sum();
    assert_eq!(total, 100);
    let stats = slots.stats[2].as_ref().unwrap();
    assert_eq!(
        (stats.count(), stats.max(), stats.rate()),
        (0, None, Some(0.0))
    );
    // Nobody asked for, and those that are not there.
    let none = clock.slots(&[], Range::all(), SECOND);
    assert!(none.stats.len() == 3 && none.stats.iter().all(Option::is_none));
}

#[test]
fn series_say_how_they_stand() {
    let aggregator = start([
        counter("past.stand.n").tags(["n"]),
        sum("past.stand.bytes").bytes().tags(["n"]),
        last_value("past.stand.level").tags(["n"]),
        summary("past.stand.level").tags(["n"]),
    ]);
    let emit = || execute!("past.stand", { bytes: 10, level: 2.5 }, { n: 1 });
    emit();
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    emit();
    clock.advance(1, &aggregator.snapshot());
    let latest = |clock: &Clock, kind| {
        let series = clock.store.series().into_iter();
        let is_it = |name: &str| name.starts_with("past.stand");
        let mut series =
            series.filter(|one| is_it(one.definition.name()) && one.definition.kind() == kind);
        let latest = series.next().unwrap().latest;
        (latest.count, latest.sum, latest.value)
    };
    let (bytes, level) = (Amount::Integer(20), Amount::Real(2.5));
    assert_eq!(latest(&clock, Kind::Counter), (2, None, None));
    assert_eq!(latest(&clock, Kind::Sum), (0, Some(bytes), None));
    assert_eq!(latest(&clock, Kind::LastValue), (0, None, Some(level)));
    let both = Some(Amount::Real(5.0));
    assert_eq!(latest(&clock, Kind::Summary), (2, both, None));
    let mut without = aggregator.snapshot();
    for family in &mut without.families {
        family.series.clear();
    }
    clock.advance(1, &without);
    assert_eq!(latest(&clock, Kind::Counter), (2, None, None));
    assert_eq!(latest(&clock, Kind::LastValue), (0, None, None));
    for total in clock.store.totals() {
        match (total.definition.name(), total.definition.kind()) {
            ("past.stand.n", _) => assert_eq!(total.latest.count, 2),
            ("past.stand.bytes", _) => assert_eq!(total.latest.sum, Some(bytes)),
            ("past.stand.level", kind) => {
                assert_eq!((kind, total.latest.sum), (Kind::Summary, both));
            }
            _ => {}
        }
    }
}

#[test]
fn the_series_of_a_definition_come_busiest_first() {
    let aggregator = start([
        counter("past.busy.count").tags(["n"]),
        summary("past.busy.other").tags(["n"]),
        last_value("past.busy.level").tags(["n"]),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    for tick in 0..300 {
        for n in 0..4u64 {
            for _ in 0..n * 3 {
                execute!("past.busy", { other: 1, level: tick }, { n });
            }
        }
        clock.advance(1, &aggregator.snapshot());
    }
    let names = |clock: &Clock| {
        let series = clock.store.series_of("past.busy.count");
        let names: Vec<_> = series.iter().map(|one| one.tags[0].to_string()).collect();
        (names, series[0].activity)
    };
    let (order, activity) = names(&clock);
    assert_eq!(order, ["3", "2", "1"]);
    assert!((activity - 9.0).abs() < 0.1, "{activity}");
    let levels = clock.store.series_of("past.busy.level");
    assert!(
        (levels[0].activity - 1.0).abs() < 0.01,
        "changes per second"
    );
    let totals = clock.store.totals();
    let total = totals
        .iter()
        .find(|one| one.definition.name() == "past.busy.count");
    assert!((total.unwrap().activity - 18.0).abs() < 0.2);
    assert!(
        totals
            .iter()
            .all(|one| one.definition.name() != "past.busy.level")
    );
    // A minute later another one is busy.
    for _ in 0..120 {
        for _ in 0..5 {
            execute!("past.busy", { other: 1, level: 1 }, { n: 1 });
        }
        clock.advance(1, &aggregator.snapshot());
    }
    assert_eq!(names(&clock).0, ["1", "3", "2"]);
    assert_eq!(clock.store.series_of("past.nobody").len(), 0);
}

#[test]
fn whole_slots_are_as_long_as_the_steps_before_the_range() {
    let aggregator = start([counter("past.whole.count")]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    for tick in (1..=800).filter(|tick| *tick != 120) {
        execute!("past.whole");
        clock.advance(tick - clock.tick, &aggregator.snapshot());
        let ids = clock.ids(Kind::Counter, "past.whole.count");
        // It begins where the last sample of a group of ten was, in the midst of a slot of four.
        let range = Range::between(Tick::new(119), Tick::new(u64::MAX));
        let slots = clock.slots(&ids, range, SECOND * 4);
        for stats in slots.stats.iter().flatten() {
            assert!(stats.covered() <= slots.step + SECOND, "{slots:?}");
        }
    }
}
