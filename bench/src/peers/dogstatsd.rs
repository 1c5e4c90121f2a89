//! `metrics` with its DogStatsD exporter, which adds up counters and sends the sums.

use metrics::counter;
use metrics_exporter_dogstatsd::DogStatsDBuilder;

use crate::cases::{INTERVAL, Pattern, Sample, delivered};
use crate::harness::{Case, Prepared, Table};
use crate::sink::Sink;

/// Looked up by labels, and a bound handle.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(
            Table::Statsd,
            format!("statsd.metrics.{id}"),
            label,
            prepare,
        )
        .flooded()
    };
    vec![
        case(
            "64",
            "`metrics` macro + exporter-dogstatsd, 64 series in turn",
            || looked_up(Pattern::InTurn),
        ),
        case(
            "one",
            "`metrics` macro + exporter-dogstatsd, one series",
            || looked_up(Pattern::Same),
        ),
        case(
            "handle",
            "`metrics` handle + exporter-dogstatsd, one series",
            || {
                let sink = install();
                let counter = counter!("bench.requests", "route" => "/", "status" => "200");
                let record = move |_: &Sample| counter.increment(1);
                delivered(&sink, Pattern::Same, record, || {})
            },
        ),
    ]
}

fn looked_up(pattern: Pattern) -> Prepared {
    let sink = install();
    let record = |s: &Sample| {
        counter!("bench.requests", "route" => s.route, "status" => s.status).increment(1);
    };
    // It cannot be asked to flush.
    delivered(&sink, pattern, record, || {})
}

fn install() -> Sink {
    let sink = Sink::start();
    let recorder = DogStatsDBuilder::default()
        .with_remote_address(sink.address())
        .expect("a valid address")
        .with_flush_interval(INTERVAL)
        .with_telemetry(false)
        .build()
        .expect("valid settings");
    assert!(
        metrics::set_global_recorder(recorder).is_ok(),
        "set once per process"
    );
    sink
}
