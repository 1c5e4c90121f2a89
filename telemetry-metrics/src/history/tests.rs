//! The store under ticks that are made up: no thread, no clock.

mod answers;
mod budget;
mod definitions;
mod model;
mod totals;

use std::time::{Duration, SystemTime};

use telemetry::execute;

use super::points::{Points, Show};
use super::query::SeriesId;
use super::range::{Range, Tick};
use super::slots::Slots;
use super::stats::Stats;
use super::store::Store;
use crate::metric::{Metric, counter, distribution, last_value, sum, summary};
use crate::snapshot::Snapshot;
use crate::{Aggregator, Kind};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const PLENTY: usize = 16 << 20;

fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

/// A store with a clock of its own.
struct Clock {
    store: Store,
    zero: SystemTime,
    tick: u64,
}

impl Clock {
    fn start(aggregator: &Aggregator, length: Duration, budget: usize) -> Self {
        let zero = SystemTime::now();
        let snapshot = aggregator.snapshot();
        Self {
            store: Store::new(SECOND, length, budget, zero, &snapshot),
            zero,
            tick: 0,
        }
    }

    /// Begins anew with this snapshot.
    fn restart(&mut self, snapshot: &Snapshot, budget: usize) {
        let length = SECOND * self.store.length as u32;
        self.store = Store::new(SECOND, length, budget, self.zero, snapshot);
        self.tick = 0;
    }

    fn advance(&mut self, ticks: u64, snapshot: &Snapshot) {
        self.tick += ticks;
        let now = self.zero + SECOND * self.tick as u32;
        self.store.sample(self.tick, now, snapshot);
        assert_eq!(self.store.bytes(), self.store.counted_anew());
        assert!(self.store.bytes() <= self.store.budget);
        let coarse = self.store.tracks.values().filter(|track| track.is_coarse());
        assert_eq!(self.store.status().coarse, coarse.count());
    }

    fn ids(&self, kind: Kind, name: &str) -> Vec<SeriesId> {
        let series =
            self.store.series().into_iter().filter(|series| {
                series.definition.name() == name && series.definition.kind() == kind
            });
        series.map(|series| series.id).collect()
    }

    fn stats(&self, ids: &[SeriesId], range: Range) -> Stats {
        self.store.ask(ids, range).stats()
    }

    fn slots(&self, ids: &[SeriesId], range: Range, step: Duration) -> Slots {
        let (asked, grid) = self.store.ask_for_slots(ids, range, step);
        asked.slots(grid)
    }

    fn points(&self, ids: &[SeriesId], show: Show, range: Range, step: Duration) -> Points {
        Points::of(&self.slots(ids, range, step), show)
    }

    /// The chart of all series of a metric, a slot per tick.
    fn chart(&self, kind: Kind, name: &str, show: Show) -> Vec<Option<f64>> {
        let ids = self.ids(kind, name);
        self.points(&ids, show, Range::all(), SECOND).values
    }
}

