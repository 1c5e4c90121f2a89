//! What belongs to a capture, and what does not.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use telemetry::testing::{Capture, assert_emitted, assert_not_emitted, capture, capture_many};
use telemetry::{completion_span, execute, in_current_context, span};
use tokio::runtime::{Builder, Runtime};

use super::{DEADLINE, panic_of};

fn many_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// Runs `work` on a thread that belongs to nothing.
fn elsewhere<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|threads| threads.spawn(work).join().unwrap())
}

#[test]
fn captures_of_the_same_events_on_several_threads_at_once_do_not_mix() {
    const TESTS: u64 = 8;
    const EVENTS: u64 = 500;
    let all_capture = Barrier::new(TESTS as usize);
    thread::scope(|tests| {
        for test in 0..TESTS {
            let all_capture = &all_capture;
            tests.spawn(move || {
                let captured = capture_many(["side.by.side", "side.by.*"]);
                all_capture.wait();
                for n in 0..EVENTS {
                    execute!("side.by.side", { n }, { test });
                    span!("side.by.span", { test }).finish();
                }
                assert_eq!(captured.len() as u64, 3 * EVENTS);
                let events = captured.events();
                assert!(events.iter().all(|event| event.metadata_is("test", test)));
            });
        }
    });
}

#[tokio::test]
async fn all_that_is_spawned_on_a_current_thread_runtime_is_of_the_test() {
    let captured = capture("member.current_thread");
    let inner = async {
        let spawned = tokio::spawn(async { execute!("member.current_thread", { n: 2 }) });
        execute!("member.current_thread", { n: 1 });
        spawned.await.unwrap();
    };
    tokio::spawn(inner).await.unwrap();
    assert_emitted!(captured, "member.current_thread", { n: 1 });
    assert_emitted!(captured, "member.current_thread", { n: 2 });
}

#[test]
fn a_thread_that_was_given_nothing_is_not_of_the_test() {
    let captured = capture("member.nothing");
    elsewhere(|| execute!("member.nothing"));
    assert!(captured.is_empty());
    // Which is easily forgotten, so the messages speak of it.
    let told = "no event was captured\n  and 1 elsewhere, outside of the capture's scope";
    let text = panic_of(|| assert_emitted!(captured, "member.nothing"));
    assert!(text.contains(told), "{text}");
    let late = captured.wait_for("member.nothing", Duration::ZERO);
    let text = late.blocking().unwrap_err().to_string();
    assert!(text.contains(told), "{text}");
    assert_not_emitted!(captured, "member.nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_runtime_of_many_threads_a_task_belongs_by_what_it_was_given() {
    let emit = |how: &'static str| async move {
        tokio::task::yield_now().await;
        execute!("member.task", {}, { how });
    };
    let captured = capture("member.task");
    tokio::spawn(captured.scope(emit("scope"))).await.unwrap();
    // The body of the test runs on the thread that made the capture.
    tokio::spawn(in_current_context(emit("context")))
        .await
        .unwrap();
    let nested = async move {
        tokio::spawn(in_current_context(emit("nested")))
            .await
            .unwrap();
    };
    tokio::spawn(captured.scope(nested)).await.unwrap();
    tokio::spawn(span!("member.task.span").wrap(emit("span")))
        .await
        .unwrap();
    tokio::spawn(emit("nothing")).await.unwrap();

    assert_eq!(captured.len(), 4);
    for how in ["scope", "context", "nested", "span"] {
        assert_emitted!(captured, "member.task", {}, { how });
    }
}

