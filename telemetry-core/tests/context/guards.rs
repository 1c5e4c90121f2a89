//! Guards: dropped in any order, kept over an await, forgotten.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{ContextGuard, SpanContext, span};
use tokio::task::LocalSet;

use crate::support::{Witness, current, pend, poll_once};

fn on_current_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(LocalSet::new().run_until(future))
}

#[derive(Debug, Clone)]
enum Step {
    Enter,
    EnterSpan,
    /// A poll that keeps some guards of its own and drops one of those from outside.
    Poll {
        enters: usize,
        drops: prop::sample::Index,
    },
    Drop(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Enter),
        1 => Just(Step::EnterSpan),
        1 => (0..3usize, any::<prop::sample::Index>())
            .prop_map(|(enters, drops)| Step::Poll { enters, drops }),
        3 => any::<prop::sample::Index>().prop_map(Step::Drop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_youngest_guard_that_is_alive_and_of_this_poll_is_current(steps in vec(step(), 1..40)) {
        // In the order of entering; a guard that outlived its poll makes nothing current any more.
        let mut alive: Vec<(Option<SpanContext>, ContextGuard)> = Vec::new();
        for step in steps {
            match step {
                Step::Enter => {
                    let context = SpanContext::new_root();
                    alive.push((Some(context), context.enter()));
                }
                Step::EnterSpan => {
                    // Unobserved: stands for what is current.
                    let span = span!("ctx_idle.guards.order");
                    alive.push((current(), span.enter()));
                }
                Step::Poll { enters, drops } => {
                    let context = SpanContext::new_root();
                    let kept = Rc::new(RefCell::new(Vec::new()));
                    let dropped =
                        if alive.is_empty() { None } else { Some(alive.remove(drops.index(alive.len())).1) };
                    let keeps = kept.clone();
                    let mut poll = Box::pin(context.wrap(async move {
                        assert_eq!(current(), Some(context));
                        for _ in 0..enters {
                            keeps.borrow_mut().push(SpanContext::new_root().enter());
                        }
                        let inside = current();
                        drop(dropped);
                        assert_eq!(current(), inside);
                    }));
                    assert!(poll_once(poll.as_mut()).is_ready());
                    drop(poll);
                    let kept = kept.take();
                    // They stand nowhere in the order.
                    let at = alive.len();
                    for (n, guard) in kept.into_iter().enumerate() {
                        alive.insert((at + n) / 2, (None, guard));
                    }
                }
                Step::Drop(at) => {
                    if !alive.is_empty() {
                        drop(alive.remove(at.index(alive.len())));
                    }
                }
            }
            let expected = alive.iter().rev().find_map(|(context, _)| *context);
            prop_assert_eq!(current(), expected);
        }
        alive.clear();
        prop_assert_eq!(current(), None);
    }
}

#[test]
fn a_guard_kept_over_an_await_does_not_leak_into_other_tasks() {
    let _witness = Witness::of("ctx.guards.kept.*");
    on_current_thread(async {
        let keeps = span!("ctx.guards.kept");
        let own = keeps.context();
        let task = tokio::task::spawn_local(keeps.wrap(async move {
            let inner = SpanContext::new_root();
            let guard = inner.enter();
            assert_eq!(current(), Some(inner));
            pend(3).await;
            // The guard ended with the poll in which it was entered.
            assert_eq!(current(), own);
            drop(guard);
            assert_eq!(current(), own);
        }));
        let others: Vec<_> = (0..3)
            .map(|_| {
                tokio::task::spawn_local(async {
                    for _ in 0..5 {
                        assert_eq!(current(), None);
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        task.await.unwrap();
        for other in others {
            other.await.unwrap();
        }
        assert_eq!(current(), None);
    });
}

#[test]
fn a_guard_leaked_by_one_task_does_not_reach_a_wrapped_one() {
    on_current_thread(async {
        let leaks = tokio::task::spawn_local(async {
            let _guard = SpanContext::new_root().enter();
            // Nobody wraps this future, so nobody knows when its polls end.
            pend(5).await;
        });
        let context = SpanContext::new_root();
        let wrapped = tokio::task::spawn_local(context.wrap(async move {
            for _ in 0..10 {
                assert_eq!(current(), Some(context));
                tokio::task::yield_now().await;
            }
        }));
        wrapped.await.unwrap();
        leaks.await.unwrap();
        assert_eq!(current(), None);
    });
}

#[test]
fn a_guard_kept_over_an_await_ends_with_the_poll_whether_its_span_is_observed_or_not() {
    for depth in [0, 1, 20] {
        let around: Vec<_> = (0..depth).map(|_| SpanContext::new_root()).collect();
        let mut guards: Vec<_> = around.iter().map(|context| context.enter()).collect();
        let above = around.last().copied();
        let oldest = if depth > 1 {
            Some(guards.remove(0))
        } else {
            None
        };
        let mut future = Box::pin(span!("ctx_idle.guards.kept").wrap(async move {
            let inner = SpanContext::new_root();
            let kept = [SpanContext::new_root().enter(), inner.enter()];
            assert_eq!(current(), Some(inner));
            // One from outside goes meanwhile.
            drop(oldest);
            pend(1).await;
            assert_eq!(current(), above);
            drop(kept);
            std::mem::forget(inner.enter());
        }));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(current(), above);
        assert!(poll_once(future.as_mut()).is_ready());
        assert_eq!(current(), above);
        while let Some(guard) = guards.pop() {
            drop(guard);
            let below = guards.len() + usize::from(depth > 1);
            let expected = if guards.is_empty() {
                None
            } else {
                Some(around[below - 1])
            };
            assert_eq!(current(), expected);
        }
    }
}

#[test]
fn a_guard_moved_into_a_future_and_dropped_there_leaves_what_it_entered() {
    let (one, two) = (SpanContext::new_root(), SpanContext::new_root());
    let guard = one.enter();
    let mut future = Box::pin(two.wrap(async move {
        assert_eq!(current(), Some(two));
        drop(guard);
        assert_eq!(current(), Some(two));
    }));
    assert_eq!(current(), Some(one));
    assert!(poll_once(future.as_mut()).is_ready());
    assert_eq!(current(), None);
}

#[test]
fn a_forgotten_guard_is_left_with_the_poll_around_it() {
    let (own, forgotten) = (SpanContext::new_root(), SpanContext::new_root());
    let mut future = Box::pin(own.wrap(async {
        std::mem::forget(forgotten.enter());
        assert_eq!(current(), Some(forgotten));
    }));
    assert!(poll_once(future.as_mut()).is_ready());
    assert_eq!(current(), None);
}

#[test]
fn a_guard_outlives_the_span_that_it_entered() {
    let witness = Witness::of("ctx.guards.outlives.*");
    let span = span!("ctx.guards.outlives");
    let context = span.context();
    let guard = span.enter();
    span.finish();
    assert_eq!(witness.take_what(), ["start", "stop ok"]);
    assert_eq!(current(), context, "the drop of a guard only leaves");
    drop(guard);
    assert_eq!(current(), None);
    assert_eq!(witness.take_what(), [""; 0]);
}
