//! Waiting: blocking and async, in time and not.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, future};
use telemetry::execute;
use telemetry::testing::{Capture, capture};

use super::{DEADLINE, panic_of};

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn what_is_there_already_is_found_at_once() {
    let captured = capture("wait.there.*");
    execute!("wait.there.a", { n: 1 });
    execute!("wait.there.b", { n: 2 });
    let b = captured.wait_for("wait.there.b", Duration::ZERO).blocking();
    assert_eq!(b.unwrap().measurement("n"), Some(2.into()));
    let all = captured.wait_for_count("*", 2, Duration::ZERO).blocking();
    assert_eq!(all.unwrap().len(), 2);
    let none = captured
        .wait_for_count("wait.there.c", 0, Duration::ZERO)
        .now_or_never();
    assert!(none.unwrap().is_ok());
    let first = captured
        .wait_for("wait.there.*", Duration::ZERO)
        .now_or_never();
    assert_eq!(first.unwrap().unwrap().name(), "wait.there.a");
}

#[test]
fn an_event_of_another_thread_ends_a_blocking_wait() {
    let captured = capture("wait.blocking");
    thread::scope(|threads| {
        threads
            .spawn(|| captured.in_scope(|| (0..5).for_each(|n| execute!("wait.blocking", { n }))));
        let fourth = captured
            .wait_where(|event| event.measurement("n") == Some(3.into()), DEADLINE)
            .blocking();
        assert!(fourth.is_ok());
        let all = captured
            .wait_for_count("wait.blocking", 5, DEADLINE)
            .blocking()
            .unwrap();
        assert_eq!(all.len(), 5);
    });
}

#[test]
fn a_wait_without_an_end_is_possible() {
    let captured = capture("wait.forever");
    thread::scope(|threads| {
        threads.spawn(|| captured.in_scope(|| execute!("wait.forever")));
        let found = captured.wait_for("wait.forever", Duration::MAX).blocking();
        assert!(found.is_ok());
    });
    captured.take();
    thread::scope(|threads| {
        threads.spawn(|| captured.in_scope(|| execute!("wait.forever")));
        let found = captured.wait_for("wait.forever", Duration::MAX);
        assert!(block_on(found).is_ok());
    });
}

