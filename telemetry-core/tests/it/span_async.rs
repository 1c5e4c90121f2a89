//! Spans whose work is a future: in async code most things that end do so by being dropped.

use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use telemetry::{AttachGuard, attach_many, execute, span};
use tokio::sync::oneshot;

use crate::support::{DEADLINE, Log, OnDrop, catch, panic_quietly};

/// Writes how the span called `name` ended: the last segment of the event and its metadata.
fn watch(name: &'static str, log: &Log) -> AttachGuard {
    let log = log.clone();
    let events = ["stop", "exception"].map(|event| format!("{name}.{event}"));
    attach_many(name, events, move |event| {
        let end = &event.name()[name.len() + 1..];
        let metadata: Vec<_> = event
            .all_metadata()
            .map(|(key, value)| format!(" {key}={value}"))
            .collect();
        log.push(format!("{end}{}", metadata.concat()));
    })
    .unwrap()
    .guard()
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// What a layer does that turns a panic of a request into a reply: the panic ends here, and the
/// future is dropped later, when nothing unwinds any more.
async fn catch_panic<F: Future>(future: F) -> Result<F::Output, ()> {
    let mut future = pin!(future);
    poll_fn(
        move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(())),
        },
    )
    .await
}

#[tokio::test]
async fn a_future_that_is_ready_ends_its_span_ok() {
    let log = Log::new();
    let _guard = watch("it.async.ok", &log);
    let work = async {
        tokio::task::yield_now().await;
        7
    };
    assert_eq!(span!("it.async.ok", { n: 1 }).wrap(work).await, 7);
    assert_eq!(log.take(), ["stop n=1 outcome=ok"]);
}

#[tokio::test]
async fn an_error_is_reported_through_the_handle() {
    let log = Log::new();
    let _guard = watch("it.async.error", &log);
    let span = span!("it.async.error");
    let handle = span.handle();
    let work = async move {
        tokio::task::yield_now().await;
        let result = "x".parse::<u32>();
        result.inspect_err(|error| handle.fail(error))
    };
    span.wrap(work).await.unwrap_err();
    assert_eq!(
        log.take(),
        ["stop outcome=error reason=invalid digit found in string"]
    );
}

#[test]
fn a_future_dropped_at_an_await_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.dropped", &log);
    let mut future = Box::pin(span!("it.async.dropped").wrap(pending::<()>()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(log.len(), 0);
    drop(future);
    assert_eq!(log.take(), ["stop outcome=cancelled"]);
}

#[test]
fn a_future_that_is_never_polled_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.never", &log);
    drop(span!("it.async.never").wrap(ready(())));
    assert_eq!(log.take(), ["stop outcome=cancelled"]);
}

#[test]
fn an_error_before_the_drop_is_what_happened() {
    let log = Log::new();
    let _guard = watch("it.async.failed", &log);
    let span = span!("it.async.failed");
    let handle = span.handle();
    let mut future = Box::pin(span.wrap(async move {
        handle.fail("declined");
        pending::<()>().await;
    }));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(log.take(), ["stop outcome=error reason=declined"]);
}

#[tokio::test]
async fn the_branch_that_loses_a_select_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.select", &log);
    let begin = |branch: &str| span!("it.async.select", { branch });
    tokio::select! {
        biased;
        () = begin("slow").wrap(pending()) => unreachable!(),
        () = begin("fast").wrap(ready(())) => {}
    }
    let mut ends = log.take();
    ends.sort();
    assert_eq!(
        ends,
        [
            "stop branch=fast outcome=ok",
            "stop branch=slow outcome=cancelled"
        ]
    );
}

#[tokio::test]
async fn a_timeout_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.timeout", &log);
    let work = span!("it.async.timeout").wrap(pending::<()>());
    tokio::time::timeout(Duration::from_millis(1), work)
        .await
        .unwrap_err();
    assert_eq!(log.take(), ["stop outcome=cancelled"]);
}

#[tokio::test]
async fn an_aborted_task_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.aborted", &log);
    let (begun, has_begun) = oneshot::channel();
    let work = async {
        begun.send(()).unwrap();
        pending::<()>().await;
    };
    let task = tokio::spawn(span!("it.async.aborted").wrap(work));
    tokio::time::timeout(DEADLINE, has_begun)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(log.len(), 0);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(log.take(), ["stop outcome=cancelled"]);
}

#[test]
fn a_task_of_a_runtime_that_shuts_down_is_cancelled() {
    let log = Log::new();
    let _guard = watch("it.async.shutdown", &log);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.spawn(span!("it.async.shutdown").wrap(pending::<()>()));
    runtime.block_on(tokio::task::yield_now());
    drop(runtime);
    assert_eq!(log.take(), ["stop outcome=cancelled"]);
}

#[tokio::test]
async fn a_task_that_panics_says_so_with_its_message() {
    let log = Log::new();
    let _guard = watch("it.async.panics", &log);
    let work = async {
        tokio::task::yield_now().await;
        panic_quietly("oops");
    };
    let task = tokio::spawn(span!("it.async.panics", { n: 1 }).wrap(work));
    let panic = task.await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"oops"), "the panic went on");
    assert_eq!(
        log.take(),
        ["exception n=1 outcome=panic kind=panic reason=oops"]
    );
}

#[tokio::test]
async fn a_panic_that_a_layer_above_caught_is_one_exception() {
    let log = Log::new();
    let _guard = watch("it.async.caught", &log);
    let work = async {
        tokio::task::yield_now().await;
        panic_quietly(String::from("oops"));
    };
    let future = catch_panic(span!("it.async.caught").wrap(work));
    let mut future = Box::pin(future);
    assert_eq!(future.as_mut().await, Err::<(), _>(()));
    assert_eq!(
        log.take(),
        ["exception outcome=panic kind=panic reason=oops"]
    );
    assert!(!thread::panicking());
    drop(future);
    assert_eq!(log.len(), 0, "dropping it afterwards adds nothing");
}

