//! A bridge to a recorder of which nothing is known.

use std::time::Duration;

use telemetry::execute;
use telemetry_bridge::{Bridge, BridgeError, FlushError};
use telemetry_metrics::{Aggregator, Unit, counter, distribution, last_value, sum, summary};

use crate::recording::Recording;
use crate::support::{NEVER, SOON, aggregator, counts, on_four_threads, start};

#[test]
fn each_kind_becomes_what_is_like_it_over_there() {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("any.kinds.count").tags(["route"]),
            sum("any.kinds.size").bytes(),
            sum("any.kinds.level").up_down(),
            last_value("any.kinds.heat").measurement("level"),
            summary("any.kinds.duration"),
            distribution("any.kinds.wait").unit(Unit::Millisecond),
        ])
        .constant_tag("env", "test")
        .start()
        .unwrap();
    let (bridge, recording) = start(&aggregator);
    for (level, route) in [(2.5, Some("/a")), (-7.0, None)] {
        let duration = Duration::from_millis(300);
        execute!("any.kinds",
            { size: 10, level: level, duration: duration, wait: Duration::from_micros(1_500) },
            { route });
    }
    bridge.flush(SOON).unwrap();
    assert_eq!(
        recording.counter("any.kinds.count{route=/a,env=test}"),
        Some(1)
    );
    assert_eq!(recording.counter("any.kinds.count{env=test}"), Some(1));
    assert_eq!(recording.counter("any.kinds.size{env=test}"), Some(20));
    assert_eq!(recording.gauge("any.kinds.level{env=test}"), Some(-4.5));
    assert_eq!(recording.gauge("any.kinds.heat{env=test}"), Some(-7.0));
    let (count, seconds) = recording.histogram("any.kinds.duration{env=test}");
    assert_eq!((count, seconds), (2, 0.6));
    let (count, millis) = recording.histogram("any.kinds.wait{env=test}");
    assert_eq!((count, millis), (2, 3.0));

    // Only what is new, and gauges only if they were set.
    recording.with(|memory| memory.gauges.clear());
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.gauge("any.kinds.level{env=test}"), None);
    execute!("any.kinds", { size: 1, level: 1 }, { route: "/a" });
    bridge.flush(SOON).unwrap();
    assert_eq!(
        recording.counter("any.kinds.count{route=/a,env=test}"),
        Some(2)
    );
    assert_eq!(recording.counter("any.kinds.size{env=test}"), Some(21));
    assert_eq!(recording.gauge("any.kinds.level{env=test}"), Some(-3.5));
    assert_eq!(counts(&aggregator).1, 0);
}

#[test]
fn definitions_are_described_once_with_their_units() {
    let aggregator = aggregator([
        counter("any.desc.count").description("How often"),
        sum("any.desc.level").up_down().unit(Unit::Other("percent")),
        summary("any.desc.duration").unit(Unit::Minute),
    ]);
    let (bridge, recording) = start(&aggregator);
    for _ in 0..3 {
        execute!("any.desc", { level: 1, duration: Duration::from_secs(60) });
        bridge.flush(SOON).unwrap();
    }
    let described = recording.with(|memory| std::mem::take(&mut memory.described));
    let described: Vec<_> = described
        .iter()
        .map(|(name, unit, text)| (name.as_str(), *unit, text.as_str()))
        .collect();
    assert_eq!(
        described,
        [
            ("counter any.desc.count", None, "How often"),
            (
                "gauge any.desc.level",
                Some(metrics::Unit::Percent),
                "sum of level in any.desc"
            ),
            (
                "histogram any.desc.duration",
                Some(metrics::Unit::Seconds),
                "summary of duration in any.desc"
            ),
        ]
    );
    assert_eq!(recording.histogram("any.desc.duration"), (3, 180.0));
}

#[test]
fn a_counter_without_tags_is_there_at_zero() {
    let aggregator = aggregator([
        counter("any.zero.count"),
        sum("any.zero.n"),
        counter("any.zero.tagged").tags(["a"]),
    ]);
    let (_bridge, recording) = start(&aggregator);
    assert_eq!(recording.counter("any.zero.count"), Some(0));
    assert_eq!(recording.counter("any.zero.n"), Some(0));
    assert_eq!(recording.with(|memory| memory.counters.len()), 2);
    execute!("any.zero", { n: 1 }, { a: 1 });
}

#[test]
fn fractions_of_a_sum_wait_until_they_are_whole() {
    let aggregator = aggregator([sum("any.rest.duration"), sum("any.rest.n")]);
    let (bridge, recording) = start(&aggregator);
    let mut seen = Vec::new();
    for _ in 0..8 {
        execute!("any.rest", { duration: Duration::from_millis(375), n: 0.5 });
        bridge.flush(SOON).unwrap();
        seen.push((
            recording.counter("any.rest.duration"),
            recording.counter("any.rest.n"),
        ));
    }
    let expected = [0, 0, 1, 1, 1, 2, 2, 3].map(Some);
    let halves = [0, 1, 1, 2, 2, 3, 3, 4].map(Some);
    assert_eq!(seen, expected.into_iter().zip(halves).collect::<Vec<_>>());
    assert_eq!(counts(&aggregator).1, 0, "waiting is no failure");
}

