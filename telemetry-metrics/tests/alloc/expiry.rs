//! Series that go leave no memory behind.

use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_counting::live_bytes;
use telemetry_metrics::{Aggregator, Data, Needs, counter, distribution, summary};

/// Series that live for a moment only, one after the other, in fifty places.
#[test]
fn series_that_expire_leave_nothing_behind() {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("alloc.churn.count").tags(["job"]).max_series(50),
            summary("alloc.churn.n").tags(["job"]).max_series(50),
            distribution("alloc.churn.n")
                .buckets([10])
                .tags(["job"])
                .max_series(50),
        ])
        .expire_after(Duration::from_millis(1))
        .start()
        .unwrap();
    aggregator.keep_exemplars();
    let mut readers = [
        aggregator.reader(Needs::Totals),
        aggregator.reader(Needs::Values),
    ];
    let mut marks = Vec::with_capacity(1_000);
    let mut churn = |jobs: std::ops::Range<u64>| {
        for job in jobs {
            execute!("alloc.churn", { n: job % 20 }, { job });
            if job % 25 == 0 {
                for reader in &mut readers {
                    reader.scan(|delta| marks.push(delta.mark));
                    marks.drain(..).for_each(|mark| reader.take(mark));
                }
            }
        }
        live_bytes()
    };
    let before = churn(0..20_000);
    let after = churn(20_000..100_000);
    let metric = [("metric", "alloc.churn.count")];
    let snapshot = aggregator.snapshot();
    let expired = snapshot.find("telemetry.metric.expired", &metric);
    let Some(Data::Counter(expired)) = expired else {
        panic!("{expired:?}");
    };
    assert!(*expired > 1_000, "{expired} series went");
    // What fifty series take may differ, by how many are there and by what they counted; had the
    // others left as little as a hundred bytes each, it would be far more.
    assert!(after - before < 100 * 1_000, "{before}, then {after}");
}

/// A reader that is silent for so long, time and again, that series do not wait for it.
#[test]
fn a_reader_that_is_let_go_keeps_nothing_of_series_that_are_gone() {
    let aggregator = Aggregator::builder()
        .metrics([counter("alloc.silent.count").tags(["job"])])
        .expire_after(Duration::from_millis(1))
        .start()
        .unwrap();
    let mut reader = aggregator.reader(Needs::Totals);
    let mut round = |n: u64| {
        for job in 0..500 {
            execute!("alloc.silent", {}, { job: 1_000 * n + job });
        }
        let mut marks = Vec::new();
        reader.scan(|delta| marks.push(delta.mark));
        marks.into_iter().for_each(|mark| reader.take(mark));
        let deadline = Instant::now() + Duration::from_secs(20);
        let let_go = |aggregator: &Aggregator| {
            let snapshot = aggregator.snapshot();
            let let_go = match snapshot.find("telemetry.reader.let_go", &[]) {
                Some(Data::Counter(count)) => *count,
                other => panic!("{other:?}"),
            };
            snapshot.families[0].series.is_empty() && let_go >= n
        };
        while !let_go(&aggregator) {
            assert!(Instant::now() < deadline, "the reader is never let go");
        }
        // Once more, for what has gone since.
        drop(aggregator.snapshot());
        reader.scan(|_| ());
        live_bytes()
    };
    let before = (1..=3).map(&mut round).last().unwrap();
    let after = (4..=12).map(&mut round).last().unwrap();
    assert!(after - before < 9 * 500 * 16, "{before}, then {after}");
}