#[test]
fn a_panic_caught_by_hand_is_one_exception_even_when_the_future_is_dropped_late() {
    let log = Log::new();
    let _guard = watch("it.async.late", &log);
    let mut future =
        Box::pin(span!("it.async.late").wrap(poll_fn(|_| -> Poll<()> { panic_quietly("oops") })));
    let panic = catch(|| poll_once(future.as_mut())).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"oops"));
    assert_eq!(
        log.take(),
        ["exception outcome=panic kind=panic reason=oops"]
    );
    // Whoever polls on gets what the inner future does, and the span stays ended.
    assert!(catch(|| poll_once(future.as_mut())).is_err());
    drop(future);
    assert_eq!(log.len(), 0);
}

#[test]
fn a_future_dropped_by_unwinding_says_panic() {
    let log = Log::new();
    let _guard = watch("it.async.unwound", &log);
    let panic = catch(|| {
        let mut future = Box::pin(span!("it.async.unwound").wrap(pending::<()>()));
        assert!(poll_once(future.as_mut()).is_pending());
        panic_quietly("beside the future");
    });
    assert!(panic.is_err());
    let reason = "unknown: the span was dropped by unwinding";
    assert_eq!(
        log.take(),
        [format!(
            "exception outcome=panic kind=panic reason={reason}"
        )]
    );
}

#[test]
fn a_destructor_of_the_future_that_panics_is_one_exception() {
    let log = Log::new();
    let _guard = watch("it.async.destructor", &log);
    let work = async {
        let _panics = OnDrop::new(|| panic_quietly("in a destructor"));
        pending::<()>().await;
    };
    let mut future = Box::pin(span!("it.async.destructor").wrap(work));
    assert!(poll_once(future.as_mut()).is_pending());
    assert!(catch(move || drop(future)).is_err());
    let ends = log.take();
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert!(ends[0].starts_with("exception outcome=panic"), "{ends:?}");
}

#[test]
fn destructors_of_the_futures_locals_are_part_of_the_work() {
    let log = Log::new();
    let _guard = watch("it.async.locals", &log);
    let seen = log.clone();
    let work = async move {
        let _emits = OnDrop::new(move || seen.push("local dropped"));
        pending::<()>().await;
    };
    let mut future = Box::pin(span!("it.async.locals").wrap(work));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(log.take(), ["local dropped", "stop outcome=cancelled"]);
}

#[test]
fn a_future_may_be_polled_by_one_thread_after_another() {
    let log = Log::new();
    let _guard = watch("it.async.moves", &log);
    let span = span!("it.async.moves");
    let handle = span.handle();
    let mut polls = 0;
    let mut future = Box::pin(span.wrap(poll_fn(move |_| {
        polls += 1;
        handle.set("polls", polls);
        if polls == 3 {
            Poll::Ready(polls)
        } else {
            Poll::Pending
        }
    })));
    for _ in 0..2 {
        let (poll, back) = thread::spawn(move || (poll_once(future.as_mut()), future))
            .join()
            .unwrap();
        assert!(poll.is_pending());
        future = back;
    }
    assert_eq!(poll_once(future.as_mut()), Poll::Ready(3));
    drop(future);
    assert_eq!(log.take(), ["stop outcome=ok polls=3"]);
}

#[test]
fn a_future_polled_after_its_end_adds_nothing() {
    let log = Log::new();
    let _guard = watch("it.async.again", &log);
    let mut future = Box::pin(span!("it.async.again").wrap(async {}));
    assert!(poll_once(future.as_mut()).is_ready());
    assert!(
        catch(|| poll_once(future.as_mut())).is_err(),
        "an async block refuses"
    );
    drop(future);
    assert_eq!(log.take(), ["stop outcome=ok"]);
}

#[tokio::test]
async fn what_nobody_observes_is_the_future_itself() {
    let log = Log::new();
    let begin = || span!("it.async.unobserved");
    let mut wrapped = Box::pin(begin().wrap(async {
        tokio::task::yield_now().await;
        7
    }));
    let _guard = watch("it.async.unobserved", &log);
    assert_eq!(wrapped.as_mut().await, 7);
    drop(wrapped);
    assert_eq!(log.len(), 0);
}

#[tokio::test]
async fn spans_around_spans_end_from_the_inside() {
    let log = Log::new();
    let _guard = watch("it.async.nested", &log);
    let begin = |depth: u32| span!("it.async.nested", { depth });
    let inner = begin(2).wrap(async {
        tokio::task::yield_now().await;
        panic_quietly("oops");
    });
    let outer = catch_panic(begin(1).wrap(async { catch_panic(inner).await.unwrap_err() }));
    outer.await.unwrap();
    assert_eq!(
        log.take(),
        [
            "exception depth=2 outcome=panic kind=panic reason=oops",
            "stop depth=1 outcome=ok"
        ]
    );
}

#[tokio::test]
async fn events_may_be_emitted_across_awaits() {
    async fn size() -> usize {
        tokio::task::yield_now().await;
        7
    }
    let log = Log::new();
    let seen = log.clone();
    let _guard = telemetry::attach("it-async-emit", "it.async.emit", seen.writes_event())
        .unwrap()
        .guard();
    tokio::spawn(async {
        let bytes = size().await;
        execute!("it.async.emit", { bytes, again: size().await });
    })
    .await
    .unwrap();
    assert_eq!(log.take(), ["it.async.emit bytes=7 again=7 |"]);
}
