//! Captures inside of captures, and beside each other.

use std::thread;

use telemetry::testing::{Capture, capture};
use telemetry::{execute, in_current_context, span};

fn emit() {
    execute!("nesting.event");
}

fn capture_it() -> Capture {
    capture("nesting.event")
}

fn elsewhere<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|threads| threads.spawn(work).join().unwrap())
}

#[test]
fn a_capture_inside_of_another_and_that_other_both_take_the_event() {
    let outer = capture_it();
    emit();
    let inner = capture_it();
    emit();
    assert_eq!((outer.len(), inner.len()), (2, 1));
    drop(inner);
    emit();
    assert_eq!(outer.len(), 3);
}

#[test]
fn the_outer_capture_may_end_first() {
    let outer = capture_it();
    let inner = capture_it();
    drop(outer);
    emit();
    elsewhere(|| inner.in_scope(emit));
    assert_eq!(inner.len(), 2);
}

#[test]
fn what_is_run_in_the_inner_capture_elsewhere_is_in_the_outer_one() {
    let outer = capture_it();
    let inner = capture_it();
    elsewhere(|| {
        inner.in_scope(emit);
        outer.in_scope(emit);
    });
    assert_eq!((outer.len(), inner.len()), (2, 1));
}

#[test]
fn what_began_in_an_inner_capture_goes_on_in_the_outer_one_after_its_end() {
    let outer = capture("nesting.span.*");
    let span = {
        let _inner = capture_it();
        span!("nesting.span")
    };
    elsewhere(|| span.finish());
    assert_eq!(outer.named("nesting.span.stop").len(), 1);
}

#[test]
fn a_scope_that_is_entered_on_a_thread_of_another_capture_is_in_both() {
    let foreign = elsewhere(capture_it);
    let own = capture_it();
    foreign.in_scope(|| {
        emit();
        let span = span!("nesting.both");
        elsewhere(|| span.in_scope(emit));
    });
    assert_eq!((own.len(), foreign.len()), (2, 2));
    emit();
    assert_eq!((own.len(), foreign.len()), (3, 2));
}

#[test]
fn a_capture_made_within_a_future_has_what_the_future_does_next() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let outer = capture_it();
    runtime.block_on(outer.scope(async {
        let inner = capture("nesting.*");
        tokio::task::yield_now().await;
        emit();
        // The future was begun before there was an inner one, and its own scope is the outer.
        let span = span!("nesting.within");
        elsewhere(|| drop(span));
        let task = in_current_context(async { emit() });
        elsewhere(|| futures_util::FutureExt::now_or_never(task));
        assert_eq!(inner.named("nesting.event").len(), 2);
        assert_eq!(inner.named("nesting.within.stop").len(), 1);
    }));
    assert_eq!(outer.len(), 2);
}

#[test]
fn captures_may_end_in_any_order() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut captures = [(); 3].map(|()| Some(capture_it()));
        for ended in order {
            captures[ended] = None;
            let before: Vec<_> = captures.iter().flatten().map(Capture::len).collect();
            emit();
            let after: Vec<_> = captures.iter().flatten().map(Capture::len).collect();
            assert!(
                before.iter().zip(&after).all(|(b, a)| b + 1 == *a),
                "{order:?}"
            );
        }
        let next = capture_it();
        emit();
        assert_eq!(next.len(), 1);
    }
}

#[test]
fn a_thread_that_two_captures_have_adopted_is_in_both() {
    let (one, other) = (elsewhere(capture_it), elsewhere(capture_it));
    let threads = [one.on_thread_start(), other.on_thread_start()];
    elsewhere(|| {
        threads.iter().for_each(|adopt| adopt());
        emit();
        drop(one);
        emit();
        let third = capture_it();
        emit();
        assert_eq!(third.len(), 1);
    });
    assert_eq!(other.len(), 3);
}
