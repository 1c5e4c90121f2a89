//! Ours: to the OpenTelemetry reporter, to the store of traces, and to the detector of N+1 queries.

use std::sync::Mutex;
use std::time::Duration;

use telemetry::{attach_spans, completion_span, sample_new_traces, span};
use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::OpenTelemetry;
use telemetry_traces::{NPlusOne, Traces};

use super::{BATCH, BURST, Query, Request, SPANS, TODOS, queries, request, work};
use crate::harness::{Case, Prepared, Run, Table, must_be_seen, repeat, seen};
use crate::receiver::Receiver;

/// For what takes a moment only.
const PATIENCE: Duration = Duration::from_secs(30);

/// More requests than a store keeps.
const ENOUGH: usize = 8_000;

/// By who listens, and whether the traces are sampled.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Traced, format!("traced.ours.{id}"), label, prepare).everywhere()
    };
    vec![
        case("none", "ours, nobody", || Prepared::unseen(requests())),
        case("noop", "ours, 1 no-op handler of all spans", || {
            attach_spans("bench-noop", |_| seen()).expect("a valid name");
            must_be_seen(|| span!("bench.endpoint").finish());
            Prepared::seen(SPANS, requests())
        }),
        case("otlp", "ours → OpenTelemetry reporter", || {
            sent(&Otlp::start())
        }),
        case(
            "otlp.unsampled",
            "ours → OpenTelemetry reporter, not sampled",
            || {
                let otlp = Otlp::start();
                unsampled(SPANS, move || otlp.arrived())
            },
        ),
        case("store", "ours → store of traces, full", || kept(&full())),
        case(
            "store.unsampled",
            "ours → store of traces, not sampled",
            || {
                let traces = full();
                unsampled(SPANS, move || traces.stats().spans_taken)
            },
        ),
        case(
            "n_plus_one",
            "ours → N+1 detector, which finds nothing",
            || {
                let detector = detector(TODOS as u32);
                serve(&request());
                assert_eq!(detector.found(), 1, "it would find one more query");
                drop(detector);
                let detector = self::detector(TODOS as u32 + 1);
                Prepared::total(0, requests(), move || detector.found())
            },
        ),
        case(
            "n_plus_one.found",
            "ours → N+1 detector, which finds one",
            || {
                let detector = detector(TODOS as u32);
                Prepared::total(1, requests(), move || detector.found())
            },
        ),
        case(
            "n_plus_one.unsampled",
            "ours → N+1 detector, not sampled",
            || {
                let detector = detector(TODOS as u32);
                unsampled(1, move || detector.found())
            },
        ),
        case("both", "ours → OpenTelemetry reporter and store", || {
            let (traces, otlp) = (full(), Otlp::start());
            together(otlp, traces, None)
        }),
        case(
            "all",
            "ours → OpenTelemetry reporter, store and detector",
            || {
                let (traces, otlp) = (full(), Otlp::start());
                together(otlp, traces, Some(detector(TODOS as u32 + 1)))
            },
        ),
        case(
            "all.unsampled",
            "ours → OpenTelemetry reporter, store and detector, not sampled",
            || {
                let (traces, otlp, detector) = (full(), Otlp::start(), detector(TODOS as u32));
                unsampled(2 * SPANS + 1, move || {
                    otlp.arrived() + traces.stats().spans_taken + detector.found()
                })
            },
        ),
    ]
}

fn requests() -> Run {
    let request = request();
    repeat(move |_| serve(&request))
}

/// As `telemetry-http` and `telemetry-sqlx` do it.
fn serve(request: &Request) {
    let span = span!("bench.endpoint", {
        method: request.method,
        route: request.route,
        status: None::<u16>,
    });
    let entered = span.enter();
    queries(request).for_each(query);
    drop(entered);
    span.set("status", request.status);
    span.finish();
}

fn query(query: &Query) {
    completion_span!("bench.repo.query", {
        repo: query.repo,
        source: query.source,
        command: query.command,
        statement: query.statement,
    })
    .in_scope(work);
}

/// A reporter, and what it reports to.
#[derive(Clone)]
struct Otlp {
    receiver: Receiver,
    // Its handle can be sent to other threads, but not shared by them.
    reporter: std::sync::Arc<Mutex<OpenTelemetry>>,
}

impl Otlp {
    fn start() -> Self {
        let receiver = Receiver::start();
        let aggregator = Aggregator::builder().start().expect("no definitions");
        let reporter = OpenTelemetry::builder(&aggregator)
            .endpoint(receiver.url())
            .without_metrics()
            .batch(BATCH)
            .start()
            .expect("valid settings");
        Self {
            receiver,
            reporter: std::sync::Arc::new(Mutex::new(reporter)),
        }
    }

    fn flush(&self) {
        let reporter = self.reporter.lock().expect("nobody panics");
        reporter.flush(PATIENCE).expect("the receiver is there");
    }

    /// All spans that have ended.
    fn arrived(&self) -> u64 {
        self.flush();
        self.receiver.spans()
    }
}

fn sent(otlp: &Otlp) -> Prepared {
    let (counted, flushed) = (otlp.clone(), otlp.clone());
    Prepared::total(SPANS, requests(), move || counted.arrived())
        .bursts(BURST, move || flushed.flush())
}

/// A store in which every trace takes the place of another, as in a program that has run for a while.
/// To be filled before anybody else listens.
fn full() -> Traces {
    let traces = Traces::builder().start().expect("valid settings");
    let request = request();
    // Always as many, so that it can be subtracted.
    (0..ENOUGH).for_each(|_| serve(&request));
    let evicted = traces
        .stats()
        .holds
        .iter()
        .any(|class| class.evicted.traces > 0);
    assert!(evicted, "{ENOUGH} requests fill the store");
    traces
}

fn kept(traces: &Traces) -> Prepared {
    let traces = traces.clone();
    Prepared::total(SPANS, requests(), move || traces.stats().spans_taken)
}

fn detector(threshold: u32) -> NPlusOne {
    let detector = NPlusOne::builder().threshold(threshold);
    detector.start().expect("valid settings")
}

fn together(otlp: Otlp, traces: Traces, detector: Option<NPlusOne>) -> Prepared {
    let flushed = otlp.clone();
    Prepared::total(2 * SPANS, requests(), move || {
        let found = detector.as_ref().map_or(0, NPlusOne::found);
        otlp.arrived() + traces.stats().spans_taken + found
    })
    .bursts(BURST, move || flushed.flush())
}

/// Requests of which nothing is taken, while of one that is sampled so much would be.
fn unsampled(of_sampled: u64, total: impl Fn() -> u64 + Send + Sync + 'static) -> Prepared {
    let before = total();
    serve(&request());
    assert_eq!(total() - before, of_sampled, "a sampled request is taken");
    sample_new_traces(0.0);
    Prepared::total(0, requests(), total)
}
