//! Series that nothing counts in any more: they go, their places are used again, and no reader loses
//! anything by it. What happens while many threads count is in `expiry_threads`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use telemetry::execute;
use telemetry_metrics::{
    Aggregator, Amount, Data, DeltaData, Kind, Metric, Needs, Reader, counter, distribution,
    last_value, sum, summary,
};

use crate::support::*;

/// Starts an aggregator whose series go after so long.
pub(crate) fn start_expiring(
    after: Duration,
    metrics: impl IntoIterator<Item = Metric>,
) -> Aggregator {
    Aggregator::builder()
        .metrics(metrics)
        .expire_after(after)
        .start()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Waits for something that must come about.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// Whether this counter has a series of its own for `k`.
fn has(aggregator: &Aggregator, name: &str, k: &str) -> bool {
    aggregator.snapshot().find(name, &[("k", k)]).is_some()
}

fn expired(aggregator: &Aggregator, metric: &str) -> u64 {
    let tags = [("metric", metric)];
    own(&aggregator.snapshot(), "telemetry.metric.expired", &tags)
}

fn let_go(aggregator: &Aggregator) -> u64 {
    own(&aggregator.snapshot(), "telemetry.reader.let_go", &[])
}

/// Long enough that a reader is not let go (ten times as long) because a machine is busy.
const A_WHILE: Duration = Duration::from_millis(100);

#[test]
fn a_series_frees_its_place_while_others_are_counted_in_without_a_pause() {
    let hot = counter("expiry.hot.count").tags(["k"]).max_series(5);
    let aggregator = start_expiring(A_WHILE, [hot]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&done);
        for n in 0..4 {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    execute!("expiry.hot", {}, { k: n });
                }
            });
        }
        until("all four emit", || {
            counter_counts(&aggregator, "expiry.hot.count").len() == 4
        });
        for n in 100..110 {
            let k = n.to_string();
            until("a place is free", || {
                execute!("expiry.hot", {}, { k: n });
                let snapshot = aggregator.snapshot();
                snapshot.find("expiry.hot.count", &[("k", &k)]).is_some()
            });
        }
    });
}

#[test]
fn a_series_that_comes_back_begins_at_zero_with_a_new_start() {
    let tagged = |metric: Metric| metric.tags(["k"]);
    let aggregator = start_expiring(
        millis(20),
        [
            counter("expiry.back.count"),
            sum("expiry.back.n"),
            last_value("expiry.back.level"),
            summary("expiry.back.n"),
            distribution("expiry.back.n").buckets([10]),
        ]
        .map(tagged),
    );
    let emit = |n: u64| execute!("expiry.back", { n, level: n }, { k: "a" });
    let started = || {
        let snapshot = aggregator.snapshot();
        let all = &family(&snapshot, Kind::Counter, "expiry.back.count").series;
        all.first().map(|series| series.started)
    };
    (1..=50).for_each(emit);
    let first = started().expect("a series that was just counted in");
    until("the series is gone", || started().is_none());
    let snapshot = aggregator.snapshot();
    assert!(
        snapshot.families[..5]
            .iter()
            .all(|family| family.series.is_empty())
    );
    assert_eq!(expired(&aggregator, "expiry.back.count"), 1);
    assert_eq!(expired(&aggregator, "expiry.back.level"), 1);

    let before = SystemTime::now();
    emit(7);
    let snapshot = aggregator.snapshot();
    let second = started().expect("a series that was counted in again");
    assert!(second >= before && second > first);
    let data: Vec<_> = snapshot.families[..5]
        .iter()
        .map(|family| family.series[0].data.clone())
        .collect();
    let seven = Amount::Real(7.0);
    assert_eq!(data[0], Data::Counter(1));
    assert_eq!(data[1], Data::Sum(seven));
    assert_eq!(data[2], Data::LastValue(seven));
    let (Data::Summary(summary), Data::Distribution(distribution)) = (&data[3], &data[4]) else {
        panic!("{data:?}");
    };
    assert_eq!((summary.count, summary.sum), (1, seven));
    assert_eq!((summary.min, summary.max), (7.0, 7.0));
    assert_eq!(summary.quantile(0.99), Some(7.0));
    assert_eq!(
        (distribution.sum, &*distribution.buckets),
        (seven, &[1, 0][..])
    );
}

