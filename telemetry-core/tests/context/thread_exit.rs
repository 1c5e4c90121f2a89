//! What is current while a thread ends, in the destructors of its thread locals.

use std::cell::RefCell;
use std::task::Poll;
use std::thread;

use telemetry::{ContextGuard, SpanContext, execute, span};

use crate::support::{Notes, OnDrop, Witness, current, pend, poll_once};

type Last = OnDrop<Box<dyn FnMut()>>;

thread_local! {
    // Thread locals are dropped in an order of their own, so one is there before this crate's are
    // first used by the thread, and one after.
    static BEFORE: RefCell<Option<Last>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<Last>> = const { RefCell::new(None) };
    static KEPT: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

/// Runs `last` twice while a thread ends on which `first` has run.
fn at_exit(first: impl FnOnce() + Send + 'static, last: impl Fn() + Clone + Send + 'static) {
    thread::spawn(move || {
        let again = last.clone();
        BEFORE.with(|slot| *slot.borrow_mut() = Some(OnDrop(Box::new(last))));
        first();
        AFTER.with(|slot| *slot.borrow_mut() = Some(OnDrop(Box::new(again))));
    })
    .join()
    .unwrap();
}

#[test]
fn scopes_work_while_a_thread_ends() {
    let notes = Notes::new();
    let noted = notes.clone();
    let use_all = || {
        let _guard = SpanContext::new_root().enter();
    };
    at_exit(use_all, move || {
        let (one, two) = (SpanContext::new_root(), SpanContext::new_root());
        let mut seen = vec![current()];
        one.in_scope(|| {
            seen.push(current());
            let guard = two.enter();
            seen.push(current());
            drop(guard);
            seen.push(current());
            let mut future = Box::pin(two.wrap(async {
                pend(1).await;
                current()
            }));
            let _ = poll_once(future.as_mut());
            seen.push(current());
            if let Poll::Ready(within) = poll_once(future.as_mut()) {
                seen.push(within);
            }
        });
        seen.push(current());
        let [one, two] = [one, two].map(Some);
        noted.push((seen, [None, one, two, one, one, two, None]));
    });
    let seen = notes.take();
    assert_eq!(seen.len(), 2);
    for (seen, expected) in seen {
        assert_eq!(seen, expected);
    }
}

/// Nests scopes, and answers whether each was current within, and again after the one inside it.
fn nest(depth: usize) -> bool {
    if depth == 0 {
        return true;
    }
    let (before, context) = (current(), SpanContext::new_root());
    let within = context.in_scope(|| {
        let here = current() == Some(context);
        here && nest(depth - 1) && current() == Some(context)
    });
    within && current() == before
}

#[test]
fn scopes_nest_as_deep_as_they_like_while_a_thread_ends() {
    let notes = Notes::new();
    for kept in [0, 1, 7, 8, 9, 30] {
        let noted = notes.clone();
        let keep = move || {
            assert!(nest(50));
            KEPT.with(|guards| {
                let new = (0..kept).map(|_| SpanContext::new_root().enter());
                guards.borrow_mut().extend(new);
            });
        };
        at_exit(keep, move || noted.push(nest(50) && nest(50)));
        assert_eq!(notes.take(), [true, true], "{kept} guards were kept");
    }
}

#[test]
fn spans_know_their_parents_while_a_thread_ends() {
    let witness = Witness::of("ctx.exit.*");
    at_exit(
        || execute!("ctx.exit.first"),
        || {
            let outer = span!("ctx.exit.outer");
            outer.in_scope(|| {
                execute!("ctx.exit.plain");
                let inner = span!("ctx.exit.inner");
                inner.in_scope(|| execute!("ctx.exit.plain"));
            });
        },
    );
    let seen = witness.take();
    assert_eq!(seen.len(), 1 + 2 * 6);
    for half in [&seen[1..7], &seen[7..]] {
        let outer = Some(half[0].own());
        assert_eq!(half[1].event.context(), outer);
        assert_eq!(half[2].parent(), outer);
        assert_eq!(half[3].event.context(), Some(half[2].own()));
        assert_eq!(half[4].what(), "stop ok");
        assert!(half.iter().all(|seen| seen.current == seen.event.context()));
        assert_eq!(Some(half[5].own()), outer);
    }
}

/// Keeps guards until the thread ends, and checks that scopes work before and after they are
/// dropped. Returns what is current in the end, unless it is what three of the guards entered.
fn kept_until_the_end(in_order: bool) -> Option<SpanContext> {
    let kept = SpanContext::new_root();
    let notes = Notes::new();
    let noted = notes.clone();
    let keep = move || {
        KEPT.with(|guards| {
            let guards = &mut *guards.borrow_mut();
            guards.extend([(); 3].map(|()| kept.enter()));
            let other = SpanContext::new_root().enter();
            guards.push(other);
            // A vector drops the first first.
            if in_order {
                guards.reverse();
            }
        });
    };
    // A panic in such a destructor would end the process.
    at_exit(keep, move || {
        let (before, other) = (current(), SpanContext::new_root());
        let within = other.in_scope(current) == Some(other) && current() == before;
        noted.push((within, KEPT.try_with(|_| ()).is_err(), before));
    });
    let [first, second] = notes.take()[..] else {
        panic!("both have run");
    };
    assert_eq!((first.0, second.0), (true, true));
    // The one that was there first is dropped last.
    assert!(second.1);
    // Whatever that thread left, the next one begins with nothing.
    assert_eq!(thread::spawn(current).join().unwrap(), None);
    assert_eq!(current(), None);
    second.2.filter(|context| *context != kept)
}

#[test]
fn guards_kept_until_the_thread_ends_do_no_harm() {
    assert_eq!(kept_until_the_end(true), None);
}

/// Without the stack, which is gone by then, nobody knows which of them is the youngest, so what
/// is current to the last destructors of the thread is one of those entered. It is not more than
/// that: nothing panics, what is entered there is current there, and no other thread sees any of it.
#[test]
fn guards_kept_until_the_thread_ends_may_be_dropped_in_any_order() {
    assert_eq!(kept_until_the_end(false), None);
}
