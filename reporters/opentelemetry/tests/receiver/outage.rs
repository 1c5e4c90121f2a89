//! The receiver is there, and not, and there again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telemetry::span;
use telemetry_otlp_receiver::{Gate, Receiver};

use crate::support::{SOON, alone, nothing, quiet};

const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n";
const GARBAGE: &str = "HTTP/1.1 502 \r\nContent-Length: 4\r\n\r\n\u{0}\u{1}\u{2}\u{3}";

/// Emits until it is over; returns how many spans.
fn emit_until(over: &AtomicBool, emitted: &AtomicU64) {
    while !over.load(Ordering::Relaxed) {
        for _ in 0..20 {
            span!("receiver.outage").finish();
            emitted.fetch_add(1, Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "not {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn what_was_sent_has_arrived_and_the_rest_is_counted() {
    let _alone = alone();
    let receiver = Receiver::start();
    let gate = Gate::before(&receiver);
    let aggregator = nothing();
    let otel = quiet(&aggregator)
        .endpoint(gate.http())
        .without_metrics()
        .span_queue(1_000)
        .batch(100)
        .batch_delay(Duration::from_millis(20))
        .retry_for(SOON)
        .start()
        .unwrap();
    let (over, emitted) = (AtomicBool::new(false), AtomicU64::new(0));
    let report = || otel.health().traces.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| emit_until(&over, &emitted));
        }
        let _stop = OnDrop(|| over.store(true, Ordering::Relaxed));
        wait_until("begun", || report().sent > 500);

        gate.vanish();
        let (failed, dropped) = (report().failed, report().dropped);
        wait_until("noticed", || report().failed > failed);
        wait_until("full", || report().dropped > dropped + 500);
        gate.come_back();
        let sent = report().sent;
        wait_until("back", || report().sent > sent + 1_000);

        // Busy, broken off, broken; each is tried again.
        let failed = report().failed;
        gate.answer([BUSY, "", GARBAGE]);
        let sent = report().sent;
        wait_until("back again", || report().sent > sent + 500);
        assert!(report().failed > failed);

        // Refused is for good.
        let dropped = report().dropped;
        gate.answer([REFUSED]);
        wait_until("refused", || report().dropped > dropped);
        let sent = report().sent;
        wait_until("past it", || report().sent > sent);
    });
    // Some of it was refused, so it may say so; what counts is that nothing is left.
    let _ = otel.flush(SOON);
    let health = otel.health();
    let traces = health.traces.unwrap();
    let emitted = emitted.load(Ordering::Relaxed);
    assert_eq!(traces.sent + traces.dropped, emitted, "{traces:?}");
    assert_eq!(health.queued_spans, 0);
    let mut arrived = HashMap::new();
    for span in receiver.received().spans {
        *arrived.entry(span.id).or_insert(0_u32) += 1;
    }
    assert!(arrived.values().all(|times| *times == 1), "none twice");
    assert_eq!(arrived.len() as u64, traces.sent);
    let seen = gate.seen();
    assert!(
        seen.passed > 0 && seen.answered == 3 && seen.cut >= 1,
        "{seen:?}"
    );
}

/// Also when an assertion fails, so that threads that wait for it end.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn a_receiver_that_is_gone_for_good_costs_what_could_not_be_sent() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = nothing();
    let otel = quiet(&aggregator)
        .endpoint(receiver.http())
        .without_metrics()
        .retry_for(Duration::from_millis(300))
        .start()
        .unwrap();
    for _ in 0..100 {
        span!("receiver.gone").finish();
    }
    otel.flush(SOON).unwrap();
    assert_eq!(receiver.received().spans.len(), 100);
    drop(receiver);
    for _ in 0..50 {
        span!("receiver.gone").finish();
    }
    otel.flush(SOON).unwrap_err();
    let health = otel.health();
    let traces = health.traces.unwrap();
    assert_eq!((traces.sent, traces.dropped), (100, 50));
    assert_eq!(health.queued_spans, 0);
    assert!(traces.failed > 0);
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn what_arrives_twice_has_the_same_ids() {
    let _alone = alone();
    let receiver = Receiver::start();
    let gate = Gate::before(&receiver);
    let aggregator = nothing();
    let otel = quiet(&aggregator)
        .endpoint(gate.http())
        .without_metrics()
        .start()
        .unwrap();
    gate.lose_answers(1);
    for _ in 0..10 {
        span!("receiver.twice").finish();
    }
    otel.flush(SOON).unwrap();
    assert_eq!(gate.seen().lost, 1);
    let traces = otel.health().traces.unwrap();
    assert_eq!((traces.sent, traces.dropped), (10, 0));
    let received = receiver.received().spans;
    let (first, second) = received.split_at(10);
    assert_eq!(first, second);
}
