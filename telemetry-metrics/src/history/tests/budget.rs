//! What happens when the budget is hit.

use telemetry::execute;

use super::{Clock, HOUR, PLENTY, SECOND, start};
use crate::Kind;
use crate::history::Range;
use crate::metric::{counter, summary};

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
            assert_eq!(clock.store.stats(&[id], Range::all()).count(), 1_500);
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
    assert!((1..10).contains(&status.evicted), "{status:?}");
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
        let stats = clock.store.stats(&[id], Range::last(SECOND * 3));
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
    assert_eq!(clock.store.stats(&ids, Range::all()).count(), 0);
    // And when the past of the others is over, the plan is what it was.
    for _ in 0..5_000 {
        clock.advance(1, &few);
    }
    let status = clock.store.status();
    assert_eq!((status.fine_steps, status.left_out), (600, 0), "{status:?}");
    assert_eq!(clock.ids(Kind::Counter, "past.full.count"), ids);
}