#[test]
fn each_kind_has_its_chart() {
    let aggregator = start([
        counter("past.kinds.count"),
        sum("past.kinds.bytes").bytes(),
        last_value("past.kinds.level"),
        summary("past.kinds.size").bytes(),
        distribution("past.kinds.time").seconds(),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    clock.advance(1, &aggregator.snapshot());
    for (level, bytes) in [(2.5, 10), (-1.0, 30)] {
        let time = Duration::from_millis(bytes);
        execute!("past.kinds", { bytes, level, size: bytes, time });
    }
    clock.advance(1, &aggregator.snapshot());
    clock.advance(1, &aggregator.snapshot());
    let chart = |kind, name, show| clock.chart(kind, name, show);
    let zeros_and = |number| vec![Some(0.0), Some(number), Some(0.0)];
    assert_eq!(
        chart(Kind::Counter, "past.kinds.count", Show::Count),
        zeros_and(2.0)
    );
    assert_eq!(
        chart(Kind::Counter, "past.kinds.count", Show::Rate),
        zeros_and(2.0)
    );
    assert_eq!(
        chart(Kind::Counter, "past.kinds.count", Show::Sum),
        [None; 3]
    );
    assert_eq!(
        chart(Kind::Sum, "past.kinds.bytes", Show::Sum),
        zeros_and(40.0)
    );
    assert_eq!(chart(Kind::Sum, "past.kinds.bytes", Show::Count), [None; 3]);
    let level = |show| chart(Kind::LastValue, "past.kinds.level", show);
    assert_eq!(level(Show::Value), [None, Some(-1.0), Some(-1.0)]);
    assert_eq!(level(Show::Rate), [None; 3]);
    // A summary is not there before it has counted.
    let size = |show| chart(Kind::Summary, "past.kinds.size", show);
    assert_eq!(size(Show::Count), [None, Some(2.0), Some(0.0)]);
    assert_eq!(size(Show::Mean), [None, Some(20.0), None]);
    assert_eq!(size(Show::Quantile(1.0)), [None, Some(30.0), None]);
    let time = |show| chart(Kind::Distribution, "past.kinds.time", show);
    assert_eq!(time(Show::Count), zeros_and(2.0));
    assert_eq!(time(Show::Sum), zeros_and(40e6));
    let stats = clock.stats(
        &clock.ids(Kind::Distribution, "past.kinds.time"),
        Range::last(HOUR),
    );
    let counts = [5e6, 10e6, 25e6, 49e6, 50e6].map(|limit| stats.count_at_most(limit));
    assert_eq!(counts, [0, 1, 1, 1, 2]);
    assert_eq!(stats.quantile(0.5), Some(10e6));
}

#[test]
fn what_was_counted_before_the_history_began_is_not_part_of_it() {
    let aggregator = start([
        counter("past.before.count").tags(["kind"]),
        last_value("past.before.level"),
    ]);
    execute!("past.before", { level: 3 }, { kind: "old" });
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    execute!("past.before", {}, { kind: "new" });
    clock.advance(1, &aggregator.snapshot());
    let ids = clock.ids(Kind::Counter, "past.before.count");
    assert_eq!(clock.stats(&ids[..1], Range::all()).count(), 0);
    assert_eq!(clock.stats(&ids[1..], Range::all()).count(), 1);
    let twice = [ids[0], ids[1], ids[1]];
    assert_eq!(clock.stats(&twice, Range::all()).count(), 1);
    // A value is what it is, whenever it was set.
    let level = clock.chart(Kind::LastValue, "past.before.level", Show::Value);
    assert_eq!(level, [Some(3.0)]);
}

#[test]
fn a_series_that_expires_and_comes_back_goes_on() {
    let aggregator = start([
        counter("past.back.count").tags(["kind"]),
        last_value("past.back.level").tags(["kind"]),
        summary("past.back.level").tags(["kind"]),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    for _ in 0..5 {
        execute!("past.back", { level: 7 }, { kind: "a" });
    }
    clock.advance(1, &aggregator.snapshot());
    let mut without = aggregator.snapshot();
    without
        .families
        .iter_mut()
        .for_each(|family| family.series.clear());
    clock.advance(1, &without);
    clock.advance(1, &without);
    assert_eq!(clock.store.series()[0].gone, Some(Tick(1)));
    // The same numbers, but of a series that began anew.
    let mut back = aggregator.snapshot();
    for family in &mut back.families {
        for series in &mut family.series {
            series.started += Duration::from_secs(100);
        }
    }
    clock.advance(1, &back);
    assert_eq!(clock.store.series()[0].gone, None);
    let counts = clock.chart(Kind::Counter, "past.back.count", Show::Count);
    assert_eq!(counts, [Some(5.0), Some(0.0), Some(0.0), Some(5.0)]);
    let counts = clock.chart(Kind::Summary, "past.back.level", Show::Count);
    assert_eq!(counts, [Some(5.0), Some(0.0), Some(0.0), Some(5.0)]);
    let levels = clock.chart(Kind::LastValue, "past.back.level", Show::Value);
    assert_eq!(levels, [Some(7.0), None, None, Some(7.0)]);
}

#[test]
fn a_family_that_is_described_later_stays_one_family() {
    let aggregator = start([counter("past.late.count").tags(["kind"])]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    execute!("past.late", {}, { kind: "a" });
    clock.advance(1, &aggregator.snapshot());
    execute!("past.late", {}, { kind: "b" });
    let mut described = aggregator.snapshot();
    let mut definition = (*described.families[0].definition).clone();
    definition.description = Some("what it is".into());
    described.families[0].definition = definition.into();
    clock.advance(1, &described);
    let ids = clock.ids(Kind::Counter, "past.late.count");
    assert_eq!(clock.stats(&ids, Range::all()).count(), 2);
    let series = clock.store.series();
    let of_family: Vec<_> = series.iter().filter(|one| ids.contains(&one.id)).collect();
    assert_eq!(of_family.len(), 2);
    for series in of_family {
        assert_eq!(series.definition.description(), Some("what it is"));
    }
}

#[test]
fn a_series_that_is_gone_is_forgotten_when_its_past_is() {
    let aggregator = start([counter("past.gone.count").tags(["kind"])]);
    let mut clock = Clock::start(&aggregator, Duration::from_secs(100), PLENTY);
    execute!("past.gone", {}, { kind: "a" });
    clock.advance(1, &aggregator.snapshot());
    let mut without = aggregator.snapshot();
    without.families[0].series.clear();
    for _ in 0..80 {
        clock.advance(1, &without);
    }
    assert_eq!(clock.ids(Kind::Counter, "past.gone.count").len(), 1);
    for _ in 0..120 {
        clock.advance(1, &without);
    }
    assert_eq!(clock.ids(Kind::Counter, "past.gone.count").len(), 0);
}

#[test]
fn a_suspended_process_has_a_gap_and_keeps_its_counts() {
    let aggregator = start([counter("past.gap.count")]);
    let mut clock = Clock::start(&aggregator, HOUR * 10, PLENTY);
    clock.advance(1, &aggregator.snapshot());
    execute!("past.gap");
    clock.advance(500, &aggregator.snapshot());
    // A tick that has a sample already, as after a clock that ran backwards, is left alone.
    execute!("past.gap");
    clock.advance(0, &aggregator.snapshot());
    clock.advance(1, &aggregator.snapshot());
    let counts = clock.chart(Kind::Counter, "past.gap.count", Show::Count);
    assert_eq!(counts.len(), 502);
    assert_eq!(counts[0], Some(0.0));
    assert!(counts[1..500].iter().all(Option::is_none));
    assert_eq!(counts[500..], [Some(1.0), Some(1.0)]);
    let rates = clock.chart(Kind::Counter, "past.gap.count", Show::Rate);
    assert_eq!(rates[500..], [Some(1.0 / 500.0), Some(1.0)]);
    let ids = clock.ids(Kind::Counter, "past.gap.count");
    let last = clock.stats(&ids, Range::last(SECOND * 2));
    assert_eq!((last.count(), last.covered()), (2, SECOND * 501));
    assert_eq!(last.rate(), Some(2.0 / 501.0));
}

#[test]
fn setting_the_wall_clock_moves_labels_and_nothing_else() {
    let aggregator = start([counter("past.clock.count")]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    let starts_at = |clock: &Clock| {
        let ids = clock.ids(Kind::Counter, "past.clock.count");
        clock.points(&ids, Show::Count, Range::all(), SECOND).start
    };
    clock.advance(1, &aggregator.snapshot());
    let first = starts_at(&clock);
    assert_eq!(first, clock.zero);
    clock.zero += Duration::from_millis(20);
    clock.advance(1, &aggregator.snapshot());
    assert_eq!(starts_at(&clock), first, "it only drifts");
    clock.zero -= HOUR;
    clock.advance(1, &aggregator.snapshot());
    assert_eq!(starts_at(&clock), clock.zero);
    assert_eq!(
        clock
            .chart(Kind::Counter, "past.clock.count", Show::Count)
            .len(),
        3
    );
}

#[test]
fn charts_go_on_where_they_ended() {
    let aggregator = start([counter("past.on.count")]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    let (mut range, mut whole, mut ends) = (Range::all(), Vec::new(), 0);
    for n in 1..=1_000u64 {
        for _ in 0..n % 7 {
            execute!("past.on");
        }
        clock.advance(1, &aggregator.snapshot());
        if n % 13 == 0 {
            let ids = clock.ids(Kind::Counter, "past.on.count");
            let points = clock.points(&ids, Show::Count, range, SECOND * 5);
            assert_eq!((points.step, points.begin), (SECOND * 5, Tick(ends)));
            ends = points.end.number();
            assert_eq!(ends, n / 5 * 5, "only whole slots");
            range = Range::since(points.end);
            whole.extend(points.values);
        }
    }
    let expected = (0..ends / 5).map(|slot| (slot * 5 + 1..=slot * 5 + 5).map(|n| n % 7).sum());
    let expected: Vec<_> = expected.map(|count: u64| Some(count as f64)).collect();
    assert_eq!(whole, expected);
    // A chart of a past that is merged by tens has slots of ten.
    let ids = clock.ids(Kind::Counter, "past.on.count");
    let points = clock.points(&ids, Show::Count, Range::all(), SECOND * 5);
    assert_eq!(points.step, SECOND * 10);
    let total: f64 = points.values.iter().flatten().sum();
    assert_eq!(total, (1..=1_000u64).map(|n| n % 7).sum::<u64>() as f64);
}

#[test]
fn questions_from_outside_do_no_harm() {
    let aggregator = start([counter("past.odd.count"), summary("past.odd.size")]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    execute!("past.odd", { size: 1 });
    for ticks in [1, 1, 1_000_000, 1] {
        clock.advance(ticks, &aggregator.snapshot());
    }
    let mut ids = clock.ids(Kind::Counter, "past.odd.count");
    ids.extend([SeriesId::new(0), SeriesId::new(u64::MAX), ids[0], ids[0]]);
    ids.extend(clock.ids(Kind::Summary, "past.odd.size"));
    let ticks = [0, 1, 2, 1_000_000, 1_000_002, 1_000_003, u64::MAX].map(Tick::new);
    for (begin, end) in ticks
        .iter()
        .flat_map(|begin| ticks.map(|end| (*begin, end)))
    {
        let range = Range::between(begin, end);
        for step in [Duration::ZERO, SECOND, SECOND * 7, HOUR, Duration::MAX] {
            for q in [f64::NAN, f64::INFINITY, -1.0, 0.5] {
                let points = clock.points(&ids, Show::Quantile(q), range, step);
                assert!(points.values.len() <= 5_000);
                let points = clock.points(&ids, Show::Count, range, step);
                assert!(points.values.len() <= 5_000);
                let _ = clock.stats(&ids, range).quantile(q);
            }
        }
    }
    assert_eq!(
        clock.stats(&ids, Range::all()).count(),
        0,
        "an hour later it is gone"
    );
    let nothing = clock.points(&[], Show::Count, Range::all(), SECOND);
    assert!(nothing.values.iter().all(Option::is_none));
    assert_eq!(clock.stats(&[], Range::all()).rate(), None);
}
