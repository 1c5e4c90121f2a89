//! One answer to a Prometheus server: 10,000 series, as text.
//!
//! A call is a whole scrape, from the cells to the text. Every series has been touched by several
//! threads, so that there is something to be added up. The text begins empty for everybody; what
//! ours remembers is how long the last one was.

use std::sync::Barrier;

use telemetry_metrics::{Aggregator, Metric};
use telemetry_prometheus::Prometheus;

use super::metric::{by_tags_counter, by_tags_distribution, emit, samples};
use crate::harness::{Case, Prepared, Table, repeat, seen};

/// How many series there are.
pub const SCRAPED: usize = 10_000;

/// How many threads have touched each of them.
const EMITTERS: usize = 4;

/// By what is scraped.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Scrape, format!("scrape.ours.{id}"), label, prepare).whole()
    };
    vec![
        case("counters", "ours, counters", || {
            scraped(vec![by_tags_counter()], 1)
        }),
        case("histograms", "ours, histograms of 11 buckets", || {
            scraped(vec![by_tags_distribution()], LINES)
        }),
    ]
}

/// Lines per histogram: 11 buckets, the one without a bound, sum and count.
pub const LINES: usize = 14;

fn scraped(metrics: Vec<Metric>, lines: usize) -> Prepared {
    let metrics = metrics.into_iter().map(|metric| metric.max_series(SCRAPED));
    let aggregator = Aggregator::builder()
        .metrics(metrics)
        .start()
        .expect("valid definitions");
    let prometheus = Prometheus::new(&aggregator).expect("valid definitions");
    touched_by_all(emit);
    checked(lines, move || {
        // The events come to an end with it.
        let _ = &aggregator;
        prometheus.render()
    })
}

/// Every thread records into every series, and all are alive until the last is done.
fn touched_by_all(record: impl Fn(&super::Sample) + Sync) {
    let samples = samples(SCRAPED);
    let done = Barrier::new(EMITTERS);
    std::thread::scope(|scope| {
        for _ in 0..EMITTERS {
            scope.spawn(|| {
                samples.iter().for_each(&record);
                done.wait();
            });
        }
    });
}

/// Calls that render a text of 10,000 series with so many lines each. The first is looked at; all
/// others must be as long, but for what a reporter says of itself.
pub fn checked(lines: usize, render: impl Fn() -> String + Send + Sync + 'static) -> Prepared {
    let first = render();
    let of_ours = |line: &&str| line.starts_with("bench_") && line.contains("route=");
    assert_eq!(first.lines().filter(of_ours).count(), lines * SCRAPED);
    let run = repeat(move |_| {
        let text = std::hint::black_box(render());
        if text.len().abs_diff(first.len()) < 100 {
            seen();
        }
    });
    Prepared::seen(1, run).bursts(1, || {})
}
