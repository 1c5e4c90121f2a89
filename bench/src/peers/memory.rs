//! What a series holds of the heap, of peers.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::metrics::record;
use super::prometheus_client::{Both, Coded, coded};
use crate::cases::{BOUNDS, over_two_decades, samples};
use crate::harness::{Scale, Weight};

/// By what is kept of a series.
pub fn weights() -> Vec<Weight> {
    vec![
        Weight {
            id: "memory.prometheus-client.both",
            label: "`prometheus-client`: counter and 11 buckets",
            series: 10_000,
            samples: 1,
            prepare: client,
        },
        Weight {
            id: "memory.metrics.both",
            label: "`metrics` + exporter-prometheus: counter and 11 buckets",
            series: 10_000,
            samples: 1,
            prepare: |series| {
                let builder = PrometheusBuilder::new();
                exported(
                    series,
                    builder.set_buckets(&BOUNDS).expect("in order"),
                    false,
                )
            },
        },
        Weight {
            id: "memory.metrics.summary",
            label: "`metrics` + exporter-prometheus: counter, and summary of 1,000 samples",
            series: 100,
            samples: 1_000,
            prepare: |series| exported(series, PrometheusBuilder::new(), true),
        },
    ]
}

fn client(series: usize) -> Scale {
    let both = Both::<Coded>::new();
    let reader = both.clone();
    let samples = samples(series);
    Scale {
        record: Box::new(move |series, _| {
            let s = &samples[series];
            both.record(&coded(s), s);
        }),
        settle: Box::new(|| {}),
        total: Box::new(move || reader.total() / 2),
    }
}

/// With the upkeep that it needs to put its values into buckets, or into its sketch.
fn exported(series: usize, builder: PrometheusBuilder, is_summary: bool) -> Scale {
    let recorder = builder.build_recorder();
    let handle: PrometheusHandle = recorder.handle();
    let (upkeep, early) = (handle.clone(), handle.clone());
    assert!(
        metrics::set_global_recorder(recorder).is_ok(),
        "set once per process"
    );
    let samples = samples(series);
    Scale {
        record: Box::new(move |series, sample| {
            let mut one = samples[series];
            one.fields.duration = over_two_decades(sample);
            record(&one);
            // A window begins with the sample that is taken up first, which is the newest, and the
            // older ones are too old for it. Only one is there now; so all others come later, as
            // they would in a program that has been running for a while.
            if sample == 0 && is_summary {
                early.run_upkeep();
            }
        }),
        settle: Box::new(move || upkeep.run_upkeep()),
        total: Box::new(move || super::metrics::total(&handle.render()) / 2),
    }
}