#[test]
fn what_is_beyond_the_limit_of_series_is_marked() {
    let aggregator = aggregator([counter("any.over.count").tags(["n"]).max_series(2)]);
    let (bridge, recording) = start(&aggregator);
    (0..5).for_each(|n| execute!("any.over", {}, { n }));
    bridge.flush(SOON).unwrap();
    assert_eq!(
        recording.counter("any.over.count{otel.metric.overflow=true}"),
        Some(3)
    );
}

#[test]
fn numbers_that_the_recorder_does_not_take_are_kept_away_and_counted() {
    let aggregator = aggregator([summary("any.range.n")]);
    let recording = Recording::default();
    let bridge = Bridge::builder(&aggregator, recording.clone())
        .interval(NEVER)
        .histogram_values(0.0..=1e15)
        .start()
        .unwrap();
    for n in [-1.0, -1.0, 5.0, 1e300, 2e300] {
        execute!("any.range", { n: n });
    }
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.histogram("any.range.n"), (1, 5.0));
    let (_, failed, dropped) = counts(&aggregator);
    assert_eq!((failed, dropped), (0, 4));
    bridge.flush(SOON).unwrap();
    assert_eq!(counts(&aggregator).2, 4, "once");
}

#[test]
fn huge_sums_and_gauges_are_no_trouble() {
    let aggregator = aggregator([
        sum("any.huge.n"),
        sum("any.huge.fall").measurement("n").up_down(),
        last_value("any.huge.now").measurement("n"),
    ]);
    let (bridge, recording) = start(&aggregator);
    execute!("any.huge", { n: 1e300 });
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.gauge("any.huge.fall"), Some(1e300));
    assert_eq!(recording.gauge("any.huge.now"), Some(1e300));
    assert_eq!(recording.counter("any.huge.n"), Some(0));
    assert_eq!(counts(&aggregator).2, 1, "no counter holds that");
}

#[test]
fn a_panic_of_the_recorder_is_isolated_and_tried_again() {
    let aggregator = aggregator([
        counter("any.panic.count"),
        counter("any.panic.other"),
        summary("any.panic.n"),
    ]);
    let (bridge, recording) = start(&aggregator);
    recording.panic_at("any.panic.count", 2);
    recording.panic_at("any.panic.n", 1);
    (0..10).for_each(|n| execute!("any.panic", { n }));
    for _ in 0..2 {
        let Err(FlushError::Failed(why)) = bridge.flush(SOON) else {
            panic!("it panics twice")
        };
        assert!(why.contains("panicked"), "{why}");
    }
    assert_eq!(recording.counter("any.panic.count"), Some(0));
    assert_eq!(recording.counter("any.panic.other"), Some(10));
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.counter("any.panic.count"), Some(10));
    assert_eq!(recording.histogram("any.panic.n").0, 10);
    let (_, failed, dropped) = counts(&aggregator);
    assert_eq!((failed, dropped), (3, 0));
}

#[test]
fn what_always_panics_is_given_up_after_three_times_and_counted() {
    let aggregator = aggregator([counter("any.bad.count"), summary("any.bad.n")]);
    let (bridge, recording) = start(&aggregator);
    recording.panic_at("any.bad.count", u32::MAX);
    recording.panic_at("any.bad.n", u32::MAX);
    (0..4).for_each(|_| execute!("any.bad", { n: 5 }));
    for _ in 0..2 {
        assert!(bridge.flush(SOON).is_err());
    }
    bridge.flush(SOON).unwrap();
    let (_, failed, dropped) = counts(&aggregator);
    assert_eq!((failed, dropped), (4, 5), "one delta, and four numbers");
    recording.with(|memory| memory.panics.clear());
    execute!("any.bad", { n: 5 });
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.counter("any.bad.count"), Some(1));
    assert_eq!(recording.histogram("any.bad.n"), (1, 5.0));
}

#[test]
fn a_recorder_that_always_panics_costs_ten_panics_a_feed() {
    let aggregator = aggregator([counter("any.many.count").tags(["n"])]);
    let (bridge, recording) = start(&aggregator);
    for n in 0..100 {
        execute!("any.many", {}, { n });
        recording.panic_at(&format!("any.many.count{{n={n}}}"), u32::MAX);
    }
    assert!(bridge.flush(SOON).is_err());
    assert_eq!(recording.with(|memory| memory.calls), 10);
    assert_eq!(counts(&aggregator), (0, 100, 0));
}

