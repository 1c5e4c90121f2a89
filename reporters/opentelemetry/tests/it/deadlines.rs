//! Whoever flushes or stops waits no longer than he wants to.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use telemetry_opentelemetry::FlushError;

use crate::support::{
    Act, Receiver, SOON, aggregator, alone, counts, emit, nobody, spans_of, spans_to, wait_until,
};

const SHORT: Duration = Duration::from_millis(200);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);

fn in_time<R>(limit: Duration, work: impl FnOnce() -> R) -> R {
    let begin = Instant::now();
    let result = work();
    let took = begin.elapsed();
    assert!(took < limit + SLACK, "it took {took:?}");
    result
}

/// As an executor does that knows nothing of timers or sockets.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_receiver_that_never_answers_keeps_nobody() {
    let _alone = alone();
    let receiver = Receiver::that(|_| Act::Hang);
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    emit(10);
    for _ in 0..2 {
        let flushed = in_time(SHORT, || otel.flush(SHORT));
        assert_eq!(flushed, Err(FlushError::Timeout));
        let flushed = in_time(SHORT, || block_on(otel.flush_async(SHORT)));
        assert_eq!(flushed, Err(FlushError::Timeout));
    }
    assert_eq!(otel.flush(Duration::ZERO), Err(FlushError::Timeout));
    let stopped = in_time(SHORT, || otel.stop(SHORT));
    assert_eq!(stopped, Err(FlushError::Timeout));
    assert_eq!(counts(&spans_of(&aggregator)), (0, 10));
}

#[test]
fn dropping_gives_up_after_two_seconds() {
    let _alone = alone();
    let receiver = Receiver::that(|_| Act::Hang);
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    emit(10);
    in_time(Duration::from_secs(2), || drop(otel));
    assert_eq!(counts(&spans_of(&aggregator)), (0, 10));
}

#[test]
fn dropping_sends_what_there_is() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    emit(10);
    drop(otel);
    assert_eq!(receiver.different(), 10);
    // And observes no more.
    emit(10);
    assert_eq!(counts(&spans_of(&aggregator)), (10, 0));
}

#[test]
fn a_flush_that_fails_says_why() {
    let _alone = alone();
    let aggregator = aggregator([]);
    let otel = spans_to(&nobody(), &aggregator).start().unwrap();
    emit(1);
    let Err(FlushError::Failed(why)) = otel.flush(SHORT) else {
        panic!("nobody listens");
    };
    assert!(why.contains("127.0.0.1"), "{why}");
    // It stays, and is tried again.
    assert_eq!(otel.health().queued_spans, 1);
    assert_eq!(counts(&spans_of(&aggregator)), (0, 0));
    assert!(otel.stop(Duration::ZERO).is_err());
}

#[test]
fn futures_need_no_runtime_and_may_be_given_up() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    emit(1);
    assert_eq!(block_on(otel.flush_async(SOON)), Ok(()));
    assert_eq!(receiver.different(), 1);
    emit(1);
    // It began when it was called.
    drop(otel.flush_async(SOON));
    wait_until("the second", || receiver.different() == 2);
    emit(1);
    assert_eq!(block_on(otel.stop_async(SOON)), Ok(()));
    assert_eq!(receiver.different(), 3);
}

#[test]
fn a_future_that_outlives_the_reporter_ends() {
    let _alone = alone();
    let receiver = Receiver::that(|_| Act::Hang);
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    emit(1);
    let flushed = otel.flush_async(Duration::MAX);
    assert!(otel.stop(SHORT).is_err());
    assert_eq!(
        in_time(SHORT, || block_on(flushed)),
        Err(FlushError::Stopped)
    );
}

#[test]
fn many_may_flush_at_once() {
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    emit(5);
                    otel.flush(SOON).unwrap();
                }
            });
        }
    });
    assert_eq!(counts(&spans_of(&aggregator)), (800, 0));
    assert_eq!(receiver.different(), 800);
}

#[test]
fn a_flush_hears_what_became_of_the_batch_that_was_on_its_way() {
    let _alone = alone();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let receiver = Receiver::that(move |n| {
        if n > 0 {
            return Act::Take;
        }
        let _ = may_go_on.lock().unwrap().recv_timeout(SOON);
        Act::Answer(400)
    });
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .batch(5)
        .start()
        .unwrap();
    emit(5);
    wait_until("the batch", || receiver.taken(|taken| taken.requests) == 1);
    let flushed = [otel.flush_async(SOON), otel.flush_async(SOON)];
    go_on.send(()).unwrap();
    for flushed in flushed {
        let Err(FlushError::Failed(why)) = block_on(flushed) else {
            panic!("it was refused");
        };
        assert!(why.starts_with("5 spans were refused: "), "{why}");
    }
    assert_eq!(otel.flush(SOON), Ok(()), "that is over");
    assert_eq!(otel.stop(SOON), Ok(()));
    assert_eq!(counts(&spans_of(&aggregator)), (0, 5));
}

#[test]
fn no_span_is_missing_from_the_account_at_any_moment() {
    use std::sync::atomic::{AtomicU64, Ordering};
    const SPANS: u64 = 5_000;
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .batch(1)
        .start()
        .unwrap();
    let ended = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..SPANS {
                emit(1);
                ended.fetch_add(1, Ordering::SeqCst);
            }
        });
        loop {
            let ended = ended.load(Ordering::SeqCst);
            let health = otel.health();
            let (sent, dropped) = counts(&health.traces.unwrap());
            assert!(sent + dropped + health.queued_spans as u64 >= ended);
            if sent + dropped == SPANS {
                break;
            }
        }
    });
}

#[test]
fn nobody_waits_for_standard_error() {
    let _alone = alone();
    let aggregator = aggregator([]);
    let otel = spans_to(&nobody(), &aggregator).start().unwrap();
    emit(1);
    // There is something to say, and no way to say it.
    let stderr = std::io::stderr().lock();
    let (stopped, is_stopped) = std::sync::mpsc::channel();
    let stopping = otel.stop_async(SHORT);
    let waiting = std::thread::spawn(move || stopped.send(block_on(stopping)));
    let stopped = is_stopped.recv_timeout(SOON);
    drop(stderr);
    assert!(matches!(stopped, Ok(Err(_))), "{stopped:?}");
    assert_eq!(counts(&spans_of(&aggregator)), (0, 1));
    waiting.join().unwrap().unwrap();
}

#[test]
fn a_flush_ends_though_spans_never_do() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let _alone = alone();
    let receiver = Receiver::new();
    let aggregator = aggregator([]);
    let otel = spans_to(&receiver.url(), &aggregator)
        .batch(50)
        .start()
        .unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                emit(1);
            }
        });
        for _ in 0..5 {
            let flushed = otel.flush(SOON);
            if flushed.is_err() {
                is_over.store(true, Ordering::Relaxed);
            }
            flushed.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
