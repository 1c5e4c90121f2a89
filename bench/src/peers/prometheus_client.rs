//! `prometheus-client`: a counter family and a histogram family.
//!
//! One label set is built per event and used for both families, which is the fairest use of the
//! crate; with an integer for the second label it is also its fastest.

use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::metrics::total;
use crate::cases::{BOUNDS, Pattern, Sample};
use crate::harness::{Case, Prepared, Table};

/// Both kinds of key, and bound handles.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(
            Table::Metric,
            format!("metric.prometheus-client.{id}"),
            label,
            prepare,
        )
    };
    vec![
        case(
            "64",
            "`prometheus-client`, one key `{String, u32}`, 64 series in turn",
            || families::<Coded, _>(Pattern::InTurn, coded),
        ),
        case(
            "one",
            "`prometheus-client`, one key `{String, u32}`, one series",
            || families::<Coded, _>(Pattern::Same, coded),
        ),
        case(
            "texts.64",
            "`prometheus-client`, one key `{String, String}`, 64 series in turn",
            || families::<Texts, _>(Pattern::InTurn, texts),
        ),
        case(
            "texts.one",
            "`prometheus-client`, one key `{String, String}`, one series",
            || families::<Texts, _>(Pattern::Same, texts),
        ),
        case(
            "handle",
            "`prometheus-client`, bound handles, one series",
            || {
                let both = Both::<Coded>::new();
                let key = Coded {
                    route: "/".into(),
                    status: 200,
                };
                let counter = both.counters.get_or_create_owned(&key);
                let histogram = both.histograms.get_or_create_owned(&key);
                let run = Pattern::Same.calls(move |s| {
                    counter.inc();
                    histogram.observe(s.fields.duration.as_secs_f64());
                });
                Prepared::total(2, run, move || both.total())
            },
        ),
    ]
}

/// The key that is its fastest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Coded {
    route: String,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Texts {
    route: String,
    status: String,
}

/// The key of a sample.
pub fn coded(s: &Sample) -> Coded {
    Coded {
        route: s.route.to_owned(),
        status: s.code,
    }
}

fn texts(s: &Sample) -> Texts {
    Texts {
        route: s.route.to_owned(),
        status: s.status.to_owned(),
    }
}

/// What both kinds of key can do.
pub trait Key:
    EncodeLabelSet + Clone + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static
{
}
impl Key for Coded {}
impl Key for Texts {}

/// Makes histograms of 11 buckets.
#[derive(Clone)]
pub struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BOUNDS)
    }
}

/// The two families.
#[derive(Clone)]
pub struct Both<K: Key> {
    counters: Family<K, Counter>,
    histograms: Family<K, Histogram, Buckets>,
    registry: Arc<Registry>,
}

impl<K: Key> Both<K> {
    /// Without any series.
    pub fn new() -> Self {
        let counters = Family::default();
        let histograms = Family::new_with_constructor(Buckets);
        let mut registry = Registry::default();
        registry.register("bench_requests", "Counted.", counters.clone());
        registry.register("bench_seconds", "Measured.", histograms.clone());
        Self {
            counters,
            histograms,
            registry: Arc::new(registry),
        }
    }

    /// Counts and measures.
    #[inline(always)]
    pub fn record(&self, key: &K, s: &Sample) {
        self.counters.get_or_create(key).inc();
        self.histograms
            .get_or_create(key)
            .observe(s.fields.duration.as_secs_f64());
    }

    /// All that it has counted.
    pub fn total(&self) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        total(&text)
    }
}

fn families<K: Key, F: Fn(&Sample) -> K + Send + Sync + Copy + 'static>(
    pattern: Pattern,
    key: F,
) -> Prepared {
    let both = Both::<K>::new();
    let reader = both.clone();
    let record = move |s: &Sample| both.record(&key(s), s);
    Prepared::total(2, pattern.calls(record), move || reader.total())
}
