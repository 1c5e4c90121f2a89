//! `metrics` with its StatsD exporter, which queues each number and drops what does not fit in.
//!
//! What it does cannot be compared call by call: most calls come to nothing. So it is only asked how
//! much of a flood arrives.

use metrics::counter;
use metrics_exporter_statsd::StatsdBuilder;

use crate::cases::{Pattern, Sample, delivered};
use crate::harness::{Case, Prepared, Table};
use crate::sink::Sink;

/// As it comes, and as one would set it up.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        let id = format!("statsd.exporter.{id}");
        Case::new(Table::Statsd, id, label, prepare).only_flooded()
    };
    vec![
        case("defaults", "`metrics` macro + exporter-statsd", || {
            looked_up(|builder| builder)
        }),
        case(
            "larger",
            "`metrics` macro + exporter-statsd, a queue of 5,000 and datagrams of 1,432 bytes",
            || looked_up(|builder| builder.with_queue_size(5_000).with_buffer_size(1_432)),
        ),
    ]
}

fn looked_up(set_up: fn(StatsdBuilder) -> StatsdBuilder) -> Prepared {
    let sink = Sink::start();
    let (host, port) = sink.address().rsplit_once(':').expect("host:port");
    let port = port.parse().expect("a port");
    let recorder = set_up(StatsdBuilder::from(host, port))
        .build(None)
        .expect("valid settings");
    assert!(
        metrics::set_global_recorder(recorder).is_ok(),
        "set once per process"
    );
    let record = |s: &Sample| {
        counter!("bench.requests", "route" => s.route, "status" => s.status).increment(1);
    };
    // It cannot be asked to flush.
    delivered(&sink, Pattern::InTurn, record, || {})
}
