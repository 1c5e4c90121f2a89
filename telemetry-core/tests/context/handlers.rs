//! Handlers that do things of their own: emit, begin spans, run a whole executor.

use std::sync::Arc;

use telemetry::{Span, SpanContext, attach, execute, span};

use crate::support::{Notes, Witness, current, pend};

#[test]
fn a_handler_may_run_an_executor() {
    let witness = Witness::of("ctx.handlers.inner.*");
    let notes = Notes::new();
    let noted = notes.clone();
    let _guard = attach("ctx-handlers-block", "ctx.handlers.block", move |event| {
        let own = event.context();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let (before, within, spawned) = runtime.block_on(async {
            let before = current();
            let span = span!("ctx.handlers.inner");
            let inner = span.context();
            let spawned = tokio::spawn(async {
                pend(2).await;
                // The executor runs in the handler's context, and so does what it is given.
                current()
            });
            let within = span.wrap(async move {
                pend(3).await;
                assert_eq!(current(), inner);
                inner
            });
            (before, within.await, spawned.await.unwrap())
        });
        assert_eq!(current(), own);
        noted.push((own, before, within, spawned));
    })
    .unwrap()
    .guard();

    let context = SpanContext::new_root();
    context.in_scope(|| {
        execute!("ctx.handlers.block");
        assert_eq!(current(), Some(context));
    });
    let here = Some(context);
    let [(own, before, within, spawned)] = notes.take()[..] else {
        panic!("one call that did not fail");
    };
    assert_eq!((own, before, spawned), (here, here, here));
    let seen = witness.take();
    assert_eq!(seen[1].what(), "stop ok");
    assert_eq!((seen[1].parent(), Some(seen[1].own())), (here, within));
}

#[test]
fn what_a_handler_emits_belongs_to_the_span_of_its_event() {
    let witness = Witness::of("ctx.handlers.echo.*");
    let _guard = attach("ctx-handlers-echoes", "ctx.handlers.work.*", |event| {
        if event.name().ends_with("start") {
            execute!("ctx.handlers.echo.of_start");
        } else {
            execute!("ctx.handlers.echo.of_end");
            span!("ctx.handlers.echo.span").finish();
        }
    })
    .unwrap()
    .guard();
    let span = span!("ctx.handlers.work");
    let own = span.context();
    assert!(own.is_some());
    SpanContext::new_root().in_scope(|| span.finish());

    let seen = witness.take();
    let plain: Vec<_> = seen[..2].iter().map(|seen| seen.event.context()).collect();
    assert_eq!(plain, [own, own], "and not of where it ended");
    let child = &seen[3];
    assert_eq!((child.what(), child.parent()), ("stop ok".to_owned(), own));
}

#[test]
fn a_span_that_ends_in_a_handler_does_not_change_what_is_current_around_it() {
    let witness = Witness::of("ctx.handlers.held.*");
    let held = Arc::new(std::sync::Mutex::new(Some(span!("ctx.handlers.held"))));
    let held_context = held.lock().unwrap().as_ref().and_then(Span::context);
    let ends = held.clone();
    let _guard = attach("ctx-handlers-ends", "ctx.handlers.ends", move |_| {
        drop(ends.lock().unwrap().take());
    })
    .unwrap()
    .guard();
    let context = SpanContext::new_root();
    context.in_scope(|| {
        execute!("ctx.handlers.ends");
        assert_eq!(current(), Some(context));
    });
    let seen = witness.take();
    assert_eq!(seen[1].what(), "stop cancelled");
    assert_eq!(seen[1].current, held_context);
}
