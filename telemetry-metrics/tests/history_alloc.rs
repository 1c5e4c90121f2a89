//! The memory that the past takes, against its own account. In a process of its own, because it
//! replaces the allocator and counts what all threads do.

use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_counting::{Counting, share_all, shared_bytes};
use telemetry_metrics::history::{History, Windows};
use telemetry_metrics::{Aggregator, counter, last_value, summary};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One after the other, since they measure the whole process.
#[test]
fn the_past_takes_no_more_than_it_says() {
    share_all();
    windows();
    history();
}

fn windows() {
    let budget = 200_000;
    let aggregator = Aggregator::builder()
        .metrics([summary("memory.windows.bytes").bytes().tags(["n"])])
        .start()
        .unwrap();
    let mut windows = Windows::new(Duration::from_secs(60), budget);
    // A table that all share, of 32 KiB, is made when it is needed first.
    execute!("memory.windows", { bytes: 1 }, { n: 0 });
    Windows::new(Duration::ZERO, budget).observe(Instant::now(), &aggregator.snapshot());
    let mut taken = 0;
    let begin = Instant::now();
    for round in 0..100u32 {
        for n in 0..round * 4 {
            for value in 0..10 {
                let bytes = 1_000 + u64::from(n * 7 + round * 13 + value) * 1_000;
                execute!("memory.windows", { bytes }, { n });
            }
        }
        let snapshot = aggregator.snapshot();
        let before = shared_bytes();
        windows.observe(begin + Duration::from_secs(10) * round, &snapshot);
        taken += shared_bytes() - before;
        assert!(
            taken <= windows.bytes() as i64 + 2_000,
            "{taken} of {}",
            windows.bytes()
        );
        assert!(windows.bytes() <= budget);
    }
    assert!(taken > budget as i64 / 2, "{taken}");
    assert!(windows.left_out() > 0);
}

fn history() {
    let budget = 300_000;
    let aggregator = Aggregator::builder()
        .metrics([
            counter("memory.history.n").tags(["n"]),
            last_value("memory.history.bytes").bytes().tags(["n"]),
            summary("memory.history.bytes").bytes().tags(["n"]),
        ])
        .start()
        .unwrap();
    // The same each time, so that the aggregator takes nothing more after the first.
    let emit = |values| {
        for n in 0..100u64 {
            for value in 0..values {
                execute!("memory.history", { bytes: 1_000 + n * value * 1_000 }, { n });
            }
        }
    };
    emit(20);
    drop(aggregator.snapshot());
    let before = shared_bytes();
    let history = History::builder(&aggregator)
        .interval(Duration::from_millis(10))
        .budget(budget)
        .start()
        .unwrap();
    let mut newest = history.newest();
    for round in 0..200 {
        emit(round % 20);
        newest = history.wait_for(newest, Duration::from_secs(20));
    }
    assert!(
        history.status().fine_steps < 600,
        "the budget was hit: {:?}",
        history.status()
    );
    // While a sample is taken there is a snapshot, too; so this is true only between samples.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let taken = shared_bytes() - before;
        let status = history.status();
        assert!(status.bytes <= budget);
        if taken <= status.bytes as i64 + 2_000 {
            assert!(taken > budget as i64 / 3, "{taken}");
            break;
        }
        assert!(Instant::now() < deadline, "{taken} of {}", status.bytes);
        std::thread::yield_now();
    }
}
