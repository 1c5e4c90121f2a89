//! An event that is being counted while its series goes. In a process of its own: what stops the
//! event half-way is the source of contexts, of which a process has one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use telemetry::{SpanContext, execute};
use telemetry_metrics::{Aggregator, Data, DeltaData, Needs, Reader, distribution};

/// Whoever asks for a context next waits in here.
static STOPS: AtomicBool = AtomicBool::new(false);
static GATE: Mutex<Option<(Sender<()>, Receiver<()>)>> = Mutex::new(None);

fn source() -> Option<SpanContext> {
    if STOPS.swap(false, Ordering::SeqCst) {
        let (inside, go_on) = GATE.lock().unwrap().take()?;
        inside.send(()).ok()?;
        let _ = go_on.recv_timeout(Duration::from_secs(20));
    }
    Some(SpanContext::new_root())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// How many were counted since the last time, and their total.
fn take(reader: &mut Reader) -> (u64, f64) {
    let (mut count, mut total, mut marks) = (0, 0.0, Vec::new());
    reader.scan(|delta| {
        if let DeltaData::Totals {
            count: more, sum, ..
        } = delta.data
        {
            count += more;
            total += sum.as_f64();
        }
        marks.push(delta.mark);
    });
    marks.into_iter().for_each(|mark| reader.take(mark));
    (count, total)
}

#[test]
fn a_series_waits_for_the_event_that_is_being_counted_in_it() {
    telemetry::set_context_source(source).unwrap();
    let metric = distribution("in_flight.n")
        .buckets([10])
        .tags(["k"])
        .max_series(2);
    let aggregator = Aggregator::builder()
        .metrics([metric])
        .expire_after(Duration::from_millis(100))
        .start()
        .unwrap();
    aggregator.keep_exemplars();
    let emit = |n: i32, k: &str| execute!("in_flight", { n }, { k });
    let count_of = |k: &str| match aggregator.snapshot().find("in_flight.n", &[("k", k)]) {
        Some(Data::Distribution(one)) => one.count,
        _ => 0,
    };
    let mut reader = aggregator.reader(Needs::Totals);
    emit(1, "a");
    assert_eq!(take(&mut reader), (1, 1.0));
    // From a snapshot on a bucket takes another example, and asks for its context.
    assert_eq!(count_of("a"), 1);

    let ((inside, is_inside), (go_on, goes_on)) = (channel(), channel());
    *GATE.lock().unwrap() = Some((inside, goes_on));
    STOPS.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        scope.spawn(move || emit(2, "a"));
        is_inside.recv_timeout(Duration::from_secs(20)).unwrap();
        until("the series is gone", || {
            assert_eq!(take(&mut reader), (0, 0.0), "it is not counted yet");
            count_of("a") == 0
        });
        for _ in 0..20 {
            assert_eq!(take(&mut reader), (0, 0.0), "it is not counted yet");
        }
        // Those tags begin anew, and the old place is not given away.
        emit(4, "a");
        emit(8, "b");
        assert_eq!((count_of("a"), count_of("b")), (1, 0));
        assert_eq!(take(&mut reader), (2, 12.0));
        go_on.send(()).unwrap();
    });
    let mut taken = (0, 0.0);
    until("the event is there", || {
        let (count, sum) = take(&mut reader);
        taken = (taken.0 + count, taken.1 + sum);
        taken.0 > 0
    });
    assert_eq!(taken, (1, 2.0));
    until("the place is free", || {
        // This one stays, so that nothing else goes that would take the old one along.
        emit(4, "a");
        emit(16, "b");
        let _ = take(&mut reader);
        count_of("b") > 0
    });
}
