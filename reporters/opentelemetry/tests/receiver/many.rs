//! Many spans of many threads.

use std::collections::HashSet;

use telemetry::span;
use telemetry_otlp_receiver::Receiver;

use crate::support::{SOON, Way, alone, nothing};

const THREADS: usize = 4;

/// How many each thread emits. The receiver decodes some ten thousand a second.
fn spans_by(way: Way) -> usize {
    match way {
        Way::PLAIN => 25_000,
        _ => 5_000,
    }
}

fn all_arrive(way: Way) {
    let _alone = alone();
    let each = spans_by(way);
    let all = THREADS * each;
    let receiver = Receiver::start();
    let aggregator = nothing();
    let otel = way
        .to(&receiver, &aggregator)
        .without_metrics()
        .span_queue(all)
        .span_queue_bytes(256 * 1024 * 1024)
        .batch(2_000)
        // An attempt that takes too long is made again, and spans arrive twice.
        .timeout(SOON)
        .start()
        .unwrap();
    let sent: HashSet<(String, String)> = std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| scope.spawn(move || emit(thread, each)));
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(sent.len(), all);
    otel.flush(4 * SOON).unwrap();
    let health = otel.health();
    let traces = health.traces.unwrap();
    assert_eq!((traces.sent, traces.dropped), (all as u64, 0));
    assert_eq!(health.queued_spans, 0);
    let received = receiver.received().spans;
    assert_eq!(received.len(), all);
    let arrived: HashSet<_> = received
        .into_iter()
        .map(|span| {
            assert!(span.name == "receiver.many" && span.attributes.get("number").is_some());
            (span.trace, span.id)
        })
        .collect();
    assert!(sent == arrived, "each of them once, as it was");
}

fn emit(thread: usize, each: usize) -> Vec<(String, String)> {
    (0..each)
        .map(|number| {
            let span = span!("receiver.many", { thread: thread, number: number });
            let context = span.context().unwrap();
            span.finish();
            (
                context.trace_id().to_string(),
                context.span_id().to_string(),
            )
        })
        .collect()
}

mod many_spans {
    crate::support::on_every_way!(all_arrive);
}