#[tokio::test]
async fn a_wait_lets_the_tasks_of_its_own_thread_run() {
    // No timer and no I/O: the runtime has nothing but what the wait needs.
    let captured = capture("wait.own_thread");
    tokio::spawn(async {
        for n in 0..100 {
            tokio::task::yield_now().await;
            execute!("wait.own_thread", { n });
        }
    });
    let fiftieth = captured.wait_where(|e| e.measurement("n") == Some(49.into()), DEADLINE);
    fiftieth.await.unwrap();
    assert!(
        captured.len() < 100,
        "it did not wait for more than it needed"
    );
    let all = captured.wait_for_count("*", 100, DEADLINE).await.unwrap();
    assert_eq!(all.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_is_woken_from_any_thread_and_may_be_spawned() {
    let captured = capture("wait.any_thread");
    let waits: Vec<_> = (1..=20)
        .map(|count| tokio::spawn(captured.wait_for_count("*", count, DEADLINE)))
        .collect();
    for _ in 0..20 {
        tokio::spawn(captured.scope(async { execute!("wait.any_thread") }));
    }
    for (at, wait) in waits.into_iter().enumerate() {
        assert!(wait.await.unwrap().unwrap().len() > at);
    }
}

#[test]
fn when_the_time_is_up_the_error_says_what_was_captured_instead() {
    let captured = capture("wait.late.*");
    let wait = |captured: &Capture| {
        let blocking = captured.wait_for("wait.late.b", SHORT).blocking();
        let polled = block_on(captured.wait_for("wait.late.b", SHORT));
        [blocking.unwrap_err(), polled.unwrap_err()].map(|error| error.to_string())
    };
    for text in wait(&captured) {
        assert!(
            text.starts_with("`wait.late.b` did not come within 20ms"),
            "{text}"
        );
        assert!(text.contains(file!()), "{text}");
        assert!(text.ends_with("no event was captured"), "{text}");
    }
    execute!("wait.late.a", { n: 1, time: SHORT }, { key: "a\nb" });
    for text in wait(&captured) {
        let line = r#"1 event was captured:
  wait.late.a {n: 1, time: 20ms} {key: "a\nb"}"#;
        assert!(text.ends_with(line), "{text}");
    }
    for n in 0..30 {
        execute!("wait.late.a", { n });
    }
    let error = captured
        .wait_for_count("wait.late.*", 32, SHORT)
        .blocking()
        .unwrap_err();
    let text = format!("{error:?}");
    assert_eq!(
        text,
        error.to_string(),
        "what `unwrap` shows is the message"
    );
    assert!(
        text.starts_with("32 times `wait.late.*` did not come within 20ms"),
        "{text}"
    );
    assert!(
        text.contains("31 events") && text.ends_with("… and 11 more"),
        "{text}"
    );
}

#[test]
fn a_deadline_counts_from_the_call() {
    let captured = capture("wait.call");
    let begun = Instant::now();
    let wait = captured.wait_for("wait.call", SHORT);
    while begun.elapsed() <= SHORT {
        thread::yield_now();
    }
    assert!(wait.now_or_never().unwrap().is_err());
}

#[test]
fn a_wait_for_what_cannot_come_panics_at_once() {
    let captured = capture("wait.possible.*");
    let text = panic_of(|| captured.wait_for("wait.impossible", Duration::MAX));
    assert!(text.contains("never `wait.impossible`"), "{text}");
}

#[test]
fn a_wait_that_is_given_up_leaves_the_others_waiting() {
    let captured = capture("wait.several.*");
    let both = async {
        let a = captured.wait_for("wait.several.a", DEADLINE);
        let b = captured.wait_for("wait.several.b", DEADLINE);
        match future::select(pin!(a), pin!(b)).await {
            future::Either::Right((b, _given_up)) => b.unwrap(),
            future::Either::Left(_) => panic!("a is never emitted"),
        }
    };
    thread::scope(|threads| {
        threads.spawn(|| captured.in_scope(|| execute!("wait.several.b")));
        assert_eq!(block_on(both).name(), "wait.several.b");
    });
}

/// How often it was woken.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_wait_that_moves_to_another_task_wakes_that_one() {
    let captured = capture("wait.moves");
    let mut wait = Box::pin(captured.wait_for("wait.moves", DEADLINE));
    let tasks = [(); 2].map(|()| Arc::new(Counts::default()));
    for task in &tasks {
        let waker = Waker::from(task.clone());
        let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    execute!("wait.moves");
    assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [0, 1]);
}

#[test]
fn a_wait_keeps_no_waker_once_it_is_dropped() {
    let counts = Arc::new(Counts::default());
    let waker = Waker::from(counts.clone());
    let captured = capture("wait.waker.*");
    let mut wait = Box::pin(captured.wait_for("wait.waker.b", Duration::MAX));
    for _ in 0..10 {
        let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    execute!("wait.waker.a");
    assert_eq!(counts.0.load(Ordering::Relaxed), 1, "once for each event");
    drop((wait, waker));
    execute!("wait.waker.a");
    assert_eq!(counts.0.load(Ordering::Relaxed), 1);
    assert_eq!(Arc::strong_count(&counts), 1);
}

#[test]
fn a_predicate_may_look_at_the_capture_and_emit() {
    let captured = capture("wait.predicate.*");
    execute!("wait.predicate.a");
    let found = captured.wait_where(
        |event| {
            execute!("wait.predicate.b");
            event.name() == "wait.predicate.b" && captured.len() > 2
        },
        DEADLINE,
    );
    assert!(found.blocking().is_ok());
}

#[test]
fn a_count_is_one_of_events_of_the_name() {
    let captured = capture("wait.count.*");
    for n in 0..3 {
        execute!("wait.count.a", { n });
        execute!("wait.count.b", { n });
    }
    let of_a = captured.wait_for_count("wait.count.a", 3, Duration::ZERO);
    let of_a = of_a.blocking().unwrap();
    assert!(of_a.len() == 3 && of_a.iter().all(|event| event.name() == "wait.count.a"));
    let four = captured.wait_for_count("wait.count.a", 4, Duration::ZERO);
    assert!(four.blocking().is_err());
}

#[test]
fn a_wait_ends_when_its_capture_is_dropped_whatever_its_deadline() {
    let never = |captured: &Capture| captured.wait_for("wait.dropped.b", Duration::MAX);
    let captured = capture("wait.dropped.*");
    execute!("wait.dropped.a");
    let (blocking, polled, after, a) = (
        never(&captured),
        never(&captured),
        never(&captured),
        captured.wait_for("wait.dropped.a", Duration::MAX),
    );
    let texts = thread::scope(|threads| {
        let waits = [
            threads.spawn(|| blocking.blocking()),
            threads.spawn(|| block_on(polled)),
        ];
        drop(captured);
        waits.map(|wait| wait.join().unwrap().unwrap_err().to_string())
    });
    for text in texts {
        let start = "`wait.dropped.b` did not come before the capture was dropped";
        assert!(text.starts_with(start), "{text}");
    }
    execute!("wait.dropped.b");
    assert!(after.now_or_never().unwrap().is_err());
    assert!(a.blocking().is_ok(), "what came before still counts");
}

#[test]
fn a_wait_goes_on_where_it_was_when_events_are_taken_meanwhile() {
    let captured = capture("wait.taken.*");
    let mut wait = captured.wait_for_count("wait.taken.*", 3, DEADLINE);
    let mut count = || (&mut wait).now_or_never().map(|all| all.unwrap().len());
    execute!("wait.taken.a");
    execute!("wait.taken.a");
    assert_eq!(count(), None);
    assert_eq!(captured.take().len(), 2);
    execute!("wait.taken.b");
    assert_eq!(count(), Some(3));
}

#[test]
fn a_deadline_is_kept_while_other_events_pour_in() {
    let captured = capture("wait.pouring.*");
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            captured.in_scope(|| {
                while !over.load(Ordering::Relaxed) {
                    execute!("wait.pouring.a");
                    captured.take();
                }
            });
        });
        assert!(
            captured
                .wait_for("wait.pouring.b", SHORT)
                .blocking()
                .is_err()
        );
        assert!(block_on(captured.wait_for("wait.pouring.b", SHORT)).is_err());
        over.store(true, Ordering::Relaxed);
    });
}

/// An executor that knows nothing of time: it parks the thread until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let std::task::Poll::Ready(output) =
            future.as_mut().poll(&mut Context::from_waker(&waker))
        {
            return output;
        }
        thread::park();
    }
}
