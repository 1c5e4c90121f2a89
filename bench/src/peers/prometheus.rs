//! The `prometheus` crate: a counter vector and a histogram vector.

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};

use super::metrics::total;
use crate::cases::{BOUNDS, Pattern, Sample};
use crate::harness::{Case, Prepared, Run, Table};

/// Looked up by labels, and bound handles.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(
            Table::Metric,
            format!("metric.prometheus.{id}"),
            label,
            prepare,
        )
    };
    vec![
        case("64", "`prometheus` vectors, 64 series in turn", || {
            looked_up(|both| Pattern::InTurn.calls(move |s| both.record(s)))
        }),
        case("one", "`prometheus` vectors, one series", || {
            looked_up(|both| Pattern::Same.calls(move |s| both.record(s)))
        }),
        case("handle", "`prometheus`, bound handles, one series", || {
            looked_up(|both| {
                let (counter, histogram) = both.bound();
                Pattern::Same.calls(move |s| {
                    counter.inc();
                    histogram.observe(s.fields.duration.as_secs_f64());
                })
            })
        }),
    ]
}

#[derive(Clone)]
struct Both {
    counters: IntCounterVec,
    histograms: HistogramVec,
}

impl Both {
    fn record(&self, s: &Sample) {
        let labels = [s.route, s.status];
        self.counters.with_label_values(&labels).inc();
        self.histograms
            .with_label_values(&labels)
            .observe(s.fields.duration.as_secs_f64());
    }

    fn bound(&self) -> (IntCounter, Histogram) {
        let labels = ["/", "200"];
        (
            self.counters.with_label_values(&labels),
            self.histograms.with_label_values(&labels),
        )
    }
}

fn looked_up(run: impl FnOnce(Both) -> Run) -> Prepared {
    let labels = ["route", "status"];
    let opts = HistogramOpts::new("bench_seconds", "Measured.").buckets(BOUNDS.to_vec());
    let both = Both {
        counters: IntCounterVec::new(Opts::new("bench_requests", "Counted."), &labels)
            .expect("a valid name"),
        histograms: HistogramVec::new(opts, &labels).expect("a valid name"),
    };
    let registry = Registry::new();
    for collector in [
        Box::new(both.counters.clone()) as Box<dyn prometheus::core::Collector>,
        Box::new(both.histograms.clone()),
    ] {
        registry.register(collector).expect("a new name");
    }
    Prepared::total(2, run(both), move || {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&registry.gather(), &mut text)
            .expect("a vector takes everything");
        total(&String::from_utf8_lossy(&text))
    })
}
