//! Spans that look at what their work returned.

use std::pin::pin;

use telemetry::{in_current_context_fn, span};

use crate::support::{Witness, catch, current, panic_quietly, pend, poll_once};

type Answer = Result<u8, String>;

#[test]
fn an_err_out_of_a_closure_is_an_error_and_an_ok_is_none() {
    let witness = Witness::of("ctx.results.closure.*");
    for (answer, what, reason) in [
        (Ok(7), "stop ok", None),
        (Err("no".to_owned()), "stop error", Some("no")),
    ] {
        let answer: Answer = answer;
        assert_eq!(
            span!("ctx.results.closure").in_scope_result(|| answer.clone()),
            answer
        );
        let seen = witness.take();
        assert_eq!(seen[1].what(), what);
        assert!(seen[1].event.metadata_is("reason", reason));
    }
    let panics = || span!("ctx.results.closure").in_scope_result(|| -> Answer { panic_quietly(1) });
    assert!(catch(panics).is_err());
    assert_eq!(witness.take_what(), ["start", "exception panic"]);
    assert_eq!(
        span!("ctx_idle.results").in_scope_result(|| Answer::Ok(1)),
        Ok(1)
    );
}

#[test]
fn an_err_out_of_a_future_is_an_error_and_a_dropped_one_cancelled() {
    let witness = Witness::of("ctx.results.future.*");
    for (answer, what) in [(Ok(7), "stop ok"), (Err("no".to_owned()), "stop error")] {
        let answer: Answer = answer;
        let span = span!("ctx.results.future");
        let own = span.context();
        let mut future = pin!(span.wrap_result(async {
            pend(1).await;
            assert_eq!(current(), own);
            answer.clone()
        }));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(witness.take_what(), ["start"]);
        let polled = poll_once(future.as_mut());
        assert!(matches!(polled, std::task::Poll::Ready(result) if result == answer));
        assert_eq!(witness.only().what(), what);
    }
    let mut never = Box::pin(span!("ctx.results.future").wrap_result(async {
        pend(9).await;
        Answer::Ok(1)
    }));
    assert!(poll_once(never.as_mut()).is_pending());
    drop(never);
    assert_eq!(witness.take_what(), ["start", "stop cancelled"]);
}

#[test]
fn a_closure_takes_what_is_current_along_to_another_thread() {
    let span = span!("ctx.results.thread");
    let _witness = Witness::of("ctx.results.observed.*");
    let observed = span!("ctx.results.observed");
    let own = observed.context();
    assert!(own.is_some());
    let there = observed.in_scope(|| {
        let look = in_current_context_fn(current);
        std::thread::spawn(move || (look(), current()))
            .join()
            .unwrap()
    });
    assert_eq!(there, (own, None));
    drop(span);
}

#[test]
fn a_span_may_be_named_as_the_parent_itself() {
    let _witness = Witness::of("ctx.results.parent.*");
    let parent = span!("ctx.results.parent");
    let child = span!(parent: &parent, "ctx.results.parent.child");
    let trace = |span: &telemetry::Span| span.context().map(|context| context.trace_id());
    assert_eq!(trace(&child), trace(&parent));
    assert!(trace(&child).is_some());
}
