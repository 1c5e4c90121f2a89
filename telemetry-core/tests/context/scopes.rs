//! Closures and threads: what is current comes and goes like parentheses.

use std::future::ready;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{SpanContext, in_current_context, span};

use crate::support::{Witness, catch, current, panic_quietly, poll_once};

/// One of the ways to make something current, and what happens meanwhile.
#[derive(Debug, Clone)]
struct Scope {
    how: How,
    inside: Vec<Scope>,
    /// Panics after all that.
    panics: bool,
}

#[derive(Debug, Clone, Copy)]
enum How {
    ContextInScope,
    ContextEnter,
    ContextWrap,
    SpanInScope,
    SpanEnter,
    SpanWrap,
    UnobservedInScope,
    UnobservedEnter,
    UnobservedWrap,
    InCurrentContext,
    Child,
}

fn scopes() -> impl Strategy<Value = Vec<Scope>> {
    let how = || {
        prop::sample::select(vec![
            How::ContextInScope,
            How::ContextEnter,
            How::ContextWrap,
            How::SpanInScope,
            How::SpanEnter,
            How::SpanWrap,
            How::UnobservedInScope,
            How::UnobservedEnter,
            How::UnobservedWrap,
            How::InCurrentContext,
            How::Child,
        ])
    };
    let leaf = (how(), prop::bool::weighted(0.2)).prop_map(|(how, panics)| Scope {
        how,
        inside: Vec::new(),
        panics,
    });
    let scope = leaf.prop_recursive(6, 60, 4, move |inner| {
        (how(), vec(inner, 0..4), prop::bool::weighted(0.2)).prop_map(|(how, inside, panics)| {
            Scope {
                how,
                inside,
                panics,
            }
        })
    });
    vec(scope, 1..4)
}

/// Runs a scope in which `outside` is current, and checks what is before, within and after.
fn run(scope: &Scope, outside: Option<SpanContext>) {
    assert_eq!(current(), outside);
    let inside = |expected: Option<SpanContext>| {
        assert_eq!(current(), expected, "{:?}", scope.how);
        for scope in &scope.inside {
            run(scope, expected);
        }
        assert_eq!(current(), expected, "{:?}", scope.how);
        if scope.panics {
            panic_quietly("on purpose");
        }
    };
    let observed = || {
        let span = span!("ctx.scopes.tree");
        assert!(span.is_observed());
        let context = span.context();
        (span, context)
    };
    let unobserved = || {
        let span = span!("ctx_idle.scopes.tree");
        assert!(!span.is_observed());
        span
    };
    let other = SpanContext::new_root();
    let ended = catch(|| match scope.how {
        How::ContextInScope => other.in_scope(|| inside(Some(other))),
        How::ContextEnter => {
            let _guard = other.enter();
            inside(Some(other));
        }
        How::ContextWrap => {
            let mut future = Box::pin(other.wrap(async { inside(Some(other)) }));
            assert!(poll_once(future.as_mut()).is_ready());
        }
        How::SpanInScope => {
            let (span, context) = observed();
            span.in_scope(|| inside(context));
        }
        How::SpanEnter => {
            let (span, context) = observed();
            let _guard = span.enter();
            inside(context);
        }
        How::SpanWrap => {
            let (span, context) = observed();
            let mut future = Box::pin(span.wrap(async { inside(context) }));
            assert!(poll_once(future.as_mut()).is_ready());
        }
        How::UnobservedInScope => unobserved().in_scope(|| inside(outside)),
        How::UnobservedEnter => {
            let span = unobserved();
            let _guard = span.enter();
            inside(outside);
        }
        How::UnobservedWrap => {
            let mut future = Box::pin(unobserved().wrap(async { inside(outside) }));
            assert!(poll_once(future.as_mut()).is_ready());
        }
        How::InCurrentContext => {
            let mut future = Box::pin(in_current_context(async { inside(outside) }));
            // Polled elsewhere, it has its own all the same (nothing is not taken along).
            let mut polled = || assert!(poll_once(future.as_mut()).is_ready());
            match outside {
                Some(_) => other.in_scope(polled),
                None => polled(),
            }
        }
        How::Child => {
            // On another thread, which begins with nothing.
            let ended = thread::scope(|scope| {
                let there = scope.spawn(|| {
                    assert_eq!(current(), None);
                    other.in_scope(|| inside(Some(other)));
                });
                there.join()
            });
            if let Err(panic) = ended {
                panic_quietly(panic);
            }
        }
    });
    assert_eq!(ended.is_err(), scope.panics, "{scope:?}");
    assert_eq!(current(), outside);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_nested_in_whatever_is_current_there_and_only_there(tree in scopes()) {
        static WITNESS: std::sync::OnceLock<Witness> = std::sync::OnceLock::new();
        let witness = WITNESS.get_or_init(|| Witness::of("ctx.scopes.tree.*"));
        for scope in &tree {
            run(scope, None);
        }
        witness.take();
        prop_assert_eq!(current(), None);
    }
}

#[test]
fn a_scope_returns_what_its_work_returned() {
    let context = SpanContext::new_root();
    assert_eq!(context.in_scope(current), Some(context));
    let mut future = Box::pin(context.wrap(ready(7)));
    assert_eq!(
        poll_once(future.as_mut()),
        std::task::Poll::Ready(7),
        "futures likewise"
    );
}

#[test]
fn a_span_is_not_current_by_itself() {
    let _witness = Witness::of("ctx.scopes.made.*");
    let span = span!("ctx.scopes.made");
    assert_eq!(current(), None);
    span.in_scope(|| ());
    assert_eq!(current(), None);
}

#[test]
fn the_same_context_may_be_entered_many_times() {
    let context = SpanContext::new_root();
    let guards: Vec<_> = (0..1_000).map(|_| context.enter()).collect();
    assert_eq!(current(), Some(context));
    drop(guards);
    assert_eq!(current(), None);
}

#[test]
fn a_thread_begins_with_nothing_and_takes_what_it_is_given() {
    let context = SpanContext::new_root();
    context.in_scope(|| {
        let there = thread::spawn(move || {
            let before = current();
            let within = context.in_scope(current);
            (before, within, current())
        });
        assert_eq!(there.join().unwrap(), (None, Some(context), None));
        assert_eq!(current(), Some(context));
    });
}
