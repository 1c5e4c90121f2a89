//! Panics: in the work, in handlers, and caught in between.

use std::future::poll_fn;
use std::task::Poll;

use telemetry::{SpanContext, attach_many, execute, list_handlers, span};
use tokio::task::{spawn, yield_now};

use crate::support::{
    Notes, Seen, Witness, catch, catch_panic, current, notes_current, panic_quietly, pend,
    poll_once,
};

#[test]
fn a_closure_that_panics_leaves_its_scope() {
    let witness = Witness::of("ctx.panics.closure.*");
    let outer = SpanContext::new_root();
    outer.in_scope(|| {
        let span = span!("ctx.panics.closure");
        let own = span.context();
        let panic = catch(|| {
            span.in_scope(|| {
                let _kept = SpanContext::new_root().enter();
                panic_quietly("oops");
            })
        });
        assert!(panic.is_err());
        assert_eq!(current(), Some(outer));
        let seen = witness.take();
        assert_eq!(seen[1].what(), "exception panic");
        assert_eq!(seen[1].current, own);

        assert!(catch(|| SpanContext::new_root().in_scope(|| panic_quietly("oops"))).is_err());
        assert_eq!(current(), Some(outer));
        assert!(catch(|| span!("ctx_idle.panics").in_scope(|| panic_quietly("oops"))).is_err());
        assert_eq!(current(), Some(outer));
    });
    assert_eq!(current(), None);
}

#[test]
fn a_poll_that_panics_leaves_its_context_and_the_drop_comes_back_to_it() {
    let witness = Witness::of("ctx.panics.poll.*");
    let (notes, outer) = (Notes::new(), SpanContext::new_root());
    let note = notes_current(&notes);
    let span = span!("ctx.panics.poll");
    let own = span.context();
    let mut future = Box::pin(span.wrap(poll_fn(move |_| -> Poll<()> {
        let _keep = &note;
        std::mem::forget(SpanContext::new_root().enter());
        panic_quietly("oops");
    })));
    outer.in_scope(|| {
        assert!(catch(|| poll_once(future.as_mut())).is_err());
        assert_eq!(current(), Some(outer));
        let seen = witness.take();
        assert_eq!(seen[1].what(), "exception panic");
        assert_eq!(seen[1].current, own, "not what the future had left entered");
        // The span is over, but what the future owns is its own still.
        drop(future);
        assert_eq!(notes.take(), [own]);
        assert_eq!(current(), Some(outer));
    });
    assert_eq!(witness.take_what(), [""; 0]);
}

#[tokio::test]
async fn below_a_layer_that_catches_panics_everything_goes_on_in_its_own_context() {
    let witness = Witness::of("ctx.panics.layer.*");
    let outer = span!("ctx.panics.layer.outer");
    let own = outer.context();
    outer
        .wrap(async {
            for _ in 0..3 {
                let inner = span!("ctx.panics.layer.inner");
                let context = inner.context();
                let failed = catch_panic(inner.wrap(async {
                    yield_now().await;
                    assert_eq!(current(), context);
                    let _kept = SpanContext::new_root();
                    panic_quietly("oops")
                }))
                .await;
                assert_eq!(failed, Err::<(), _>(()));
                assert_eq!(current(), own);
                yield_now().await;
                assert_eq!(current(), own);
            }
        })
        .await;
    let seen = witness.take();
    let what: Vec<_> = seen.iter().map(Seen::what).collect();
    let inner = ["start", "exception panic"];
    assert_eq!(
        what,
        [&["start"], &inner[..], &inner, &inner, &["stop ok"]].concat()
    );
    assert!(seen.iter().all(|seen| seen.current == Some(seen.own())));
}

#[tokio::test]
async fn a_task_that_panics_leaves_nothing_on_its_thread() {
    let _witness = Witness::of("ctx.panics.task.*");
    for _ in 0..10 {
        let task = spawn(span!("ctx.panics.task").wrap(async {
            yield_now().await;
            panic_quietly("oops");
        }));
        assert!(task.await.unwrap_err().is_panic());
        // One thread runs all of this.
        assert_eq!(current(), None);
        assert_eq!(spawn(async { current() }).await.unwrap(), None);
    }
}

#[test]
fn a_future_dropped_by_unwinding_ends_in_its_own_context() {
    let witness = Witness::of("ctx.panics.unwound.*");
    let (notes, outer) = (Notes::new(), SpanContext::new_root());
    let span = span!("ctx.panics.unwound");
    let own = span.context();
    let noted = notes.clone();
    outer.in_scope(|| {
        let panic = catch(|| {
            let mut future = Box::pin(span.wrap(async move {
                let _note = notes_current(&noted);
                pend(1).await;
            }));
            assert!(poll_once(future.as_mut()).is_pending());
            panic_quietly("beside the future");
        });
        assert!(panic.is_err());
        assert_eq!(current(), Some(outer));
    });
    assert_eq!(notes.take(), [own]);
    let seen = witness.take();
    assert_eq!(seen[1].what(), "exception panic");
    assert_eq!(seen[1].current, own);
}

#[test]
fn a_handler_that_panics_in_a_scope_of_its_own_leaves_the_emitters_context_alone() {
    let events = [
        "ctx.panics.handler.start",
        "ctx.panics.handler.stop",
        "ctx.panics.handler.plain",
    ];
    let quiet = attach_many("ctx-panics-quiet", [telemetry::HANDLER_FAILURE], |_| {});
    let _quiet = quiet.unwrap().guard();
    let _fails = attach_many("ctx-panics-handler", events, |_| {
        let _guard = SpanContext::new_root().enter();
        SpanContext::new_root().in_scope(|| panic_quietly("on purpose"));
    })
    .unwrap()
    .guard();
    let witness = Witness::of("ctx.panics.handler.*");

    let outer = SpanContext::new_root();
    outer.in_scope(|| {
        let span = span!("ctx.panics.handler");
        assert_eq!(current(), Some(outer));
        let own = span.context();
        span.in_scope(|| {
            execute!("ctx.panics.handler.plain");
            assert_eq!(current(), own);
        });
        assert_eq!(current(), Some(outer));
        // The handler that runs after the failing one sees what it should.
        let seen: Vec<_> = witness.take().iter().map(|seen| seen.current).collect();
        assert_eq!(seen, [own, own, own]);
    });
    let rows = list_handlers("ctx.panics.handler");
    let failing = rows.iter().find(|row| row.id == "ctx-panics-handler");
    assert_eq!(failing.map(|row| row.failures), Some(3));
}
