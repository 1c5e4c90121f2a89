//! Totals, against a model of series that come and go; with and without room for all of them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{Clock, HOUR, SECOND, start};
use crate::amount::Amount;
use crate::exponential::{Held, Index};
use crate::history::{PastSeries, Range, Stats, Tick};
use crate::metric::{counter, distribution, summary};
use crate::snapshot::{Data, Series, Snapshot};
use crate::{Aggregator, Kind};

const BOUNDS: [i64; 3] = [100, 10_000, 1_000_000];

/// An aggregator of which a test says what it counts and which series expire.
pub(super) struct Fake {
    pub(super) aggregator: Aggregator,
    base: Snapshot,
    zero: SystemTime,
    /// In the order in which they were met: which series, since when, and its numbers.
    there: Vec<(u64, SystemTime, Vec<i64>)>,
    begun: u64,
}

impl Fake {
    pub(super) fn start() -> Self {
        let aggregator = start([
            counter("past.fake.n").tags(["n"]).unchecked(),
            summary("past.fake.bytes").bytes().tags(["n"]).unchecked(),
            distribution("past.fake.bytes")
                .bytes()
                .buckets(BOUNDS.map(|bound| bound as f64))
                .tags(["n"])
                .unchecked(),
        ]);
        let mut base = aggregator.snapshot();
        base.families.truncate(3);
        Self {
            aggregator,
            base,
            zero: SystemTime::now(),
            there: Vec::new(),
            begun: 0,
        }
    }

    pub(super) fn count(&mut self, n: u64, number: i64) {
        if let Some((_, _, numbers)) = self.there.iter_mut().find(|one| one.0 == n) {
            return numbers.push(number);
        }
        self.begun += 1;
        let started = self.zero + Duration::from_micros(self.begun);
        self.there.push((n, started, vec![number]));
    }

    pub(super) fn expire(&mut self, n: u64) {
        self.there.retain(|one| one.0 != n);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.base.clone();
        for family in &mut snapshot.families {
            let kind = family.definition.kind();
            let series = self.there.iter().map(|(n, started, numbers)| Series {
                tags: [n.to_string().into_boxed_str()].into(),
                is_overflow: false,
                started: *started,
                is_touched: true,
                data: data(kind, numbers),
            });
            family.series = series.collect();
        }
        snapshot
    }
}

fn data(kind: Kind, numbers: &[i64]) -> Data {
    let count = numbers.len() as u64;
    let sum = Amount::Integer(numbers.iter().sum());
    match kind {
        Kind::Counter => Data::Counter(count),
        Kind::Summary => {
            let mut held: BTreeMap<Index, u64> = BTreeMap::new();
            for number in numbers {
                *held.entry(Index::of(*number as f64)).or_default() += 1;
            }
            let held = held.into_iter().map(|(index, count)| Held {
                index,
                count,
                offsets: 0,
            });
            Data::Summary(crate::Summary {
                count,
                sum,
                min: numbers.iter().min().map_or(0.0, |min| *min as f64),
                max: numbers.iter().max().map_or(0.0, |max| *max as f64),
                held: held.collect(),
            })
        }
        _ => Data::Distribution(crate::Distribution {
            count,
            sum,
            buckets: buckets(numbers),
            exemplars: Vec::new(),
            exponential: None,
        }),
    }
}

fn buckets(numbers: &[i64]) -> Vec<u64> {
    let mut buckets = vec![0; BOUNDS.len() + 1];
    for number in numbers {
        buckets[BOUNDS.partition_point(|bound| bound < number)] += 1;
    }
    buckets
}

fn totals(clock: &Clock) -> Vec<PastSeries> {
    let totals = clock.store.totals();
    assert!(
        totals
            .iter()
            .all(|total| total.is_total && total.gone.is_none())
    );
    totals
}

