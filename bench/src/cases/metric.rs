//! One event into a counter and a distribution with two tags.

use std::hint::black_box;
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Data, Metric, counter, distribution};

use crate::harness::{Case, Fields, Prepared, Run, Table, fields, repeat};

/// How many pairs of tags there are.
pub const SERIES: usize = 64;

/// Upper bounds in seconds, 11 of them, for all peers.
pub const BOUNDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// All of ours.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Metric, format!("metric.ours.{id}"), label, prepare)
    };
    vec![
        case("64", "ours, 64 series in turn", || both(Pattern::InTurn)),
        case("one", "ours, one series", || both(Pattern::Same)),
    ]
}

/// One call's worth of tags and a value.
#[derive(Clone, Copy)]
pub struct Sample {
    /// First tag.
    pub route: &'static str,
    /// Second tag.
    pub status: &'static str,
    /// The second tag of peers that take integers.
    pub code: u32,
    /// What is measured.
    pub fields: Fields,
}

/// So many tag pairs of which the compiler knows nothing, and values that hit different buckets.
pub fn samples(series: usize) -> Vec<Sample> {
    let codes: [u32; 4] = [200, 201, 404, 500];
    (0..series)
        .map(|at| {
            let code = codes[at % 4];
            let nanos = 1_000_000_u64 << (at % 12);
            black_box(Sample {
                route: format!("/api/v1/items/{}", at / 4).leak(),
                status: code.to_string().leak(),
                code,
                fields: Fields {
                    duration: Duration::from_nanos(nanos),
                    nanos,
                    ..fields()
                },
            })
        })
        .collect()
}

/// Which series the calls hit.
#[derive(Clone, Copy)]
pub enum Pattern {
    /// All of them, one after the other.
    InTurn,
    /// Always the first.
    Same,
}

impl Pattern {
    /// Calls that record one sample each; the values differ in either pattern.
    pub fn calls(self, record: impl Fn(&Sample) + Send + Sync + 'static) -> Run {
        let mut samples = samples(SERIES);
        let first = samples[0];
        if matches!(self, Self::Same) {
            for sample in &mut samples {
                *sample = Sample {
                    fields: sample.fields,
                    ..first
                };
            }
        }
        repeat(move |at| record(&samples[at as usize % SERIES]))
    }
}

/// The event of all that is counted here.
#[inline(always)]
pub fn emit(s: &Sample) {
    execute!("bench.request", { duration: s.fields.duration }, { route: s.route, status: s.status });
}

/// Counts the events of [`emit`].
pub fn by_tags_counter() -> Metric {
    counter("bench.request.count").tags(["route", "status"])
}

/// Puts their durations into 11 buckets.
pub fn by_tags_distribution() -> Metric {
    distribution("bench.request.duration")
        .tags(["route", "status"])
        .buckets(BOUNDS.map(Duration::from_secs_f64))
}

/// All that the metrics of this program have counted, of whatever kind.
pub fn counted(aggregator: &Aggregator) -> u64 {
    let snapshot = aggregator.snapshot();
    let own = |name: &str| name.starts_with("bench.");
    let families = snapshot
        .families
        .iter()
        .filter(|family| own(family.definition.name()));
    let counts = families
        .flat_map(|family| &family.series)
        .map(|series| match &series.data {
            Data::Counter(count) => *count,
            Data::Distribution(distribution) => distribution.count,
            Data::Summary(summary) => summary.count,
            _ => 0,
        });
    counts.sum()
}

fn both(pattern: Pattern) -> Prepared {
    let aggregator = Aggregator::builder()
        .metrics([by_tags_counter(), by_tags_distribution()])
        .start()
        .expect("valid definitions");
    Prepared::total(2, pattern.calls(emit), move || counted(&aggregator))
}