#[test]
fn a_future_belongs_to_the_scope_while_it_is_polled_and_while_it_is_dropped() {
    struct Says;
    impl Drop for Says {
        fn drop(&mut self) {
            execute!("member.drop");
        }
    }
    let captured = capture("member.drop");
    let future = captured.scope(async {
        let _says = Says;
        std::future::pending::<()>().await;
    });
    elsewhere(move || {
        let mut future = Box::pin(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        execute!("member.drop");
        assert!(captured.is_empty(), "between two polls it is not current");
        drop(future);
        assert_eq!(captured.len(), 1);
    });
}

#[test]
fn a_closure_and_what_a_guard_spans_are_in_the_scope_and_in_the_same_span_as_before() {
    let captured = capture("member.entered");
    elsewhere(|| {
        let context = telemetry::SpanContext::new_root();
        context.in_scope(|| {
            captured.in_scope(|| execute!("member.entered", { n: 1 }));
            let guard = captured.enter();
            execute!("member.entered", { n: 2 });
            drop(guard);
            execute!("member.entered", { n: 3 });
        });
        let events = captured.events();
        assert_eq!(events.len(), 2);
        assert!(events.iter().all(|event| event.context() == Some(context)));
    });
}

#[test]
fn a_span_that_begins_in_the_scope_ends_in_it_wherever_it_ends() {
    let captured = capture_many(["member.span.*", "member.query"]);
    let stopped = span!("member.span");
    let cancelled = span!("member.span");
    let completed = completion_span!("member.query");
    let began = elsewhere(|| captured.in_scope(|| span!("member.span")));
    elsewhere(move || {
        stopped.in_scope(|| execute!("member.span.inside"));
        drop(cancelled);
        completed.finish();
        began.finish();
        execute!("member.span.inside");
    });
    let count = |name| captured.named(name).len();
    assert_eq!(count("member.span.start"), 3);
    assert_eq!(count("member.span.stop"), 3);
    assert_eq!(count("member.query"), 1);
    assert_eq!(count("member.span.inside"), 1);

    let panicking = span!("member.span");
    let panicked = thread::spawn(move || {
        panicking.in_scope(|| std::panic::resume_unwind(Box::new("on purpose")));
    });
    assert!(panicked.join().is_err());
    assert_emitted!(captured, "member.span.exception", {}, { reason: "on purpose" });
}

#[test]
fn a_span_below_another_on_a_thread_of_its_own_is_in_the_scope() {
    let captured = capture("member.below.*");
    let parent = span!("member.below");
    elsewhere(|| {
        let _entered = parent.enter();
        let child = span!("member.below.child");
        // Explicit parents say which trace, not which test.
        let other = span!(parent: None, "member.below.other");
        elsewhere(|| drop((child, other)));
    });
    assert_emitted!(captured, "member.below.child.stop");
    assert_emitted!(captured, "member.below.other.stop");
}

#[test]
fn threads_of_a_runtime_that_were_adopted_belong_until_the_capture_ends() {
    let (captured, other) = (capture("member.adopted"), capture("member.other"));
    let adopt = captured.on_thread_start();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(adopt.clone())
        .build()
        .unwrap();
    let emit = || {
        runtime.block_on(async {
            let task = async { execute!("member.adopted") };
            tokio::spawn(task).await.unwrap();
            let blocking = || execute!("member.adopted");
            tokio::task::spawn_blocking(blocking).await.unwrap();
        });
    };
    emit();
    assert_eq!((captured.len(), other.len()), (2, 0));
    elsewhere(|| {
        adopt();
        // Twice is as once.
        adopt();
        execute!("member.adopted");
    });
    assert_eq!(captured.len(), 3);

    drop(captured);
    let later = elsewhere(|| {
        let later = capture("member.adopted");
        adopt();
        emit();
        later
    });
    assert!(later.is_empty(), "the threads were those of the first");
}

#[test]
fn a_capture_that_is_dropped_on_another_thread_leaves_this_one_free() {
    for _ in 0..3 {
        let captured = capture("member.moved");
        execute!("member.moved");
        assert_eq!(captured.len(), 1);
        elsewhere(|| drop(captured));
        let foreign = elsewhere(|| capture("member.moved"));
        execute!("member.moved");
        assert!(foreign.is_empty());
    }
    assert!(telemetry::list_handlers("member.moved").is_empty());
}

#[test]
fn what_is_unobserved_otherwise_is_observed_while_it_is_captured() {
    let evaluated = || {
        let mut evaluated = false;
        execute!("member.observed", { n: { evaluated = true; 1 } });
        evaluated
    };
    assert!(!evaluated());
    let captured = capture("member.observed");
    assert!(evaluated());
    drop(captured);
    assert!(!evaluated());
}

#[test]
fn a_capture_is_shared_between_threads() {
    let captured: Arc<Capture> = Arc::new(capture("member.shared"));
    let (send, receive) = mpsc::channel();
    let runtime = many_threads();
    for n in 0..10 {
        let (own, send) = (captured.clone(), send.clone());
        runtime.spawn(async move {
            own.in_scope(|| execute!("member.shared", { n }));
            send.send(own.len()).unwrap();
        });
    }
    let largest = (0..10).map(|_| receive.recv_timeout(DEADLINE).unwrap());
    assert_eq!(largest.max(), Some(10));
    for n in 0..10 {
        assert_emitted!(captured, "member.shared", { n });
    }
    assert_not_emitted!(captured, "member.shared", { n: 10 });
}

#[cfg(feature = "stream")]
#[test]
fn a_stream_belongs_to_the_scope_while_it_is_polled() {
    use futures_util::{FutureExt, StreamExt, stream};
    let captured = capture("member.stream");
    let emits = stream::iter(0..3).map(|n| execute!("member.stream", { n }));
    let mut emits = Box::pin(captured.scope(emits));
    assert_eq!(futures_util::Stream::size_hint(&emits), (3, Some(3)));
    elsewhere(|| {
        while emits.next().now_or_never().flatten().is_some() {
            execute!("member.stream");
        }
    });
    assert_eq!(captured.len(), 3);
}
