//! Spans that nobody observes: to their children they are not there.

use std::thread;

use telemetry::{Span, SpanContext, completion_span, in_current_context, span};

use crate::support::{Witness, current, pend, poll_once};

#[test]
fn an_unobserved_span_stands_for_the_one_above() {
    let above = SpanContext::new_root();
    let idle = || span!("ctx_idle.unobserved");
    above.in_scope(|| {
        assert!(!idle().is_observed());
        assert_eq!(idle().context(), Some(above));
        assert_eq!(idle().in_scope(current), Some(above));
        let span = idle();
        let guard = span.enter();
        assert_eq!(current(), Some(above));
        drop(guard);
        let query = completion_span!("ctx_idle.unobserved.query");
        assert_eq!(query.context(), Some(above));
        assert_eq!(query.in_scope(current), Some(above));
        assert_eq!(current(), Some(above));
    });
    assert_eq!(idle().context(), None);
    assert_eq!(idle().in_scope(current), None);
}

#[test]
fn an_unobserved_span_hands_on_its_parent_wherever_it_goes() {
    let (above, elsewhere) = (SpanContext::new_root(), SpanContext::new_root());
    let make = || above.in_scope(|| span!("ctx_idle.unobserved.moved"));
    let explicit = || span!(parent: above, "ctx_idle.unobserved.moved");
    for make in [&make as &(dyn Fn() -> Span + Sync), &explicit] {
        thread::scope(|scope| {
            let on_thread = |elsewhere: Option<SpanContext>| {
                let (one, two, three) = (make(), make(), make());
                let work = move || {
                    let before = current();
                    assert_eq!(one.context(), Some(above));
                    assert_eq!(one.in_scope(current), Some(above));
                    let guard = two.enter();
                    assert_eq!(current(), Some(above));
                    drop(guard);
                    assert_eq!(current(), before);
                    let mut future = Box::pin(three.wrap(async {
                        assert_eq!(current(), Some(above));
                        pend(1).await;
                        assert_eq!(current(), Some(above));
                    }));
                    assert!(poll_once(future.as_mut()).is_pending());
                    assert_eq!(current(), before);
                    assert!(poll_once(future.as_mut()).is_ready());
                    assert_eq!(current(), before);
                };
                scope.spawn(move || match elsewhere {
                    Some(elsewhere) => elsewhere.in_scope(work),
                    None => work(),
                })
            };
            on_thread(None).join().unwrap();
            on_thread(Some(elsewhere)).join().unwrap();
        });
    }
}

#[test]
fn in_a_chain_the_observed_ones_find_each_other() {
    let witness = Witness::of("ctx.unobserved.chain.*");
    let outer = span!("ctx.unobserved.chain");
    let own = outer.context();
    let leaf = || span!("ctx.unobserved.chain.leaf").finish();
    let idle = || span!("ctx_idle.unobserved.chain");
    outer.in_scope(|| {
        // One unobserved in between, then three of different kinds.
        idle().in_scope(leaf);
        let guarded = idle();
        let _guard = guarded.enter();
        let query = completion_span!("ctx_idle.unobserved.chain.query");
        query.in_scope(|| {
            let mut future = Box::pin(idle().wrap(async move {
                leaf();
                pend(1).await;
                leaf();
            }));
            assert!(poll_once(future.as_mut()).is_pending());
            // Elsewhere, and on.
            thread::spawn(move || assert!(poll_once(future.as_mut()).is_ready()))
                .join()
                .unwrap();
        });
        let mut taken = Box::pin(idle().in_scope(|| in_current_context(async { leaf() })));
        SpanContext::new_root().in_scope(|| assert!(poll_once(taken.as_mut()).is_ready()));
    });
    let leaves: Vec<_> = witness
        .take()
        .iter()
        .filter(|seen| seen.event.name() == "ctx.unobserved.chain.leaf.stop")
        .map(|seen| (seen.parent(), Some(seen.own().trace_id())))
        .collect();
    assert_eq!(leaves, [(own, own.map(|own| own.trace_id())); 4]);
}

#[test]
fn a_span_that_was_made_by_hand_does_nothing() {
    const NOTHING: Span = Span::unobserved();
    let above = SpanContext::new_root();
    above.in_scope(|| {
        assert_eq!(NOTHING.context(), None);
        assert_eq!(NOTHING.in_scope(current), Some(above));
        let span = NOTHING;
        let _guard = span.enter();
        assert_eq!(current(), Some(above));
    });
}

#[test]
fn whether_it_is_observed_is_decided_when_it_begins() {
    let above = SpanContext::new_root();
    let make = || above.in_scope(|| span!("ctx.unobserved.late"));
    let unobserved = make();
    let witness = Witness::of("ctx.unobserved.late.*");
    let observed = make();
    assert_eq!(unobserved.context(), Some(above));
    assert_eq!(unobserved.in_scope(current), Some(above));
    assert_eq!(witness.take_what(), ["start"], "of the other one");
    let own = observed.context();
    drop(witness);
    assert_ne!(own, Some(above));
    assert_eq!(observed.in_scope(current), own);
}

#[test]
fn an_unobserved_span_without_a_parent_hands_on_that_it_has_none() {
    let witness = Witness::of("ctx.unobserved.root.*");
    let around = SpanContext::new_root();
    around.in_scope(|| {
        let root = span!(parent: None, "ctx_idle.unobserved.root");
        assert_eq!(root.context(), None);
        root.in_scope(|| {
            assert_eq!(current(), None);
            span!("ctx.unobserved.root").finish();
        });
        assert_eq!(current(), Some(around));
    });
    let seen = witness.take();
    assert_eq!(seen[1].parent(), None);
    assert_ne!(seen[1].own().trace_id(), around.trace_id());
}

#[test]
fn an_unobserved_root_that_is_polled_in_another_span_is_not_below_it() {
    let make = || span!("ctx_idle.unobserved.elsewhere");
    let (one, two) = (make(), make());
    let mut future = Box::pin(make().wrap(async { current() }));
    SpanContext::new_root().in_scope(|| {
        assert_eq!(one.in_scope(current), None);
        let guard = two.enter();
        assert_eq!(current(), None);
        drop(guard);
        assert_eq!(poll_once(future.as_mut()), std::task::Poll::Ready(None));
    });
}
