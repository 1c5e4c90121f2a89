//! Series that come and go.

use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::{Aggregator, sum};

use crate::support::{SOON, counts, start};

#[test]
fn series_that_are_gone_leave_room_for_those_that_come() {
    let aggregator = Aggregator::builder()
        .metrics([sum("expiry.gone.level")
            .tags(["job"])
            .up_down()
            .max_series(200_000)])
        .expire_after(Duration::from_millis(50))
        .start()
        .unwrap();
    let (bridge, recording) = start(&aggregator);
    // In three parts, two of which are more than what is kept at once.
    for part in 0..3 {
        for job in 0..60_000 {
            execute!("expiry.gone", { level: 1 }, { job: 60_000 * part + job });
        }
        bridge.flush(SOON).unwrap();
        let deadline = Instant::now() + SOON;
        while !aggregator.snapshot().families[0].series.is_empty() {
            assert!(Instant::now() < deadline, "series do not expire");
            std::thread::yield_now();
        }
        // What is kept of those is of no use any more.
        bridge.flush(SOON).unwrap();
    }
    assert_eq!(counts(&aggregator), (180_000, 0, 0));
    assert_eq!(recording.gauge("expiry.gone.level{job=179999}"), Some(1.0));
}

#[test]
fn of_series_for_which_there_is_no_room_nothing_is_recorded_wrong() {
    let aggregator = Aggregator::builder()
        .metrics([sum("expiry.most.level")
            .tags(["job"])
            .up_down()
            .max_series(100_010)])
        .start()
        .unwrap();
    let (bridge, recording) = start(&aggregator);
    for _ in 0..2 {
        for job in 0..100_010 {
            execute!("expiry.most", { level: 1 }, { job });
        }
        bridge.flush(SOON).unwrap();
    }
    assert_eq!(counts(&aggregator), (200_000, 0, 20));
    recording.with(|memory| {
        assert_eq!(memory.gauges.len(), 100_000);
        assert!(memory.gauges.values().all(|level| *level == 2.0));
    });
}

#[test]
fn a_sum_that_comes_back_after_its_series_expired_begins_at_zero() {
    let aggregator = Aggregator::builder()
        .metrics([
            sum("any.back.level").up_down().tags(["a"]),
            sum("any.back.half").tags(["a"]),
        ])
        .expire_after(Duration::from_nanos(1))
        .start()
        .unwrap();
    let (bridge, recording) = start(&aggregator);
    let gone = || {
        let snapshot = aggregator.snapshot();
        snapshot.find("any.back.level", &[("a", "1")]).is_none()
    };
    for level in [5, -3, 4] {
        execute!("any.back", { level: level, half: 0.5 }, { a: 1 });
        bridge.flush(SOON).unwrap();
        while !gone() {
            bridge.flush(SOON).unwrap();
        }
        let gauge = recording.gauge("any.back.level{a=1}");
        assert_eq!(gauge, Some(f64::from(level)));
    }
    // Nor do the halves of different lives make a whole.
    assert_eq!(recording.counter("any.back.half{a=1}"), None);
}
