//! Tasks: spawned, stolen by other threads, selected among, aborted.

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use telemetry::{SpanContext, execute, in_current_context, span};
use tokio::sync::Semaphore;
use tokio::task::{spawn, spawn_blocking, yield_now};

use crate::support::{DEADLINE, Notes, OnDrop, Seen, Witness, current, notes_current};

static MIGRATIONS: AtomicU64 = AtomicU64::new(0);

/// Yields many times, and is where it was each time.
async fn stays(expected: Option<SpanContext>, steps: usize) {
    let mut here = thread::current().id();
    for _ in 0..steps {
        assert_eq!(current(), expected);
        yield_now().await;
        let now = thread::current().id();
        if now != here {
            MIGRATIONS.fetch_add(1, Ordering::Relaxed);
        }
        here = now;
    }
    assert_eq!(current(), expected);
}

/// Spans in spans, side by side and one after the other, all of them interleaved with other tasks.
async fn family() {
    let outer = span!("ctx.tasks.outer");
    let own = outer.context();
    assert!(outer.is_observed());
    assert_eq!(current(), None);
    outer
        .wrap(async move {
            stays(own, 10).await;
            let (left, right, idle) = (
                span!("ctx.tasks.inner"),
                span!("ctx.tasks.inner"),
                span!("ctx_idle.tasks.inner"),
            );
            let (l, r) = (left.context(), right.context());
            assert_ne!(l, r);
            tokio::join!(
                left.wrap(stays(l, 20)),
                right.wrap(stays(r, 15)),
                idle.wrap(stays(own, 10)),
                stays(own, 25),
            );
            let child = spawn(in_current_context(stays(own, 10)));
            let orphan = spawn(stays(None, 10));
            stays(own, 5).await;
            child.await.unwrap();
            orphan.await.unwrap();
            stays(own, 1).await;
        })
        .await;
    assert_eq!(current(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_span_stays_with_its_future_when_other_threads_steal_it() {
    let witness = Witness::of("ctx.tasks.*");
    let deadline = Instant::now() + DEADLINE;
    // At least once; and again should no task have moved.
    loop {
        let tasks: Vec<_> = (0..100).map(|_| spawn(family())).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let seen = witness.take();
        assert_eq!(seen.len(), 100 * 3 * 2);
        assert!(seen.iter().all(|seen| seen.current == Some(seen.own())));
        if MIGRATIONS.load(Ordering::Relaxed) > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "no task ever moved");
    }
    assert_eq!(current(), None);
}

#[tokio::test]
async fn in_a_select_each_branch_has_its_own_and_the_losers_end_in_theirs() {
    let witness = Witness::of("ctx.select.*");
    let dropped = Notes::new();
    let outer = span!("ctx.select.outer");
    let around = outer.context();
    let (slow, slower, fast) = (
        span!(parent: around, "ctx.select.slow"),
        span!(parent: around, "ctx.select.slower"),
        span!(parent: around, "ctx.select.fast"),
    );
    let own = [slow.context(), slower.context(), fast.context()];
    let noted = dropped.clone();
    outer
        .wrap(async {
            let loses = |own, span: telemetry::Span| {
                let noted = noted.clone();
                span.wrap(async move {
                    let _note = notes_current(&noted);
                    let _emits = OnDrop(|| execute!("ctx.select.dropped"));
                    assert_eq!(current(), own);
                    pending::<()>().await;
                })
            };
            tokio::select! {
                biased;
                () = loses(own[0], slow) => unreachable!(),
                () = loses(own[1], slower) => unreachable!(),
                () = fast.wrap(async {
                    assert_eq!(current(), own[2]);
                    yield_now().await;
                    assert_eq!(current(), own[2]);
                }) => assert_eq!(current(), around),
            }
            assert_eq!(current(), around);
        })
        .await;

    let mut dropped = dropped.take();
    dropped.sort_by_key(|context| *context != own[0]);
    assert_eq!(dropped, [own[0], own[1]]);
    let ends: Vec<Seen> = witness.take();
    let of = |name: &str| {
        let mut of = ends.iter().filter(|seen| seen.event.name() == name);
        let only = of.next().unwrap();
        assert!(of.next().is_none());
        assert_eq!(only.current, Some(only.own()), "in its own context: {name}");
        (
            only.what(),
            Some(only.own()),
            only.parent().map(|parent| parent.span_id()),
        )
    };
    let above = around.map(|context| context.span_id());
    let cancelled = || "stop cancelled".to_owned();
    assert_eq!(of("ctx.select.slow.stop"), (cancelled(), own[0], above));
    assert_eq!(of("ctx.select.slower.stop"), (cancelled(), own[1], above));
    assert_eq!(
        of("ctx.select.fast.stop"),
        ("stop ok".to_owned(), own[2], above)
    );
    assert_eq!(
        of("ctx.select.outer.stop"),
        ("stop ok".to_owned(), around, None)
    );
    // What the losers emitted while they were dropped is theirs, too.
    let mut emitted: Vec<_> = ends
        .iter()
        .filter(|seen| seen.event.name() == "ctx.select.dropped")
        .map(|seen| seen.event.context())
        .collect();
    emitted.sort_by_key(|context| *context != own[0]);
    assert_eq!(emitted, [own[0], own[1]]);
}

#[tokio::test]
async fn a_spawned_task_begins_with_nothing_unless_it_takes_what_is_current() {
    let context = SpanContext::new_root();
    let task = context.in_scope(|| spawn(async { current() }));
    assert_eq!(task.await.unwrap(), None);
    let task = context.in_scope(|| spawn(in_current_context(async { current() })));
    assert_eq!(task.await.unwrap(), Some(context));
    // Where nothing is current, nothing is taken along.
    let task = spawn(in_current_context(async { current() }));
    assert_eq!(task.await.unwrap(), None);
}

#[tokio::test]
async fn blocking_work_is_given_its_context_by_hand() {
    let context = SpanContext::new_root();
    let without = context.in_scope(|| spawn_blocking(current));
    assert_eq!(without.await.unwrap(), None);
    let with = spawn_blocking(move || (context.in_scope(current), current()));
    assert_eq!(with.await.unwrap(), (Some(context), None));

    let witness = Witness::of("ctx.blocking.*");
    let span = span!(parent: context, "ctx.blocking");
    let own = span.context();
    let work = spawn_blocking(move || span.in_scope(current));
    assert_eq!(work.await.unwrap(), own);
    assert_eq!(witness.take_what(), ["start", "stop ok"]);
}

#[tokio::test]
async fn a_task_aborted_at_any_await_ends_its_spans_in_their_own_contexts() {
    let witness = Witness::of("ctx.abort.*");
    const AWAITS: usize = 4;
    for steps in 0..=AWAITS {
        let (dropped, reached) = (Notes::new(), Arc::new(AtomicUsize::new(0)));
        let may_go = Arc::new(Semaphore::new(steps));
        let outer = span!("ctx.abort.outer");
        let own = outer.context();
        let (noted, go, counted) = (dropped.clone(), may_go.clone(), reached.clone());
        let task = spawn(outer.wrap(async move {
            let step = async || {
                counted.fetch_add(1, Ordering::Relaxed);
                go.acquire().await.unwrap().forget();
            };
            let _outer = notes_current(&noted);
            step().await;
            let inner = span!("ctx.abort.inner");
            let inner_own = inner.context();
            inner
                .wrap(async {
                    let noted = noted.clone();
                    let _inner = OnDrop(move || {
                        assert_eq!(current(), inner_own);
                        noted.push(None);
                    });
                    step().await;
                    step().await;
                })
                .await;
            step().await;
            pending::<()>().await;
        }));
        // To the await behind the last permit.
        let deadline = Instant::now() + DEADLINE;
        while may_go.available_permits() > 0 || reached.load(Ordering::Relaxed) <= steps.min(3) {
            assert!(Instant::now() < deadline, "stuck");
            yield_now().await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(current(), None);

        let seen = witness.take();
        for seen in &seen {
            assert_eq!(seen.current, Some(seen.own()));
        }
        let what: Vec<_> = seen.iter().map(Seen::what).collect();
        let (what_expected, drops_expected): (&[&str], _) = match steps {
            0 => (&["start", "stop cancelled"], vec![own]),
            1 | 2 => (
                &["start", "start", "stop cancelled", "stop cancelled"],
                vec![None, own],
            ),
            _ => (
                &["start", "start", "stop ok", "stop cancelled"],
                vec![None, own],
            ),
        };
        assert_eq!(what, what_expected, "after {steps} steps");
        assert_eq!(dropped.take(), drops_expected, "after {steps} steps");
    }
}

#[tokio::test]
async fn a_task_aborted_before_it_ran_is_cancelled_in_its_own_context() {
    let witness = Witness::of("ctx.aborted.*");
    let dropped = Notes::new();
    let note = notes_current(&dropped);
    let span = span!("ctx.aborted");
    let own = span.context();
    let task = spawn(span.wrap(async move { drop(note) }));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(dropped.take(), [own]);
    let seen = witness.take();
    assert_eq!(seen[1].what(), "stop cancelled");
    assert_eq!(seen[1].current, own);
}

#[tokio::test]
async fn what_a_finished_task_leaves_is_dropped_in_its_context() {
    // The output is not part of the future, and belongs to whoever takes it.
    let context = SpanContext::new_root();
    let notes = Notes::new();
    let note = notes_current(&notes);
    let output = context.wrap(async move { note }).await;
    drop(output);
    assert_eq!(notes.take(), [None]);

    let mut future = Box::pin(context.wrap(ready(notes_current(&notes))));
    drop(future.as_mut().await);
    drop(future);
    assert_eq!(notes.take(), [None]);
}
