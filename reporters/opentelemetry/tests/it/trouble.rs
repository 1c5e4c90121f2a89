//! What arrives when not all is well, and that nothing is lost uncounted.

use std::time::{Duration, Instant};

use telemetry_metrics::{Aggregator, counter};
use telemetry_opentelemetry::{FlushError, OpenTelemetry};

use crate::support::{
    Act, NEVER, Receiver, SOON, aggregator, alone, counts, emit, nobody, report_of, spans_of,
    spans_to, wait_until,
};

const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_full_queue_drops_and_counts_exactly() {
    let _alone = alone();
    let receiver = Receiver::that(|_| Act::Hang);
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .span_queue(100)
        .batch(10)
        .start()
        .unwrap();
    emit(1_000);
    // The batch that hangs counts, too.
    assert_eq!(counts(&spans_of(&aggregator)), (0, 900));
    assert!(otel.stop(SHORT).is_err());
    assert_eq!(counts(&spans_of(&aggregator)), (0, 1_000));
}

#[test]
fn a_slow_receiver_gets_what_there_is_room_for_and_nobody_waits_for_it() {
    let _alone = alone();
    let slow = Act::TakeLate(Duration::from_millis(100));
    let receiver = Receiver::that(move |_| slow);
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .span_queue(200)
        .batch(20)
        .start()
        .unwrap();
    // It takes some fifty requests, five seconds, to get a thousand spans.
    let began = Instant::now();
    emit(1_000);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    otel.flush(SOON).unwrap();
    let (sent, dropped) = counts(&spans_of(&aggregator));
    assert_eq!(sent + dropped, 1_000);
    assert!(sent >= 200 && dropped > 0, "{sent} and {dropped}");
    otel.stop(SOON).unwrap();
    assert_eq!(receiver.different() as u64, sent);
}

#[test]
fn a_full_queue_takes_spans_again_when_it_was_sent() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .span_queue(100)
        .start()
        .unwrap();
    for round in 1..=3 {
        emit(150);
        // What was on its way while others ended has made room for them.
        otel.flush(SOON).unwrap();
        let (sent, dropped) = counts(&spans_of(&aggregator));
        assert_eq!(sent + dropped, round * 150);
        assert!(sent >= round * 100);
    }
    drop(otel);
    let (sent, _) = counts(&spans_of(&aggregator));
    assert_eq!(receiver.different() as u64, sent);
}

