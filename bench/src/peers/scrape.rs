//! The same text by the peers: `prometheus-client`'s encoder, and that of `prometheus`.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, TextEncoder};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::prometheus_client::{Buckets, Coded, coded};
use crate::cases::{BOUNDS, LINES, SCRAPED, checked, samples};
use crate::harness::{Case, Prepared, Table};

/// By what is scraped.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Scrape, format!("scrape.{id}"), label, prepare).whole()
    };
    vec![
        case(
            "prometheus-client.counters",
            "`prometheus-client`, counters",
            client_counters,
        ),
        case(
            "prometheus-client.histograms",
            "`prometheus-client`, histograms of 11 buckets",
            client_histograms,
        ),
        case(
            "prometheus.counters",
            "`prometheus`, counters",
            vector_of_counters,
        ),
        case(
            "prometheus.histograms",
            "`prometheus`, histograms of 11 buckets",
            vector_of_histograms,
        ),
    ]
}

fn client_counters() -> Prepared {
    let counters = Family::<Coded, Counter>::default();
    for s in samples(SCRAPED) {
        counters.get_or_create(&coded(&s)).inc();
    }
    let mut registry = Registry::default();
    registry.register("bench_requests", "Counted.", counters);
    encoded(1, registry)
}

fn client_histograms() -> Prepared {
    let histograms = Family::<Coded, Histogram, Buckets>::new_with_constructor(Buckets);
    for s in samples(SCRAPED) {
        histograms
            .get_or_create(&coded(&s))
            .observe(s.fields.duration.as_secs_f64());
    }
    let mut registry = Registry::default();
    registry.register("bench_seconds", "Measured.", histograms);
    encoded(LINES, registry)
}

fn encoded(lines: usize, registry: Registry) -> Prepared {
    checked(lines, move || {
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes everything");
        text
    })
}

const LABELS: [&str; 2] = ["route", "status"];

fn vector_of_counters() -> Prepared {
    let opts = Opts::new("bench_requests", "Counted.");
    let counters = IntCounterVec::new(opts, &LABELS).expect("a valid name");
    for s in samples(SCRAPED) {
        counters.with_label_values(&[s.route, s.status]).inc();
    }
    gathered(1, counters)
}

fn vector_of_histograms() -> Prepared {
    let opts = HistogramOpts::new("bench_seconds", "Measured.").buckets(BOUNDS.to_vec());
    let histograms = HistogramVec::new(opts, &LABELS).expect("a valid name");
    for s in samples(SCRAPED) {
        histograms
            .with_label_values(&[s.route, s.status])
            .observe(s.fields.duration.as_secs_f64());
    }
    gathered(LINES, histograms)
}

fn gathered(lines: usize, collector: impl prometheus::core::Collector + 'static) -> Prepared {
    let registry = prometheus::Registry::new();
    registry.register(Box::new(collector)).expect("a new name");
    checked(lines, move || {
        let mut text = String::new();
        TextEncoder::new()
            .encode_utf8(&registry.gather(), &mut text)
            .expect("a string takes everything");
        text
    })
}
