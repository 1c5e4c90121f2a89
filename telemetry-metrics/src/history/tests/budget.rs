//! What happens when the budget is hit.

use std::time::Duration;

use telemetry::execute;

use super::{Clock, HOUR, PLENTY, SECOND, start};
use crate::Kind;
use crate::history::{Range, Show, Stats};
use crate::metric::{counter, distribution, summary};

#[test]
fn when_the_budget_is_hit_old_steps_get_coarser_and_counts_stay_exact() {
    let names = 40;
    let aggregator = start([
        counter("past.budget.count").tags(["n"]),
        summary("past.budget.bytes").bytes().tags(["n"]),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, 150_000);
    for tick in 0..1_500u64 {
        for n in 0..names {
            execute!("past.budget", { bytes: 1_000 + (tick * 37 + n * 11) % 500 }, { n });
        }
        clock.advance(1, &aggregator.snapshot());
    }
    let status = clock.store.status();
    assert!((9..600).contains(&status.fine_steps), "{status:?}");
    assert_eq!((status.left_out, status.evicted), (0, 0), "{status:?}");
    for (kind, name) in [
        (Kind::Counter, "past.budget.count"),
        (Kind::Summary, "past.budget.bytes"),
    ] {
        let ids = clock.ids(kind, name);
        assert_eq!(ids.len() as u64, names);
        for id in ids {
            assert_eq!(clock.stats(&[id], Range::all()).count(), 1_500);
        }
    }
}

#[test]
fn time_itself_takes_room() {
    let aggregator = start([counter("past.idle.count").tags(["n"])]);
    for n in 0..200 {
        execute!("past.idle", {}, { n });
    }
    let mut clock = Clock::start(&aggregator, HOUR * 24, PLENTY);
    // As full as can be, of series in which nothing happens any more.
    clock.store.budget = clock.store.bytes();
    let snapshot = aggregator.snapshot();
    for _ in 0..2_000 {
        clock.advance(1, &snapshot);
    }
    let status = clock.store.status();
    // A thirty-second of the budget at a time.
    assert!((1..20).contains(&status.evicted), "{status:?}");
}

#[test]
fn when_nothing_helps_series_are_left_out_and_counted() {
    let aggregator = start([counter("past.full.count").tags(["n"])]);
    let mut clock = Clock::start(&aggregator, HOUR, 100_000);
    for tick in 0..300u64 {
        for n in 0..tick.min(1_000) * 4 {
            execute!("past.full", {}, { n });
        }
        clock.advance(1, &aggregator.snapshot());
    }
    let status = clock.store.status();
    assert_eq!(status.fine_steps, 9);
    assert!(status.left_out > 100 && status.series > 100, "{status:?}");
    // Those that were not left out are right: each counts once in each step since it was met.
    for id in clock.ids(Kind::Counter, "past.full.count") {
        let stats = clock.stats(&[id], Range::last(SECOND * 3));
        assert_eq!(stats.count(), stats.covered().as_secs());
    }
    // When there is room again, the series come back: without what they counted meanwhile.
    let mut few = aggregator.snapshot();
    let series = &mut few.families[0].series;
    series.drain(..series.len() - 10);
    let came_back = (0..5_000).find(|_| {
        clock.advance(1, &few);
        clock.store.status().left_out == 0
    });
    assert!(came_back.is_some_and(|ticks| ticks > 0), "{came_back:?}");
    let mut ids = clock.ids(Kind::Counter, "past.full.count");
    let ids = ids.split_off(ids.len() - 10);
    assert_eq!(clock.stats(&ids, Range::all()).count(), 0);
    // And when the past of the others is over, the plan is what it was.
    for _ in 0..5_000 {
        clock.advance(1, &few);
    }
    let status = clock.store.status();
    assert_eq!((status.fine_steps, status.left_out), (600, 0), "{status:?}");
    assert_eq!(clock.ids(Kind::Counter, "past.full.count"), ids);
}

#[test]
fn the_quietest_get_coarse_first_and_no_chart_shows_what_was_not_there() {
    let names = 30u64;
    let aggregator = start([distribution("past.coarse.time").seconds().tags(["n"])]);
    let mut clock = Clock::start(&aggregator, HOUR, 220_000);
    clock.store.busiest = 5;
    // Each second, except that the busier count more often.
    let events = |n: u64| 1 + n / 6;
    for tick in 0..3_000u64 {
        for n in 0..names {
            for event in 0..events(n) {
                let time = Duration::from_millis(1 + (tick + n + event) % 300);
                execute!("past.coarse", { time }, { n });
            }
        }
        clock.advance(1, &aggregator.snapshot());
    }
    let status = clock.store.status();
    assert_eq!((status.fine_steps, status.left_out), (600, 0), "{status:?}");
    assert!((5..25).contains(&status.coarse), "{status:?}");
    let series = clock.store.series_of("past.coarse.time");
    assert_eq!(series.len() as u64, names);
    assert!(series.iter().rev().take(5).all(|one| one.is_coarse));
    assert!(series.iter().take(5).all(|one| !one.is_coarse));
    for total in clock.store.totals() {
        assert!(!total.is_coarse);
    }
    for one in &series {
        let n: u64 = one.tags[0].parse().unwrap();
        let all = clock.stats(&[one.id], Range::all());
        assert_eq!(all.count(), 3_000 * events(n));
        assert_eq!(all.covered(), SECOND * 3_000);
        for range in
            [10, 300, 307, 1_000, 1_043, 3_000].map(|seconds| Range::last(SECOND * seconds))
        {
            let stats = clock.stats(&[one.id], range);
            assert_eq!(stats.rate(), Some(events(n) as f64), "{range:?}");
            let slots = clock.slots(&[one.id], range, SECOND);
            assert!(slots.stats.len() > 5);
            for stats in slots.stats.iter().flatten() {
                assert_eq!(stats.covered(), slots.step);
                assert_eq!(stats.rate(), Some(events(n) as f64));
            }
        }
    }
    // Together with one that is not coarse it is as coarse.
    let (busiest, quietest) = (&series[0], series.last().unwrap());
    let range = Range::last(SECOND * 300);
    let step = |ids: &[_]| clock.slots(ids, range, SECOND).step;
    assert_eq!(step(&[busiest.id]), SECOND);
    assert!(step(&[quietest.id]) >= SECOND * 10);
    assert_eq!(step(&[busiest.id, quietest.id]), step(&[quietest.id]));
    let both = clock.points(&[busiest.id, quietest.id], Show::Rate, range, SECOND);
    assert!(
        both.values.iter().all(|rate| *rate == Some(6.0)),
        "{both:?}"
    );
}

#[test]
fn who_becomes_busy_is_fine_again_from_then_on() {
    let aggregator = start([counter("past.wakes.count").tags(["n"])]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    clock.store.busiest = 1;
    let mut counted = 0;
    for tick in 0..2_000u64 {
        for n in 0..20 {
            let times = if n == 7 && tick > 1_000 {
                100
            } else {
                1 + n % 3
            };
            counted += if n == 7 { times } else { 0 };
            (0..times).for_each(|_| execute!("past.wakes", {}, { n }));
        }
        clock.advance(1, &aggregator.snapshot());
        if tick == 700 {
            clock.store.budget = clock.store.bytes() * 8 / 10;
            assert!(clock.store.make_room(0));
        }
    }
    let series = clock.store.series_of("past.wakes.count");
    assert_eq!(&*series[0].tags[0], "7");
    assert!(!series[0].is_coarse && clock.store.status().coarse > 0);
    let stats = clock.stats(&[series[0].id], Range::all());
    assert_eq!(stats.count(), counted);
    // Where it was coarse it stays so, and what came since is fine.
    let step = |seconds| {
        let slots = clock.slots(&[series[0].id], Range::last(SECOND * seconds), SECOND);
        let drawn: u64 = slots.stats.iter().flatten().map(Stats::count).sum();
        let range = Range::between(slots.begin, slots.end);
        assert_eq!(drawn, clock.stats(&[series[0].id], range).count());
        slots.step
    };
    assert_eq!(step(500), SECOND);
    assert!(step(1_990) > SECOND * 10);
}

#[test]
fn who_is_busy_takes_the_place_of_who_is_not() {
    let aggregator = start([counter("past.places.count").tags(["n"])]);
    for n in 0..230 {
        execute!("past.places", {}, { n });
    }
    let mut clock = Clock::start(&aggregator, HOUR, 130_000);
    clock.advance(1, &aggregator.snapshot());
    let status = clock.store.status();
    assert!(status.left_out > 0, "{status:?}");
    // They are met when there is no room any more.
    let is_there = |clock: &Clock| {
        let series = clock.store.series_of("past.places.count");
        let numbers = series.iter().map(|one| one.tags[0].parse::<u64>().unwrap());
        numbers.filter(|n| *n >= 1_000).count()
    };
    for _ in 0..300 {
        // Not because there is room again.
        clock.store.admit_at = u64::MAX;
        for n in 1_000..1_060 {
            execute!("past.places", {}, { n });
        }
        clock.advance(1, &aggregator.snapshot());
    }
    assert_eq!(is_there(&clock), 60);
    let status = clock.store.status();
    assert!(
        (30..150).contains(&status.evicted),
        "few others go: {status:?}"
    );
    let total = clock.store.totals().into_iter();
    let total = total.filter(|total| total.definition.name() == "past.places.count");
    let stats = clock.stats(&[total.last().unwrap().id], Range::all());
    assert_eq!(stats.count(), 300 * 60);
}

#[test]
fn the_busiest_and_totals_never_are_coarser_than_the_plan() {
    let aggregator = start([counter("past.kept.count").tags(["n"])]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    clock.store.busiest = 4;
    for _ in 0..1_000u64 {
        for n in 0..20u64 {
            (0..=n).for_each(|_| execute!("past.kept", {}, { n }));
        }
        clock.advance(1, &aggregator.snapshot());
    }
    // More than making quiet series coarse can do.
    clock.store.budget = clock.store.bytes() * 55 / 100;
    assert!(clock.store.make_room(0));
    let status = clock.store.status();
    assert!((9..600).contains(&status.fine_steps), "{status:?}");
    let series = clock.store.series_of("past.kept.count");
    let is_coarse: Vec<_> = series.iter().map(|one| one.is_coarse).collect();
    assert_eq!(is_coarse[..4], [false; 4]);
    assert_eq!(is_coarse[4..], [true; 16]);
    assert!(clock.store.totals().iter().all(|total| !total.is_coarse));
    for (place, one) in series.iter().enumerate() {
        let count = clock.stats(&[one.id], Range::all()).count();
        assert_eq!(count, 1_000 * (20 - place as u64));
    }
}