#[test]
fn whatever_the_receiver_does_a_span_is_sent_or_dropped() {
    const SPANS: u64 = 100;
    // What it does, and how many spans are sent in the end.
    type Case = (&'static str, fn(usize) -> Act, u64);
    let cases: [Case; 8] = [
        ("takes all but 7", |_| Act::TakeBut(7), SPANS - 7),
        ("claims to have refused more", |_| Act::TakeBut(i64::MAX), 0),
        ("babbles", |_| Act::TakeAndBabble, SPANS),
        ("refuses", |_| Act::Answer(400), 0),
        ("redirects", |_| Act::Answer(302), 0),
        ("has enough at first", first(429), SPANS),
        ("is away at first", first(503), SPANS),
        (
            "hangs up at first",
            |n| if n == 0 { Act::Close } else { Act::Take },
            SPANS,
        ),
    ];
    for (what, script, sent) in cases {
        let _alone = alone();
        let receiver = Receiver::that(script);
        let aggregator = aggregator([]);
        let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
        emit(SPANS);
        let stopped = otel.stop(SOON);
        assert_eq!(
            counts(&spans_of(&aggregator)),
            (sent, SPANS - sent),
            "{what}"
        );
        assert_eq!(stopped.is_ok(), sent == SPANS, "{what}: {stopped:?}");
    }
}

fn first(status: u16) -> fn(usize) -> Act {
    match status {
        429 => |n| if n == 0 { Act::Answer(429) } else { Act::Take },
        _ => |n| if n == 0 { Act::Answer(503) } else { Act::Take },
    }
}

#[test]
fn what_cannot_be_delivered_in_time_is_dropped_and_said() {
    for script in [
        Some(Act::Answer(429)),
        Some(Act::Answer(503)),
        Some(Act::Close),
        Some(Act::Hang),
        None,
    ] {
        let _alone = alone();
        let receiver = script.map(|act| Receiver::that(move |_| act));
        let url = receiver.as_ref().map_or_else(nobody, Receiver::url);
        let aggregator = aggregator([]);
        let otel = spans_to(&url, &aggregator).start().unwrap();
        emit(50);
        let stopped = otel.stop(SHORT);
        assert_eq!(counts(&spans_of(&aggregator)), (0, 50), "{script:?}");
        match script {
            Some(Act::Hang) => assert_eq!(stopped, Err(FlushError::Timeout)),
            _ => {
                let Err(FlushError::Failed(why)) = &stopped else {
                    panic!("{stopped:?}");
                };
                assert!(why.contains("; 50 spans were dropped"), "{why}");
            }
        }
    }
}

#[test]
fn a_batch_that_is_given_up_makes_room_for_the_next() {
    let _alone = alone();
    let receiver = Receiver::that(|n| if n == 0 { Act::Answer(503) } else { Act::Take });
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .retry_for(Duration::from_millis(100))
        .start()
        .unwrap();
    emit(10);
    let Err(FlushError::Failed(why)) = otel.flush(SOON) else {
        panic!("it was given up");
    };
    assert!(
        why.starts_with("10 spans were not delivered in time: "),
        "{why}"
    );
    assert_eq!(counts(&spans_of(&aggregator)), (0, 10));
    emit(5);
    otel.flush(SOON).unwrap();
    assert_eq!(counts(&spans_of(&aggregator)), (5, 10));
}

#[test]
fn a_receiver_that_vanishes_in_mid_run_loses_nothing() {
    let _alone = alone();
    let first = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&first.url(), &aggregator)
        .batch(100)
        .batch_delay(Duration::from_millis(10))
        .start()
        .unwrap();
    let emitting = std::thread::spawn(|| {
        for _ in 0..100 {
            emit(50);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    wait_until("some", || first.different() > 500);
    let (address, before) = (first.address(), first.taken(ids));
    drop(first);
    emitting.join().unwrap();
    assert!(otel.health().traces.unwrap().sent < 5_000);

    let second = Receiver::at(address, Box::new(|_| Act::Take));
    otel.flush(SOON).unwrap();
    assert_eq!(counts(&spans_of(&aggregator)), (5_000, 0));
    assert!(spans_of(&aggregator).failed > 0);
    let mut all = second.taken(ids);
    all.extend(before);
    // One that the first had, and could not say so, is there twice.
    assert_eq!(all.len(), 5_000);
}

fn ids(taken: &crate::support::Taken) -> std::collections::HashSet<Vec<u8>> {
    let spans = taken.spans().into_iter();
    spans.map(|span| span.span_id.clone()).collect()
}

fn metrics_to(url: &str, aggregator: &Aggregator) -> OpenTelemetry {
    OpenTelemetry::builder(aggregator)
        .endpoint(url)
        .without_traces()
        .interval(NEVER)
        .start()
        .unwrap()
}

#[test]
fn metrics_that_were_not_delivered_are_said_again() {
    let _alone = alone();
    let receiver = Receiver::that(|n| if n == 0 { Act::Answer(400) } else { Act::Take });
    let aggregator = aggregator([counter("otlp.again.count")]);
    let otel = metrics_to(&receiver.url(), &aggregator);
    telemetry::execute!("otlp.again");
    assert!(matches!(otel.flush(SOON), Err(FlushError::Failed(_))));
    let report = report_of(&aggregator, "otlp-metrics");
    assert_eq!((report.sent, report.dropped), (0, 0));
    assert!(report.failed > 0);
    otel.flush(SOON).unwrap();
    assert!(report_of(&aggregator, "otlp-metrics").sent > 0);
    assert_eq!(receiver.taken(|taken| taken.metrics.len()), 1);
}

#[test]
fn metrics_that_are_not_delivered_at_the_end_are_dropped() {
    for script in [Act::Hang, Act::Answer(400)] {
        let _alone = alone();
        let receiver = Receiver::that(move |_| script);
        let aggregator = aggregator([counter("otlp.ending.count").unchecked()]);
        let otel = metrics_to(&receiver.url(), &aggregator);
        assert!(otel.stop(SHORT).is_err());
        let report = report_of(&aggregator, "otlp-metrics");
        assert_eq!(report.sent, 0, "{script:?}");
        assert!(report.dropped > 0, "{script:?}");
    }
}

#[test]
fn one_signal_does_not_wait_for_the_other() {
    let _alone = alone();
    let (stuck, well) = (Receiver::that(|_| Act::Hang), Receiver::new());
    let aggregator = aggregator([counter("otlp.both.count").unchecked()]);
    let otel = OpenTelemetry::builder(&aggregator)
        .traces_endpoint(stuck.url())
        .metrics_endpoint(format!("{}/v1/metrics", well.url()))
        .batch_delay(NEVER)
        .interval(Duration::from_millis(20))
        .start()
        .unwrap();
    emit(1);
    assert_eq!(otel.flush(SHORT), Err(FlushError::Timeout));
    let so_far = well.taken(|taken| taken.metrics.len());
    assert!(so_far > 0);
    wait_until("more metrics", || {
        well.taken(|taken| taken.metrics.len() > so_far)
    });
    assert_eq!(otel.stop(SHORT), Err(FlushError::Timeout));
    assert_eq!(counts(&spans_of(&aggregator)), (0, 1));
}