#[test]
fn a_series_that_is_counted_in_stays_and_so_do_those_without_tags_and_the_overflow() {
    let aggregator = start_expiring(
        millis(20),
        [
            counter("expiry.stay.count").tags(["k"]).max_series(2),
            counter("expiry.stay.all"),
            summary("expiry.stay.n"),
        ],
    );
    let emit = |k: &str| execute!("expiry.stay", { n: 1 }, { k });
    ["busy", "idle", "beyond"].into_iter().for_each(emit);
    let mut busy = 1;
    until("the idle one is gone", || {
        emit("busy");
        busy += 1;
        let counts = counter_counts(&aggregator, "expiry.stay.count");
        // It was counted in before each sweep.
        assert!(counts.contains(&("k=busy".into(), busy)), "{counts:?}");
        counts.len() == 2
    });
    let snapshot = aggregator.snapshot();
    let counts = counter_counts(&aggregator, "expiry.stay.count");
    assert_eq!(counts, owned(&[("k=busy", busy), ("overflow", 1)]));
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "expiry.stay.all"),
        busy + 2
    );
    assert_eq!(summary_of(&snapshot, "expiry.stay.n").count, busy + 2);
    let one = [("metric", "expiry.stay.count")];
    assert_eq!(own(&snapshot, "telemetry.metric.series", &one), 1);
    assert_eq!(own(&snapshot, "telemetry.metric.overflowed", &one), 1);
    assert_eq!(expired(&aggregator, "expiry.stay.count"), 1);
    assert_eq!(expired(&aggregator, "expiry.stay.all"), 0);
}

#[test]
fn to_expire_after_no_time_is_an_error() {
    let builder = Aggregator::builder().metrics([counter("expiry.zero.count")]);
    let error = builder.expire_after(Duration::ZERO).start().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("expire_after") && text.contains("give more than zero"),
        "{text}"
    );
    // Very long is no error, and nothing overflows.
    let aggregator = start_expiring(Duration::MAX, [counter("expiry.zero.count").tags(["k"])]);
    let mut reader = aggregator.reader(Needs::Totals);
    execute!("expiry.zero", {}, { k: "a" });
    assert_eq!(scan(&mut reader).len(), 1);
    assert!(has(&aggregator, "expiry.zero.count", "a"));
}

/// Four kinds of numbers in one series.
fn four(event: &str, max_series: usize) -> [Metric; 4] {
    [
        counter(format!("{event}.count")),
        sum(format!("{event}.n")),
        summary(format!("{event}.n")),
        distribution(format!("{event}.n")).buckets([10, 1_000]),
    ]
    .map(|metric| metric.tags(["k"]).max_series(max_series))
}

#[test]
fn nothing_is_lost_to_a_reader_that_fails_and_takes_late_and_in_parts() {
    for needs in [Needs::Totals, Needs::Values] {
        let aggregator = start_expiring(A_WHILE, four("expiry.late", 1));
        let mut reader = aggregator.reader(needs);
        for n in [1, 1, 1, 100, 100, 2_000] {
            execute!("expiry.late", { n }, { k: "a" });
        }
        let mut counts = [0; 4];
        // Takes nothing but one number of what comes in parts, until snapshots do not show it.
        until("the series is gone", || {
            let scanned = scan(&mut reader);
            assert_eq!(scanned.len(), 4, "whatever was not taken comes again");
            for (one, count) in scanned.iter().zip(&mut counts) {
                if let (DeltaData::Values(parts), 0) = (&one.data, *count) {
                    reader.take(parts[0].mark.of(1));
                    *count = 1;
                }
            }
            !has(&aggregator, "expiry.late.count", "a")
        });
        // It has still the only place.
        for _ in 0..10 {
            let scanned = scan(&mut reader);
            assert_eq!(scanned.iter().filter(|one| one.tags == "k=a").count(), 4);
            execute!("expiry.late", { n: 1 }, { k: "b" });
            assert!(!has(&aggregator, "expiry.late.count", "b"));
        }
        // Now what is left is taken, and one after the other.
        for (at, counted) in counts.iter_mut().enumerate() {
            let scanned = scan(&mut reader);
            let ours: Vec<_> = scanned.iter().filter(|one| one.tags == "k=a").collect();
            assert_eq!(ours.len(), 4 - at);
            *counted += match &ours[0].data {
                DeltaData::Counter(count) | DeltaData::Totals { count, .. } => *count,
                DeltaData::Sum(sum) => {
                    assert_eq!(*sum, Amount::Real(2_203.0));
                    6
                }
                DeltaData::Values(parts) => {
                    let count: u64 = parts.iter().map(|part| part.count).sum();
                    let total: f64 = parts
                        .iter()
                        .map(|part| part.value * part.count as f64)
                        .sum();
                    assert!((total - 2_202.0).abs() < 0.01, "{parts:?}");
                    count
                }
                other => panic!("{other:?}"),
            };
            reader.take(ours[0].mark);
        }
        assert_eq!(counts, [6; 4]);
        until("its place is free", || {
            let scanned = scan(&mut reader);
            assert!(scanned.iter().all(|one| one.tags != "k=a"));
            execute!("expiry.late", { n: 1 }, { k: "b" });
            has(&aggregator, "expiry.late.count", "b")
        });
        assert_eq!(let_go(&aggregator), 0);
    }
}