#[test]
fn a_backlog_is_worked_off_and_nobody_starves() {
    let aggregator = aggregator([
        summary("any.slow.n"),
        summary("any.slow.m"),
        counter("any.slow.count"),
    ]);
    let (bridge, recording) = start(&aggregator);
    (0..50_000).for_each(|n| execute!("any.slow", { n: n % 100, m: n % 100 }));
    // No time at all, so the first that gets any is the one at which this stopped.
    assert!(bridge.flush(Duration::ZERO).is_err());
    while bridge.flush(Duration::from_millis(20)).is_err() {}
    assert_eq!(recording.counter("any.slow.count"), Some(50_000));
    let (count, sum) = recording.histogram("any.slow.n");
    assert_eq!(count, 50_000);
    assert!((sum / (50_000.0 * 49.5) - 1.0).abs() < 1e-9, "{sum}");
    assert_eq!(recording.histogram("any.slow.m").0, 50_000);
    let portions = recording.with(|memory| memory.histograms["any.slow.n"].clone());
    assert!(portions.iter().all(|(_, count)| *count <= 1_024));
}

#[test]
fn a_histogram_that_takes_all_the_time_leaves_some_to_the_others() {
    let aggregator = aggregator([
        summary("any.greedy.n"),
        summary("any.greedy.m"),
        counter("any.greedy.count"),
    ]);
    let (bridge, recording) = start(&aggregator);
    let slow = ("any.greedy.n".to_owned(), Duration::from_millis(50));
    recording.with(|memory| memory.slow.extend([slow]));
    for round in 1..=3 {
        // Fifty calls, so two and a half seconds in all.
        (0..100).for_each(|n| execute!("any.greedy", { n: 1_u64 << (n % 50), m: 1 }));
        assert!(bridge.flush(Duration::from_millis(500)).is_err());
        if round > 1 {
            assert_eq!(recording.counter("any.greedy.count"), Some(100 * round));
            assert_eq!(recording.histogram("any.greedy.m").0, 100 * round);
        }
    }
    recording.with(|memory| memory.slow.clear());
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.histogram("any.greedy.n").0, 300);
}

#[test]
fn four_threads_flat_out_lose_nothing_while_it_feeds() {
    const EACH: u64 = 100_000;
    let aggregator = aggregator([
        counter("any.load.count").tags(["thread"]),
        summary("any.load.n"),
        sum("any.load.sum").measurement("n"),
    ]);
    let recording = Recording::default();
    let bridge = Bridge::builder(&aggregator, recording.clone())
        .interval(Duration::from_millis(1))
        .start()
        .unwrap();
    on_four_threads(|thread| {
        (0..EACH).for_each(|n| execute!("any.load", { n: n % 1_000 }, { thread }));
    });
    bridge.flush(SOON).unwrap();
    for thread in 0..4 {
        let series = format!("any.load.count{{thread={thread}}}");
        assert_eq!(recording.counter(&series), Some(EACH));
    }
    let sum = 4 * EACH / 1_000 * (999 * 500);
    let (count, total) = recording.histogram("any.load.n");
    assert_eq!(count, 4 * EACH);
    // There is a backlog all the time.
    assert!((total / sum as f64 - 1.0).abs() < 0.011, "{total} {sum}");
    assert_eq!(recording.counter("any.load.sum"), Some(sum));
}

#[test]
fn dropping_and_stopping_feed_once_more() {
    for stops in [false, true] {
        let aggregator = aggregator([counter("any.end.count")]);
        let (bridge, recording) = start(&aggregator);
        execute!("any.end");
        drop(aggregator);
        if stops {
            bridge.stop(SOON).unwrap();
        } else {
            drop(bridge);
        }
        assert_eq!(recording.counter("any.end.count"), Some(1));
    }
}

#[test]
fn reading_feeds_first() {
    let aggregator = aggregator([counter("any.read.count")]);
    let (bridge, _) = start(&aggregator);
    execute!("any.read");
    let seen = bridge.read(SOON, |recording| recording.counter("any.read.count"));
    assert_eq!(seen, Some(1));
}

#[test]
fn an_interval_of_zero_is_refused() {
    let aggregator = aggregator([]);
    let error = Bridge::builder(&aggregator, Recording::default())
        .interval(Duration::ZERO)
        .start()
        .unwrap_err();
    assert!(matches!(error, BridgeError::Settings(_)), "{error}");
    assert!(error.to_string().contains("zero"));
}

#[test]
fn families_that_come_later_are_fed_too() {
    let aggregator = aggregator([]);
    let (bridge, recording) = start(&aggregator);
    let metric = counter("any_late").description("Came later");
    let late = aggregator.late().add(metric).unwrap();
    late.series(&[]).add(1);
    bridge.flush(SOON).unwrap();
    late.series(&[("a", "1")]).add(2);
    let undescribed = aggregator.late().add(summary("any_late_size")).unwrap();
    undescribed.series(&[("b", "2")]).record(5.into(), 3);
    bridge.flush(SOON).unwrap();
    bridge.flush(SOON).unwrap();
    assert_eq!(recording.counter("any_late"), Some(1));
    assert_eq!(recording.counter("any_late{a=1}"), Some(2));
    assert_eq!(recording.histogram("any_late_size{b=2}"), (3, 15.0));
    let described = recording.with(|memory| memory.described.clone());
    assert_eq!(described.len(), 2);
    assert_eq!(
        described[0],
        ("counter any_late".into(), None, "Came later".into())
    );
}
