//! One event into a counter with two tags, which goes to a StatsD daemon.
//!
//! The daemon is in the process, and counts; after every sample all that was emitted must have
//! arrived there. Both sides flush a hundred times a second, far oftener than they would, so that
//! there are flushes while it is emitted, and the harness need not wait long for the last.

use std::sync::Mutex;
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, counter};
use telemetry_statsd::{Format, Statsd};

use super::metric::{Pattern, Sample};
use crate::harness::{Case, Prepared, Table};
use crate::sink::Sink;

/// How often both sides send.
pub const INTERVAL: Duration = Duration::from_millis(10);

/// By the number of series.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Statsd, format!("statsd.ours.{id}"), label, prepare).flooded()
    };
    vec![
        case("64", "ours, 64 series in turn", || sent(Pattern::InTurn)),
        case("one", "ours, one series", || sent(Pattern::Same)),
    ]
}

fn sent(pattern: Pattern) -> Prepared {
    let aggregator = Aggregator::builder()
        .metrics([counter("bench.request.count").tags(["route", "status"])])
        .start()
        .expect("valid definitions");
    let sink = Sink::start();
    let statsd = Statsd::builder(&aggregator)
        .address(sink.address())
        .format(Format::Datadog)
        .interval(INTERVAL)
        .start()
        .expect("valid settings");
    let statsd = Mutex::new(statsd);
    delivered(&sink, pattern, emit, move || {
        let _ = &aggregator;
        let flushed = statsd
            .lock()
            .expect("nobody panics")
            .flush(Duration::from_secs(5));
        flushed.expect("the daemon is there");
    })
}

fn emit(s: &Sample) {
    execute!("bench.request", {}, { route: s.route, status: s.status });
}

/// Calls that count one event each, and all of them have to reach the daemon.
pub fn delivered(
    sink: &Sink,
    pattern: Pattern,
    record: impl Fn(&Sample) + Send + Sync + 'static,
    flush: impl Fn() + Send + Sync + 'static,
) -> Prepared {
    let calls = pattern.calls(record);
    let (counted, heard) = (sink.clone(), sink.clone());
    let run = Box::new(move |count| {
        calls(count);
        counted.expect(count);
    });
    Prepared::total(1, run, move || {
        flush();
        heard.heard()
    })
}