#[test]
fn a_mark_may_be_taken_when_the_series_is_gone_already() {
    let aggregator = start_expiring(A_WHILE, [counter("expiry.mark.count").tags(["k"])]);
    let mut reader = aggregator.reader(Needs::Totals);
    execute!("expiry.mark", {}, { k: "a" });
    let scanned = scan(&mut reader);
    until("the series is gone", || {
        !has(&aggregator, "expiry.mark.count", "a")
    });
    scanned.iter().for_each(|one| reader.take(one.mark));
    execute!("expiry.mark", {}, { k: "a" });
    execute!("expiry.mark", {}, { k: "a" });
    let again = scan(&mut reader);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].data, DeltaData::Counter(2));
}

/// With a series that is on its way out and waits for this reader.
fn leaving(event: &'static str, emit: impl Fn(&str)) -> (Aggregator, Reader) {
    let aggregator = start_expiring(A_WHILE, four(event, 1));
    let mut reader = aggregator.reader(Needs::Totals);
    emit("a");
    let count = format!("{event}.count");
    until("the series is gone", || {
        assert_eq!(scan(&mut reader).len(), 4);
        !has(&aggregator, &count, "a")
    });
    (aggregator, reader)
}

#[test]
fn a_reader_that_is_registered_later_reads_what_is_there_and_holds_nothing_up() {
    let emit = |k: &str| execute!("expiry.later", { n: 3 }, { k });
    let (aggregator, mut reader) = leaving("expiry.later", emit);
    let mut later = aggregator.reader(Needs::Values);
    // Twice, as it takes nothing.
    for _ in 0..2 {
        let scanned = scan(&mut later);
        assert_eq!(scanned.len(), 4);
        assert_eq!(scanned[0].data, DeltaData::Counter(1));
    }
    let scanned = scan(&mut reader);
    assert_eq!(scanned.len(), 4);
    scanned.iter().for_each(|one| reader.take(one.mark));
    until("its place is free", || {
        let _ = scan(&mut reader);
        emit("b");
        has(&aggregator, "expiry.later.count", "b")
    });
    let of_a = scan(&mut later)
        .iter()
        .filter(|one| one.tags == "k=a")
        .count();
    assert_eq!(of_a, 0);
}

#[test]
fn a_reader_that_is_dropped_holds_nothing_up() {
    let emit = |k: &str| execute!("expiry.dropped", { n: 3 }, { k });
    let (aggregator, reader) = leaving("expiry.dropped", emit);
    emit("b");
    assert!(!has(&aggregator, "expiry.dropped.count", "b"));
    drop(reader);
    until("its place is free", || {
        emit("b");
        has(&aggregator, "expiry.dropped.count", "b")
    });
    assert_eq!(let_go(&aggregator), 0);
}

#[test]
fn a_silent_reader_is_let_go_and_is_as_good_as_any_when_it_comes_again() {
    let aggregator = start_expiring(millis(5), four("expiry.silent", 1));
    let emit = |k: &str| execute!("expiry.silent", { n: 3 }, { k });
    let mut reader = aggregator.reader(Needs::Values);
    emit("a");
    emit("a");
    for one in scan(&mut reader) {
        reader.take(one.mark);
    }
    emit("a");
    // What is new was not taken, so the series waits; but not for ever.
    until("its place is free", || {
        emit("b");
        has(&aggregator, "expiry.silent.count", "b")
    });
    assert_eq!(let_go(&aggregator), 1);
    until("its place is free again", || {
        emit("a");
        has(&aggregator, "expiry.silent.count", "a")
    });
    let snapshot = aggregator.snapshot();
    let now = snapshot.find("expiry.silent.count", &[("k", "a")]).cloned();
    let of_a: Vec<_> = scan(&mut reader)
        .into_iter()
        .filter(|one| one.tags == "k=a" && one.name == "expiry.silent.count")
        .map(|one| one.data)
        .collect();
    // All of the new series, and nothing less for what was taken of the old one.
    if let Some(Data::Counter(count)) = now {
        assert_eq!(of_a, [DeltaData::Counter(count)]);
    }
}
