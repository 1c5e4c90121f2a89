//! Which definitions there are, and how many series of each.

use std::sync::Arc;
use std::time::Duration;

use telemetry::execute;

use super::{Clock, HOUR, PLENTY, start};
use crate::metric::{counter, last_value, summary};
use crate::{Aggregator, Definition, Kind};

/// How many series are remembered of each definition of this name.
fn known(clock: &Clock, name: &str) -> Vec<(Kind, usize)> {
    let all = clock.store.definitions().into_iter();
    let own = all.filter(|(definition, _)| definition.name() == name);
    own.map(|(definition, count)| (definition.kind(), count))
        .collect()
}

#[test]
fn those_of_the_aggregator_come_first_in_their_order_with_their_series() {
    let aggregator = start([
        summary("past.definitions.level").tags(["n"]),
        counter("past.definitions.count").tags(["n"]).max_series(2),
        last_value("past.definitions.level").tags(["n"]),
        counter("past.definitions.nothing.count")
            .tags(["n"])
            .unchecked(),
    ]);
    let mut clock = Clock::start(&aggregator, HOUR, PLENTY);
    let all = clock.store.definitions();
    let own: Vec<Arc<Definition>> = all.iter().take(4).map(|(one, _)| one.clone()).collect();
    for (own, theirs) in own.iter().zip(aggregator.definitions()) {
        assert!(Arc::ptr_eq(own, theirs), "{own:?}");
    }
    assert!(all[..4].iter().all(|(_, count)| *count == 0));
    let (_, rest) = all.split_at(4);
    assert!(
        rest.iter().all(|(one, _)| one.events().is_empty()),
        "those of the library have none"
    );
    for n in 0..5_u64 {
        execute!("past.definitions", { level: n }, { n });
    }
    clock.advance(1, &aggregator.snapshot());
    // Two of one name are two; what exceeds a limit is one series more.
    let levels = [(Kind::Summary, 5), (Kind::LastValue, 5)];
    assert_eq!(known(&clock, "past.definitions.level"), levels);
    let counts = [(Kind::Counter, 3)];
    assert_eq!(known(&clock, "past.definitions.count"), counts);
    let none = [(Kind::Counter, 0)];
    assert_eq!(known(&clock, "past.definitions.nothing.count"), none);
    let late = counter("past_definitions_late").unchecked();
    let hits = aggregator.late().add(late).unwrap();
    hits.series(&[("cache", "users")]).add(3);
    clock.advance(1, &aggregator.snapshot());
    let last = clock.store.definitions().pop().unwrap();
    assert_eq!((last.0.name(), last.1), ("past_definitions_late", 1));
    let of_metrics = clock.store.series().len();
    let all = clock.store.definitions();
    assert_eq!(
        all.iter().map(|(_, count)| count).sum::<usize>(),
        of_metrics,
        "each series is one definition's, and totals are none"
    );
}

#[test]
fn a_series_that_expired_counts_as_long_as_it_is_remembered() {
    let aggregator = Aggregator::builder()
        .metrics([counter("past.definitions.gone.count").tags(["n"])])
        .expire_after(Duration::from_millis(1))
        .start()
        .unwrap();
    let mut clock = Clock::start(&aggregator, Duration::from_secs(20), PLENTY);
    execute!("past.definitions.gone", {}, { n: 1 });
    let seen = aggregator.snapshot();
    clock.advance(1, &seen);
    let name = "past.definitions.gone.count";
    assert_eq!(known(&clock, name), [(Kind::Counter, 1)]);
    // A snapshot without it: as one is when it has expired.
    let mut without = seen;
    for family in &mut without.families {
        family.series.clear();
    }
    clock.advance(1, &without);
    assert_eq!(
        known(&clock, name),
        [(Kind::Counter, 1)],
        "its past is there"
    );
    clock.advance(10_000, &without);
    clock.advance(1, &without);
    assert_eq!(known(&clock, name), [(Kind::Counter, 0)]);
}
