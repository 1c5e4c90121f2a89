//! What a series holds of the heap, of ours.

use std::time::Duration;

use telemetry_metrics::{Aggregator, Metric, summary};

use super::metric::{by_tags_counter, by_tags_distribution, counted, emit, samples};
use crate::harness::{Scale, Weight};

/// By what is kept of a series.
pub fn weights() -> Vec<Weight> {
    vec![
        Weight {
            id: "memory.ours.counter",
            label: "ours: counter",
            series: 10_000,
            samples: 1,
            prepare: |series| kept(series, vec![by_tags_counter()]),
        },
        Weight {
            id: "memory.ours.both",
            label: "ours: counter and 11 buckets",
            series: 10_000,
            samples: 1,
            prepare: |series| kept(series, vec![by_tags_counter(), by_tags_distribution()]),
        },
        Weight {
            id: "memory.ours.summary",
            label: "ours: summary of 1,000 samples over two decades",
            series: 1_000,
            samples: 1_000,
            prepare: |series| {
                let durations = summary("bench.request.duration").tags(["route", "status"]);
                kept(series, vec![durations])
            },
        },
    ]
}

/// A thousand durations, evenly spread (by their logarithms) between 1 and 100 ms.
pub fn over_two_decades(sample: usize) -> Duration {
    Duration::from_secs_f64(0.001 * 100_f64.powf(sample as f64 / 1_000.0))
}

fn kept(series: usize, metrics: Vec<Metric>) -> Scale {
    let cells = metrics.len() as u64;
    let metrics = metrics.into_iter().map(|metric| metric.max_series(series));
    let aggregator = Aggregator::builder()
        .metrics(metrics)
        .start()
        .expect("valid definitions");
    let samples = samples(series);
    let durations: Vec<Duration> = (0..1_000).map(over_two_decades).collect();
    Scale {
        record: Box::new(move |series, sample| {
            let mut one = samples[series];
            one.fields.duration = durations[sample];
            emit(&one);
        }),
        settle: Box::new(|| {}),
        total: Box::new(move || counted(&aggregator) / cells),
    }
}
