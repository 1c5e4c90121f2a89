//! Many tests at once, and tests that end badly: nothing mixes, nothing hangs, nothing stays.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use telemetry::testing::{assert_emitted, capture};
use telemetry::{execute, list_handlers, span};
use tokio::runtime::Builder;

use super::{DEADLINE, panic_of};

#[test]
fn two_hundred_tests_at_once_have_each_their_own_events() {
    const TESTS: u64 = 200;
    thread::scope(|tests| {
        for test in 0..TESTS {
            tests.spawn(move || {
                let captured = capture("many.*");
                thread::scope(|threads| {
                    // What another thread of the test does comes when it likes.
                    threads.spawn(|| {
                        captured.in_scope(|| {
                            for n in 0..5 {
                                execute!("many.elsewhere", { n }, { test });
                            }
                        });
                    });
                    for n in 0..5 {
                        execute!("many.here", { n }, { test });
                    }
                    let all = captured.wait_for_count("many.*", 10, DEADLINE).blocking();
                    assert!(all.is_ok(), "{}", all.unwrap_err());
                });
                assert_eq!(captured.len(), 10);
                assert!(
                    captured
                        .events()
                        .iter()
                        .all(|e| e.metadata_is("test", test))
                );
            });
        }
    });
    assert!(list_handlers("many").is_empty());
}

#[test]
fn captures_that_come_and_go_take_their_own_events_while_others_emit() {
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        let lasting = thread::scope(|setup| setup.spawn(|| capture("comes.goes")).join().unwrap());
        threads.spawn(|| {
            // Stops also if the rest panics.
            struct Over<'o>(&'o AtomicBool);
            impl Drop for Over<'_> {
                fn drop(&mut self) {
                    self.0.store(true, Ordering::Relaxed);
                }
            }
            let _over = Over(&over);
            for round in 0..300 {
                let own = capture("comes.goes");
                let inner = capture("comes.goes");
                execute!("comes.goes", {}, { round });
                drop(own);
                execute!("comes.goes", {}, { round });
                assert_eq!(inner.len(), 2);
                assert!(inner.events().iter().all(|e| e.metadata_is("round", round)));
            }
        });
        while !over.load(Ordering::Relaxed) {
            lasting.in_scope(|| execute!("comes.goes", {}, { round: "none" }));
            lasting.take();
        }
        execute!("comes.goes");
        assert!(lasting.is_empty());
    });
    assert!(list_handlers("comes").is_empty());
}

#[test]
fn a_test_that_panics_leaves_nothing_attached_and_its_thread_free() {
    thread::spawn(|| {
        for _ in 0..3 {
            let text = panic_of(|| {
                let captured = capture("panics.event");
                execute!("panics.event");
                assert_eq!(captured.len(), 1);
                let _entered = captured.enter();
                let _span = span!("panics.span").enter();
                resume_unwind(Box::new("on purpose"));
            });
            assert_eq!(text, "on purpose");
            assert!(list_handlers("panics").is_empty());
        }
    })
    .join()
    .unwrap();
}

#[test]
fn two_tests_share_a_runtime() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let test = |test: u32| {
        let captured = capture("shared.runtime.*");
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let blocking = captured.scope(async move {
                    tokio::task::yield_now().await;
                    span!("shared.runtime.span", { test }).wrap(async {}).await;
                    execute!("shared.runtime.event", { n }, { test });
                });
                runtime.spawn(blocking)
            })
            .collect();
        let all = captured.wait_for_count("shared.runtime.*", 150, DEADLINE);
        runtime.block_on(all).unwrap();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(captured.len(), 150);
        assert!(
            captured
                .events()
                .iter()
                .all(|e| e.metadata_is("test", test))
        );
    };
    thread::scope(|tests| {
        tests.spawn(|| test(1));
        tests.spawn(|| test(2));
    });
}

#[test]
fn what_blocks_for_a_task_belongs_where_the_capture_goes_with_it() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let captured = std::sync::Arc::new(capture("blocks.event"));
    let own = captured.clone();
    let task = async {
        let with = move || own.in_scope(|| execute!("blocks.event", {}, { with: true }));
        tokio::task::spawn_blocking(with).await.unwrap();
        let without = || execute!("blocks.event", {}, { with: false });
        tokio::task::spawn_blocking(without).await.unwrap();
    };
    runtime.block_on(task);
    assert_emitted!(captured, "blocks.event", {}, { with: true });
    assert_eq!(captured.len(), 1);
}