#[derive(Debug, Clone)]
struct Round {
    ticks: u64,
    events: Vec<(u64, i64)>,
    expired: Vec<u64>,
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let ticks = prop_oneof![40 => Just(1u64), 2 => 2u64..30, 1 => 100u64..500];
    let event = (0u64..60, prop_oneof![1i64..200, 5_000i64..5_000_000]);
    let events = prop_oneof![
        2 => Just(Vec::new()).boxed(),
        1 => proptest::collection::vec(event, 0..12).boxed(),
    ];
    let expired = prop_oneof![
        6 => Just(Vec::new()).boxed(),
        1 => proptest::collection::vec(0u64..60, 0..9).boxed(),
    ];
    let round = (ticks, events, expired);
    let round = round.prop_map(|(ticks, events, expired)| Round {
        ticks,
        events,
        expired,
    });
    proptest::collection::vec(round, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_total_is_what_all_series_counted_whatever_becomes_of_them(
        before in proptest::collection::vec((0u64..60, 1i64..1_000), 0..20),
        rounds in rounds(),
        budget in 90_000usize..250_000,
        ranges in proptest::collection::vec((0.0f64..1.0, 0.0f64..1.0), 6),
    ) {
        let mut fake = Fake::start();
        for (n, number) in &before {
            fake.count(*n, *number);
        }
        let mut clock = Clock::start(&fake.aggregator, HOUR, budget);
        clock.restart(&fake.snapshot(), budget);
        clock.store.busiest = 3;
        let mut all: Vec<(u64, i64)> = before.iter().map(|(_, number)| (0, *number)).collect();
        let mut sampled = vec![0];
        let mut forgot = false;
        for Round { ticks, events, expired } in &rounds {
            expired.iter().for_each(|n| fake.expire(*n));
            for (n, number) in events {
                fake.count(*n, *number);
                all.push((clock.tick + ticks, *number));
            }
            clock.advance(*ticks, &fake.snapshot());
            sampled.push(clock.tick);
            forgot |= clock.store.some_forgotten;
        }
        // What is not even known to be left out is known to be missing.
        prop_assume!(!forgot);
        let totals = totals(&clock);
        prop_assert_eq!(totals.len(), 3);
        for total in &totals {
            prop_assert_eq!(total.latest.count, all.len() as u64);
            if total.definition.kind() != Kind::Counter {
                let sum = all.iter().map(|(_, number)| *number).sum();
                prop_assert_eq!(total.latest.sum, Some(Amount::Integer(sum)));
            }
        }
        let newest = clock.tick as f64;
        for (begin, end) in ranges.into_iter().chain([(0.0, 1.0)]) {
            let range = Range::between(Tick((begin * newest) as u64), Tick((end * newest) as u64));
            let (after, to) = clock.store.resolve(range);
            let (begin, end) = clock.store.axes.span(0, after, to);
            let within = all.iter().filter(|(tick, _)| *tick > begin && *tick <= end);
            let mut within: Vec<_> = within.map(|(_, number)| *number).collect();
            within.sort_unstable();
            for total in &totals {
                let stats = clock.stats(&[total.id], range);
                prop_assert_eq!(stats.count(), within.len() as u64);
                let found = stats.buckets();
                match total.definition.kind() {
                    Kind::Counter => prop_assert!(found.is_empty()),
                    Kind::Summary => {
                        let close = |answer: Option<f64>, truth: Option<&i64>| {
                            let truth = truth.map(|truth| *truth as f64);
                            answer.zip(truth).map_or(answer == truth, |(answer, truth)| {
                                (answer - truth).abs() <= truth * 0.010831
                            })
                        };
                        prop_assert!(close(stats.max(), within.last()));
                        prop_assert!(close(stats.min(), within.first()));
                        for bucket in found {
                            let lies = |number: &&i64| {
                                (bucket.lower..bucket.upper).contains(&(**number as f64))
                            };
                            let count = within.iter().filter(lies).count();
                            prop_assert_eq!(bucket.count, count as u64);
                        }
                    }
                    _ => {
                        let sum: i64 = within.iter().sum();
                        prop_assert_eq!(stats.sum().map_or(0.0, Amount::as_f64), sum as f64);
                        let counts: Vec<_> = found.iter().map(|bucket| bucket.count).collect();
                        let truth = buckets(&within).into_iter().filter(|count| *count > 0);
                        prop_assert_eq!(counts, truth.collect::<Vec<_>>());
                    }
                }
                // Each slot has what was counted in the time that it says it covers.
                let slots = clock.slots(&[total.id], range, SECOND * 3);
                let slot = slots.step.as_secs();
                for (at, stats) in (1..).zip(&slots.stats) {
                    let Some(stats) = stats else { continue };
                    let last = slots.begin.number() + at * slot;
                    let last = sampled.iter().rfind(|tick| **tick <= last).copied().unwrap();
                    let first = last - stats.covered().as_secs();
                    let counted = all.iter().filter(|(tick, _)| *tick > first && *tick <= last);
                    prop_assert_eq!(stats.count(), counted.count() as u64);
                }
            }
        }
    }
}

#[test]
fn what_is_left_out_still_counts_in_the_total() {
    let mut fake = Fake::start();
    let mut clock = Clock::start(&fake.aggregator, HOUR, 180_000);
    clock.restart(&fake.snapshot(), 180_000);
    let mut counted = 0;
    for tick in 1..=400u64 {
        if tick % 20 == 0 {
            fake.expire(tick % 110);
        }
        for n in 0..tick.min(110) {
            if (tick + n) % 3 == 0 {
                fake.count(n, 1_000);
                counted += 1;
            }
        }
        clock.advance(1, &fake.snapshot());
    }
    let status = clock.store.status();
    assert!(
        status.left_out > 50 && !clock.store.some_forgotten,
        "{status:?}"
    );
    for total in totals(&clock) {
        let stats = clock.stats(&[total.id], Range::all());
        assert_eq!((stats.count(), total.latest.count), (counted, counted));
    }
    let ids: Vec<_> = clock.store.series().iter().map(|one| one.id).collect();
    assert!(clock.stats(&ids, Range::all()).count() < counted);
}

#[test]
fn a_total_lasts_longer_than_all_its_series() {
    let mut fake = Fake::start();
    // Of 400 series there is not even room to know that they are left out.
    let mut clock = Clock::start(&fake.aggregator, HOUR, 65_536);
    clock.restart(&fake.snapshot(), 65_536);
    for tick in 1..=40u64 {
        (0..400).for_each(|n| fake.count(n, (tick * n) as i64 + 1));
        clock.advance(1, &fake.snapshot());
    }
    assert!(clock.store.some_forgotten);
    assert_eq!(totals(&clock).len(), 3);
    for total in totals(&clock) {
        let stats = clock.stats(&[total.id], Range::last(SECOND * 30));
        // Those that nobody knows are missing, and nothing is counted twice.
        assert!(stats.count() <= 30 * 400, "{}", stats.count());
    }
}

#[test]
fn a_definition_without_tags_is_its_own_total_until_it_gets_some() {
    let aggregator = start([counter("past.alone.count").unchecked()]);
    let late = aggregator.late();
    let hits = late.add(counter("past.alone.hits")).unwrap();
    hits.series(&[]).add(3);
    let mut clock = Clock::start(&aggregator, HOUR, 1 << 20);
    let total_of = |clock: &Clock, name: &str| {
        let mut totals = clock.store.totals().into_iter();
        totals
            .find(|total| total.definition.name() == name)
            .unwrap()
    };
    hits.series(&[]).add(4);
    clock.advance(1, &aggregator.snapshot());
    for name in ["past.alone.count", "past.alone.hits"] {
        let total = total_of(&clock, name);
        let only = clock.ids(Kind::Counter, name);
        assert_eq!((total.is_total, &[total.id][..]), (false, &only[..]));
    }
    hits.series(&[("of", "users")]).add(10);
    clock.advance(1, &aggregator.snapshot());
    hits.series(&[]).add(1);
    clock.advance(1, &aggregator.snapshot());
    let total = total_of(&clock, "past.alone.hits");
    assert!(total.is_total);
    assert_eq!(total.latest.count, 18);
    let slots = clock.slots(&[total.id], Range::all(), SECOND);
    let counts = slots
        .stats
        .iter()
        .map(|stats| stats.as_ref().map(Stats::count));
    assert_eq!(counts.collect::<Vec<_>>(), [Some(4), Some(10), Some(1)]);
    assert_eq!(clock.ids(Kind::Counter, "past.alone.hits").len(), 2);
}

#[test]
fn a_long_pause_is_no_spike_in_a_total() {
    let mut fake = Fake::start();
    let mut clock = Clock::start(&fake.aggregator, HOUR, 1 << 20);
    clock.restart(&fake.snapshot(), 1 << 20);
    clock.advance(1, &fake.snapshot());
    (0..500).for_each(|_| fake.count(1, 10));
    clock.advance(500, &fake.snapshot());
    let total = &totals(&clock)[0];
    let slots = clock.slots(&[total.id], Range::all(), SECOND);
    let rates = slots.stats.iter().flatten().map(Stats::rate);
    assert_eq!(rates.collect::<Vec<_>>(), [Some(0.0), Some(1.0)]);
    assert!((total.activity - 1.0).abs() < 0.01, "{}", total.activity);
}
