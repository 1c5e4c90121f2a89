//! Limits of series: what comes beyond is in one overflow series, and nothing is lost.

use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::execute;
use telemetry_metrics::{Amount, Data, Kind, Needs, Series, counter, distribution, sum, summary};

use crate::support::*;

fn overflow(series: &[Series]) -> Option<&Series> {
    series.iter().find(|series| series.is_overflow)
}

#[test]
fn what_comes_beyond_the_limit_is_in_the_overflow_series_and_totals_stay_exact() {
    const THREADS: usize = 8;
    const EVENTS: u64 = 4_000;
    const LIMIT: usize = 10;
    let aggregator = start([
        counter("limits.beyond.count")
            .tags(["user", "zone"])
            .max_series(LIMIT),
        sum("limits.beyond.bytes")
            .bytes()
            .tags(["user", "zone"])
            .max_series(LIMIT),
        distribution("limits.beyond.run_time")
            .tags(["user", "zone"])
            .max_series(LIMIT),
        summary("limits.beyond.items")
            .tags(["user", "zone"])
            .max_series(LIMIT),
        counter("limits.beyond.all"),
    ]);
    let (bytes, without_zone) = (AtomicU64::new(0), AtomicU64::new(0));
    together(THREADS, |thread| {
        let mut random = Random::new(thread as u64 + 1);
        for n in 0..EVENTS {
            let user = random.below(60);
            let zone = (!random.one_in(3)).then_some("eu");
            without_zone.fetch_add(u64::from(zone.is_none()), Ordering::Relaxed);
            bytes.fetch_add(n, Ordering::Relaxed);
            execute!("limits.beyond", { bytes: n, run_time: millis(n), items: user }, { user, zone });
        }
    });
    let all = THREADS as u64 * EVENTS;
    let snapshot = aggregator.snapshot();
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "limits.beyond.all"),
        all
    );
    for (kind, name) in [
        (Kind::Counter, "limits.beyond.count"),
        (Kind::Distribution, "limits.beyond.run_time"),
        (Kind::Summary, "limits.beyond.items"),
    ] {
        let series = &family(&snapshot, kind, name).series;
        assert_eq!(series.len(), LIMIT + 1, "{name}");
        assert_eq!(total_count(&snapshot, kind, name), all, "{name}");
        let beyond = overflow(series).unwrap();
        assert!(beyond.tags.is_empty());
        assert!(
            std::ptr::eq(beyond, series.last().unwrap()),
            "the overflow series stands last"
        );
        let tags = [("metric", name)];
        assert_eq!(
            own(&snapshot, "telemetry.metric.overflowed", &tags),
            count_of(&beyond.data)
        );
        assert_eq!(
            own(&snapshot, "telemetry.metric.series", &tags),
            LIMIT as u64
        );
        assert_eq!(
            own(&snapshot, "telemetry.metric.tags_missing", &tags),
            without_zone.load(Ordering::Relaxed)
        );
        assert_eq!(all_skipped(&snapshot, name), 0);
    }
    let sums = &family(&snapshot, Kind::Sum, "limits.beyond.bytes").series;
    let total: f64 = sums
        .iter()
        .map(|one| amount_of(Some(&one.data)).unwrap().as_f64())
        .sum();
    assert_eq!(total, bytes.load(Ordering::Relaxed) as f64);
}

#[test]
fn series_are_made_once_however_many_threads_make_them() {
    const SERIES: u64 = 40;
    // Room for one more, so that the limit is not met before the threads are done.
    let limit = SERIES as usize + 1;
    let aggregator = start([counter("limits.once.count").tags(["n"]).max_series(limit)]);
    // Each thread begins elsewhere, so that they meet on rows that are being made.
    together(8, |thread| {
        for n in 0..SERIES {
            execute!("limits.once", {}, { n: (n + thread as u64) % SERIES });
        }
    });
    let counted = counter_counts(&aggregator, "limits.once.count");
    assert_eq!(counted.len(), SERIES as usize, "{counted:?}");
    assert!(counted.iter().all(|(_, count)| *count == 8), "{counted:?}");
    // The last one that there is room for, and one too many; those that are known go on.
    for n in ["last", "too many", "last", "0"] {
        execute!("limits.once", {}, { n });
    }
    let counted = counter_counts(&aggregator, "limits.once.count");
    assert_eq!(counted.len(), limit + 1, "{counted:?}");
    for known in [("n=last", 2), ("overflow", 1), ("n=0", 9)] {
        assert!(counted.contains(&(known.0.into(), known.1)), "{counted:?}");
    }
}

