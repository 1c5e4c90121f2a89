//! The history with its thread and its clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::history::{History, HistoryError, Range, SeriesId, Show, Stats, Tick};
use telemetry_metrics::{Aggregator, counter, last_value, summary};

use crate::support::start;

const INTERVAL: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(20);

fn ids(history: &History, name: &str) -> Vec<SeriesId> {
    let series = history.series().into_iter();
    let series = series.filter(|series| series.definition.name() == name);
    series.map(|series| series.id).collect()
}

/// Waits for a sample that began after now.
fn sampled(history: &History) -> Tick {
    let running = history.wait_for(history.newest(), LONG);
    history.wait_for(running, LONG)
}

#[test]
fn nothing_is_lost_between_samples_while_everybody_works() {
    let aggregator = start([
        counter("hist.busy.count").tags(["thread"]),
        summary("hist.busy.size").bytes(),
    ]);
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .start()
        .unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let emitters: Vec<_> = (0..4)
            .map(|thread| {
                scope.spawn(move || {
                    for size in 0..20_000 {
                        execute!("hist.busy", { size }, { thread });
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let ids = ids(&history, "hist.busy.count");
                let points = history.points(&ids, Show::Count, Range::all(), INTERVAL);
                let drawn: f64 = points.values.iter().flatten().sum();
                let counted = history.stats(&ids, Range::between(Tick::new(0), points.end));
                assert_eq!(drawn, counted.count() as f64);
                let _ = history.status();
            }
        });
        for emitter in emitters {
            emitter.join().unwrap();
        }
        sampled(&history);
        done.store(true, Ordering::SeqCst);
    });
    let counts = ids(&history, "hist.busy.count");
    assert_eq!(counts.len(), 4);
    assert_eq!(history.stats(&counts, Range::all()).count(), 80_000);
    for id in &counts {
        assert_eq!(history.stats(&[*id], Range::all()).count(), 20_000);
    }
    let sizes = history.stats(&ids(&history, "hist.busy.size"), Range::all());
    assert_eq!(sizes.count(), 80_000);
    let p95 = sizes.quantile(0.95).unwrap();
    assert!((p95 - 18_999.0).abs() <= 18_999.0 * 0.010831, "{p95}");
}

#[test]
fn whoever_waits_is_told_of_the_next_sample() {
    let aggregator = start([counter("hist.wait.count")]);
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .start()
        .unwrap();
    let mut newest = Tick::new(0);
    for _ in 0..3 {
        let next = history.wait_for(newest, LONG);
        assert!(next > newest);
        newest = next;
    }
    // A moment of an earlier process: there is no point in waiting for it.
    let begin = Instant::now();
    assert!(history.wait_for(Tick::new(u64::MAX), LONG) >= newest);
    assert!(begin.elapsed() < LONG);

    let slow = History::builder(&aggregator)
        .interval(LONG)
        .length(LONG * 10)
        .start()
        .unwrap();
    assert_eq!(slow.wait_for(Tick::new(0), INTERVAL), Tick::new(0));
}

#[test]
fn a_history_outlives_its_aggregator_and_tells_its_series() {
    let aggregator = start([last_value("hist.series.level").tags(["kind", "none"])]);
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .start()
        .unwrap();
    execute!("hist.series", { level: 4.5 }, { kind: "a" });
    drop(aggregator);
    sampled(&history);
    let series = history.series();
    let series = series
        .iter()
        .find(|series| series.definition.name() == "hist.series.level")
        .unwrap();
    assert_eq!(series.tags().collect::<Vec<_>>(), [("kind", "a")]);
    assert!(!series.is_overflow && series.gone.is_none() && series.met > Tick::new(0));
    let stats = history.stats(&[series.id], Range::last(LONG));
    assert_eq!(stats.value().unwrap().as_f64(), 4.5);
    assert_eq!((stats.count(), stats.rate(), stats.mean()), (0, None, None));
    let status = history.status();
    assert!(status.bytes > 0 && status.bytes <= status.budget);
}

