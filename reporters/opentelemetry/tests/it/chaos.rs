//! Everything at once, and the books are right afterwards.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{
    Act, Receiver, SOON, aggregator, alone, counts, emit, spans_of, spans_to, wait_until,
};

/// A receiver of bad manners: most requests it takes, and what it does with the others nobody knows.
fn moody(seed: u64) -> impl Fn(usize) -> Act + Send + Sync {
    move |number| {
        let mixed = (number as u64 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match mixed >> 60 {
            0 => Act::Answer(503),
            1 => Act::Answer(429),
            2 => Act::Answer(400),
            3 => Act::Close,
            4..7 => Act::TakeAndBabble,
            _ => Act::Take,
        }
    }
}

#[test]
fn with_a_receiver_of_bad_manners_sent_and_dropped_is_all() {
    const THREADS: u64 = 3;
    const EACH: u64 = 500;
    for seed in 0..3 {
        let _alone = alone();
        let receiver = Receiver::that(moody(seed));
        let aggregator = aggregator([]);
        let otel = spans_to(&receiver.url(), &aggregator)
            .batch(100)
            .span_queue(1_000)
            .batch_delay(Duration::from_millis(5))
            .start()
            .unwrap();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| emit(EACH));
            }
        });
        let _ = otel.flush(Duration::from_millis(100));
        let _ = otel.stop(Duration::from_secs(3));
        let (sent, dropped) = counts(&spans_of(&aggregator));
        assert_eq!(sent + dropped, THREADS * EACH, "seed {seed}");
        // One more request may have arrived when there was no time left to hear so.
        let arrived = receiver.different() as u64;
        assert!((sent..=sent + 100).contains(&arrived), "{sent} {arrived}");
    }
}

#[test]
fn spans_that_end_while_it_stops_are_sent_dropped_or_not_observed() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .batch(100)
        .start()
        .unwrap();
    let (emitted, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    emit(1);
                    emitted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait_until("some", || receiver.different() > 500);
        otel.stop(SOON).unwrap();
        let at_the_end = counts(&spans_of(&aggregator));
        is_over.store(true, Ordering::Relaxed);
        assert!(at_the_end.0 > 500);
    });
    let (sent, dropped) = counts(&spans_of(&aggregator));
    assert!(sent + dropped <= emitted.into_inner());
    assert_eq!(receiver.different() as u64, sent);
    emit(10);
    assert_eq!(counts(&spans_of(&aggregator)), (sent, dropped));
}