#[test]
fn a_series_within_the_limit_never_overflows() {
    // Computed tags make a group of each metric, so one event meets the limit often.
    const GROUPS: usize = 300;
    for round in 0..100 {
        let aggregator = start((0..GROUPS).map(|n| {
            counter(format!("limits.within.n{n}"))
                .tags(["k"])
                .tag_values(|_, _| {})
                .max_series(1)
        }));
        together(8, |_| execute!("limits.within", {}, { k: "only" }));
        let snapshot = aggregator.snapshot();
        for definition in aggregator.definitions() {
            let counted = counts(&snapshot, Kind::Counter, definition.name());
            assert_eq!(counted, owned(&[("k=only", 8)]), "in round {round}");
        }
    }
}

#[test]
fn the_overflow_series_is_found_by_readers_and_not_by_its_absent_tags() {
    let aggregator = start([sum("limits.read.n").tags(["k"]).max_series(1)]);
    execute!("limits.read", { n: 1 }, { k: "" });
    execute!("limits.read", { n: 10 }, { k: "a" });
    execute!("limits.read", { n: 100 }, { k: "b" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        snapshot.find("limits.read.n", &[]),
        Some(&Data::Sum(Amount::Real(1.0)))
    );
    let mut deltas = Vec::new();
    aggregator.reader(Needs::Totals).scan(|delta| {
        assert_eq!(delta.tags().count(), 0);
        deltas.push((delta.is_overflow, delta.data));
    });
    let sum = |n| telemetry_metrics::DeltaData::Sum(Amount::Real(n));
    assert_eq!(deltas, [(false, sum(1.0)), (true, sum(110.0))]);
}

#[test]
fn metrics_of_one_group_share_the_limit_and_others_do_not() {
    let aggregator = start([
        counter("limits.shared.one").tags(["k"]).max_series(2),
        counter("limits.shared.two")
            .tags(["k"])
            .max_series(2)
            .keep(|event| event.metadata_is("k", 2)),
        counter("limits.shared.own").tags(["k"]).max_series(3),
    ]);
    for k in 0..3 {
        execute!("limits.shared", {}, { k });
    }
    assert_eq!(
        counter_counts(&aggregator, "limits.shared.one"),
        owned(&[("k=0", 1), ("k=1", 1), ("overflow", 1)])
    );
    assert_eq!(
        counter_counts(&aggregator, "limits.shared.two"),
        owned(&[("overflow", 1)])
    );
    assert_eq!(
        counter_counts(&aggregator, "limits.shared.own"),
        owned(&[("k=0", 1), ("k=1", 1), ("k=2", 1)])
    );
}

#[test]
fn a_metric_that_counted_nothing_has_no_series_and_no_overflow() {
    let aggregator = start([
        counter("limits.blame.kept").tags(["k"]).max_series(1),
        counter("limits.blame.left_out")
            .tags(["k"])
            .max_series(1)
            .keep(|_| false),
    ]);
    for k in 0..3 {
        execute!("limits.blame", {}, { k });
    }
    let snapshot = aggregator.snapshot();
    let own = |name, metric| own(&snapshot, name, &[("metric", metric)]);
    assert_eq!(own("telemetry.metric.overflowed", "limits.blame.kept"), 2);
    assert_eq!(
        own("telemetry.metric.overflowed", "limits.blame.left_out"),
        0
    );
    assert_eq!(own("telemetry.metric.series", "limits.blame.kept"), 1);
    assert_eq!(own("telemetry.metric.series", "limits.blame.left_out"), 0);
}