#[test]
fn series_that_expire_and_come_back_are_counted_on() {
    let aggregator = Aggregator::builder()
        .metrics([counter("hist.expire.count").tags(["kind"])])
        .expire_after(INTERVAL * 10)
        .start()
        .unwrap();
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .start()
        .unwrap();
    for round in 1..=3 {
        for _ in 0..5 {
            execute!("hist.expire", {}, { kind: "a" });
        }
        sampled(&history);
        let deadline = Instant::now() + LONG;
        let is_there = || {
            let mut series = history.series().into_iter();
            series.any(|one| one.definition.name() == "hist.expire.count" && one.gone.is_none())
        };
        while is_there() {
            assert!(Instant::now() < deadline, "it does not expire");
            let _ = history.wait_for(history.newest(), LONG);
        }
        let ids = ids(&history, "hist.expire.count");
        assert_eq!(ids.len(), 1);
        assert_eq!(history.stats(&ids, Range::all()).count(), round * 5);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let aggregator = start([counter("hist.refused.count")]);
    let refusal = |interval, length, budget| {
        let history = History::builder(&aggregator);
        let history = history.interval(interval).length(length).budget(budget);
        history
            .start()
            .err()
            .map(|error| (error.to_string(), error))
    };
    let (text, error) = refusal(Duration::ZERO, LONG, 1 << 20).unwrap();
    assert!(matches!(error, HistoryError::Interval(_)) && text.contains("at least 10ms"));
    let (text, error) = refusal(LONG, LONG, 1 << 20).unwrap();
    assert!(matches!(error, HistoryError::Length { .. }) && text.contains("longer length"));
    let (text, error) = refusal(INTERVAL, LONG, 1_000).unwrap();
    assert!(matches!(error, HistoryError::Budget(1_000)) && text.contains("at least 65536"));
    assert!(refusal(Duration::MAX, Duration::MAX, usize::MAX).is_some());
    assert!(refusal(LONG, Duration::MAX, usize::MAX).is_none());
}

#[test]
fn a_live_chart_of_a_total_has_all_that_its_series_counted() {
    let aggregator = start([
        counter("hist.total.count").tags(["thread"]),
        summary("hist.total.size").bytes().tags(["thread"]),
    ]);
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .start()
        .unwrap();
    let total_of = |name: &str| {
        let mut totals = history.totals().into_iter();
        totals
            .find(|total| total.definition.name() == name)
            .unwrap()
    };
    let (count, size) = (total_of("hist.total.count"), total_of("hist.total.size"));
    assert!(count.is_total && count.latest.count == 0 && count.tags.is_empty());
    let (mut counts, mut sizes) = (0, Vec::new());
    let mut range = Range::all();
    // What came since the last time, again and again, as a page does.
    let mut draw = || {
        let slots = history.slots(&[count.id, count.id], range, INTERVAL);
        let drawn = slots.stats.iter().flatten();
        counts += drawn.map(Stats::count).sum::<u64>();
        let slots = history.slots(&[size.id], Range::between(slots.begin, slots.end), INTERVAL);
        for stats in slots.stats.iter().flatten() {
            let in_buckets: u64 = stats.buckets().iter().map(|bucket| bucket.count).sum();
            assert_eq!(in_buckets, stats.count());
            sizes.extend(stats.max());
        }
        range = Range::since(slots.end);
        counts
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for size in 1..=10_000 {
                    execute!("hist.total", { size }, { thread });
                }
            });
        }
        let deadline = Instant::now() + LONG;
        while draw() < 40_000 {
            assert!(Instant::now() < deadline, "the chart does not get there");
            let _ = history.wait_for(history.newest(), LONG);
        }
    });
    sampled(&history);
    draw();
    assert_eq!(counts, 40_000);
    let max = sizes.iter().copied().fold(0.0, f64::max);
    assert!((max - 10_000.0).abs() <= 10_000.0 * 0.010831, "{max}");
    let all = total_of("hist.total.size");
    assert_eq!(all.latest.count, 40_000);
    assert_eq!(
        all.latest.sum.unwrap().as_f64(),
        4.0 * (1..=10_000).sum::<u64>() as f64
    );
    let series = history.series_of("hist.total.count");
    assert_eq!(series.len(), 4);
    assert!(series.iter().all(|one| !one.is_total && one.activity > 0.0));
    assert!(history.series().iter().all(|one| !one.is_total));
    let ids: Vec<_> = series.iter().map(|one| one.id).collect();
    let range = Range::between(Tick::new(0), history.newest());
    let merged = history.stats(&ids, range);
    let total = history.stats(&[count.id], range);
    assert_eq!(
        (merged.count(), merged.rate()),
        (total.count(), total.rate())
    );
}
