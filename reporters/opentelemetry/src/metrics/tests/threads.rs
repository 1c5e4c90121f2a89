//! Deltas that are collected, and half of them lost, while threads count.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry_metrics::{Aggregator, counter, distribution, sum, summary};

use super::support::{
    decode, exponentials, histograms, number, numbers, resource, start, with_settings,
};
use crate::metrics::{Histograms, MetricSettings, Temporality};

const THREADS: u64 = 3;
const EACH: u64 = 20_000;

/// What arrived, by kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arrived {
    count: u64,
    bytes: u64,
    explicit: u64,
    exponential: u64,
    price: u64,
}

fn collect_until(aggregator: &Aggregator, done: &AtomicBool) -> Arrived {
    let settings = MetricSettings {
        temporality: Temporality::Delta,
        histograms: Histograms::Exponential,
        max_points_per_request: 4,
        ..MetricSettings::default()
    };
    let mut collector = with_settings(aggregator, settings);
    let mut arrived = Arrived::default();
    let mut round = 0_usize;
    loop {
        let is_last = done.load(Ordering::Acquire);
        round += 1;
        for (at, request) in collector.collect(&resource()).iter().enumerate() {
            if !is_last && (round + at) % 2 == 0 {
                continue;
            }
            collector.delivered(request);
            let metrics = decode(request);
            for point in numbers(&metrics, "otel.threads.sale.count") {
                arrived.count += number(point) as u64;
            }
            for point in numbers(&metrics, "otel.threads.sale.weight") {
                arrived.bytes += number(point) as u64;
            }
            for point in histograms(&metrics, "otel.threads.sale.wait_time") {
                arrived.explicit += point.bucket_counts.iter().sum::<u64>();
                assert_eq!(point.count, point.bucket_counts.iter().sum::<u64>());
            }
            for point in exponentials(&metrics, "otel.threads.sale.duration") {
                arrived.exponential += point.count;
            }
            for point in exponentials(&metrics, "otel.threads.sale.price") {
                arrived.price += point.count;
            }
        }
        if is_last {
            return arrived;
        }
    }
}

#[test]
fn what_arrives_is_what_was_counted() {
    let aggregator = start([
        counter("otel.threads.sale.count").tags(["k"]),
        sum("otel.threads.sale.weight").tags(["k"]).bytes(),
        distribution("otel.threads.sale.wait_time")
            .tags(["k"])
            .option("otel_histogram", "explicit"),
        distribution("otel.threads.sale.duration").tags(["k"]),
        summary("otel.threads.sale.price").tags(["k"]),
    ]);
    let emit = |n: u64| {
        let duration = Duration::from_micros(1 + n % 100);
        telemetry::execute!(
            "otel.threads.sale",
            { weight: 3, wait_time: duration, duration, price: n % 50 },
            { k: n % 2 }
        );
    };
    let done = AtomicBool::new(false);
    let arrived = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| (0..EACH).for_each(emit)))
            .collect();
        let collecting = scope.spawn(|| collect_until(&aggregator, &done));
        for thread in threads {
            thread.join().unwrap();
        }
        done.store(true, Ordering::Release);
        collecting.join().unwrap()
    });
    let all = THREADS * EACH;
    let expected = Arrived {
        count: all,
        bytes: 3 * all,
        explicit: all,
        exponential: all,
        price: all,
    };
    assert_eq!(arrived, expected);
}
