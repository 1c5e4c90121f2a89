//! The `metrics` facade: one counter with two labels, and with its Prometheus exporter a counter
//! and a histogram.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    counter, histogram,
};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::cases::{BOUNDS, Pattern, Sample};
use crate::harness::{Case, Prepared, Run, Table, fields, repeat, seen};

/// The facade among the events, the exporter among the metrics.
pub fn cases() -> Vec<Case> {
    let event = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.metrics.{id}"), label, prepare)
    };
    let metric = |id: &str, label: &str, prepare| {
        Case::new(
            Table::Metric,
            format!("metric.metrics.{id}"),
            label,
            prepare,
        )
    };
    vec![
        event(
            "none.static",
            "`metrics::counter!`, 2 static labels, no recorder",
            || Prepared::unseen(static_labels()),
        ),
        event(
            "none.dynamic",
            "`metrics::counter!`, 1 of 2 labels a run-time text, no recorder",
            || Prepared::unseen(dynamic_label()),
        ),
        event(
            "count.static",
            "`metrics::counter!`, 2 static labels, recorder counts",
            || {
                install();
                Prepared::seen(1, static_labels())
            },
        ),
        event(
            "count.dynamic",
            "`metrics::counter!`, 1 of 2 labels a run-time text, recorder counts",
            || {
                install();
                Prepared::seen(1, dynamic_label())
            },
        ),
        metric(
            "64",
            "`metrics` macros + exporter-prometheus, 64 series in turn",
            || exported(Pattern::InTurn),
        ),
        metric(
            "one",
            "`metrics` macros + exporter-prometheus, one series",
            || exported(Pattern::Same),
        ),
        metric(
            "handle",
            "`metrics` handles + exporter-prometheus, one series",
            || {
                exported_by(|| {
                    let counter = counter!("bench_requests", "route" => "/", "status" => "200");
                    let histogram = histogram!("bench_seconds", "route" => "/", "status" => "200");
                    Pattern::Same.calls(move |s| {
                        counter.increment(1);
                        histogram.record(s.fields.duration.as_secs_f64());
                    })
                })
            },
        ),
    ]
}

fn static_labels() -> Run {
    repeat(|_| {
        counter!("bench_events", "route" => "/api/v1/items/:id", "status" => "200").increment(1);
    })
}

fn dynamic_label() -> Run {
    let f = fields();
    let route: Arc<str> = f.route.into();
    repeat(move |_| {
        counter!("bench_events", "route" => route.to_string(), "status" => "200").increment(1);
    })
}

fn install() {
    let cell = Arc::new(Cell(AtomicU64::new(0)));
    assert!(
        metrics::set_global_recorder(Counting(cell)).is_ok(),
        "set once per process"
    );
}

/// Gives everybody the same counter, which is less than any real recorder does.
struct Counting(Arc<Cell>);

struct Cell(AtomicU64);

impl CounterFn for Cell {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
        seen();
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }
}

impl Recorder for Counting {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.0.clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// The exporter keeps every value of a histogram until it is asked to put them into buckets, here
/// between the samples, off the clock; so this is less than its whole price. (Asked while others
/// record, it loses a value now and then, and the harness notices.)
fn exported(pattern: Pattern) -> Prepared {
    exported_by(|| pattern.calls(record))
}

/// The calls are made when the exporter is there.
fn exported_by(calls: impl FnOnce() -> Run) -> Prepared {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&BOUNDS)
        .expect("bounds in order")
        .build_recorder();
    let handle = recorder.handle();
    let upkeep = handle.clone();
    assert!(
        metrics::set_global_recorder(recorder).is_ok(),
        "set once per process"
    );
    Prepared::total(2, calls(), move || total(&handle.render()))
        .settled(move || upkeep.run_upkeep())
}

/// Counts and measures, looked up by labels.
pub fn record(s: &Sample) {
    counter!("bench_requests", "route" => s.route, "status" => s.status).increment(1);
    histogram!("bench_seconds", "route" => s.route, "status" => s.status)
        .record(s.fields.duration.as_secs_f64());
}

/// All counters and histogram counts in a Prometheus text.
pub fn total(text: &str) -> u64 {
    text.lines()
        .filter(|line| {
            line.starts_with("bench_requests") || line.starts_with("bench_seconds_count")
        })
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .map(|value| value as u64)
        .sum()
}
