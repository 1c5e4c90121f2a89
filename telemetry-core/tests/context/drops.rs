//! Futures that are dropped: before, at and after every await.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::thread;

use telemetry::{SpanContext, completion_span, in_current_context, span};

use crate::support::{
    Notes, Seen, Witness, catch, current, notes_current, panic_quietly, pend, poll_once,
};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How often the future below is pending.
const PENDING: usize = 7;

/// A future with a value alive at each await, and spans within it.
async fn work(outer: Option<SpanContext>, notes: Notes<Option<SpanContext>>, wrong: Notes<String>) {
    let check = |what: &str, expected: Option<SpanContext>| {
        if current() != expected {
            wrong.push(format!("{what}: {:?}, not {expected:?}", current()));
        }
    };
    check("at first", outer);
    let _first = notes_current(&notes);
    pend(1).await;
    check("after one await", outer);
    let inner = span!("ctx.drops.inner");
    let inner_context = inner.context();
    inner
        .wrap(async {
            let _in_inner = notes_current(&notes);
            check("in the inner one", inner_context);
            pend(2).await;
            check("later in the inner one", inner_context);
            let innermost = completion_span!("ctx.drops.innermost");
            let innermost_context = innermost.context();
            innermost
                .wrap(async {
                    let _in_innermost = notes_current(&notes);
                    pend(1).await;
                    check("in the innermost", innermost_context);
                })
                .await;
            check("after the innermost", inner_context);
            pend(1).await;
        })
        .await;
    check("after the inner one", outer);
    let _last = notes_current(&notes);
    span!("ctx_idle.drops").wrap(pend(2)).await;
    check("at last", outer);
}

/// Polls so many times, drops, and looks at everything that was seen on the way.
fn polled_and_dropped(witness: &Witness, polls: usize, drop_it: impl FnOnce(Boxed)) {
    let (notes, wrong) = (Notes::new(), Notes::new());
    let span = span!("ctx.drops.outer");
    let own = span.context();
    let mut future: Boxed = Box::pin(span.wrap(work(own, notes.clone(), wrong.clone())));
    for n in 1..=polls {
        let poll = poll_once(future.as_mut());
        assert_eq!(poll.is_ready(), n > PENDING);
        assert_eq!(current(), None);
    }
    drop_it(future);
    assert_eq!(current(), None);
    assert_eq!(wrong.take(), [""; 0], "after {polls} polls");

    let seen = witness.take();
    for seen in &seen {
        assert_eq!(seen.current, Some(seen.own()), "{:?}", seen.event);
    }
    let of = |name: &str| -> Vec<&Seen> {
        let is_it = |seen: &&Seen| seen.event.name().strip_prefix("ctx.drops.") == Some(name);
        seen.iter().filter(is_it).collect()
    };
    let whats = |name| of(name).into_iter().map(Seen::what).collect::<Vec<_>>();
    let end = |over: bool| if over { "ok" } else { "cancelled" };

    assert_eq!(whats("outer.start"), ["start"]);
    assert_eq!(
        whats("outer.stop"),
        [format!("stop {}", end(polls > PENDING))]
    );
    let mut expected = vec![];
    // In the order of the drops: innermost, in inner, last or first.
    if polls >= 4 {
        let only = of("innermost")[0];
        assert_eq!(only.what(), format!("innermost {}", end(polls >= 5)));
        assert_eq!(only.parent(), Some(of("inner.stop")[0].own()));
        expected.push(Some(only.own()));
    }
    if polls >= 2 {
        let only = of("inner.stop")[0];
        assert_eq!(only.what(), format!("stop {}", end(polls >= 6)));
        assert_eq!(only.parent(), own);
        expected.push(Some(only.own()));
    }
    if polls >= 6 {
        expected.push(own);
    }
    if polls >= 1 {
        expected.push(own);
    }
    assert_eq!(notes.take(), expected, "after {polls} polls");
    let starts = 1 + usize::from(polls >= 2);
    assert_eq!(seen.len(), 2 * starts + usize::from(polls >= 4));
}

#[test]
fn a_future_dropped_at_any_await_ends_each_span_in_its_own_context() {
    let witness = Witness::of("ctx.drops.*");
    for polls in 0..=PENDING + 1 {
        // Where nothing is current.
        polled_and_dropped(&witness, polls, drop);
        // Where something else is, which stays.
        polled_and_dropped(&witness, polls, |future| {
            let other = SpanContext::new_root();
            other.in_scope(|| {
                drop(future);
                assert_eq!(current(), Some(other));
            });
        });
        // On another thread.
        polled_and_dropped(&witness, polls, |future| {
            thread::spawn(move || {
                drop(future);
                assert_eq!(current(), None);
            })
            .join()
            .unwrap();
        });
        // Within the drop of another future, which has its own context.
        polled_and_dropped(&witness, polls, |future| {
            let other = SpanContext::new_root();
            let mut outer = Box::pin(other.wrap(async move {
                let _after = future;
                pend(1).await;
            }));
            assert!(poll_once(outer.as_mut()).is_pending());
            drop(outer);
        });
    }
}

#[test]
fn a_future_without_a_span_is_dropped_in_its_context_as_well() {
    for polls in 0..=4 {
        let (context, notes) = (SpanContext::new_root(), Notes::new());
        let make = |notes: Notes<_>| async move {
            let _first = notes_current(&notes);
            pend(3).await;
        };
        let mut wrapped = Box::pin(context.wrap(make(notes.clone())));
        let mut taken = Box::pin(context.in_scope(|| in_current_context(make(notes.clone()))));
        for _ in 0..polls {
            let _ = poll_once(wrapped.as_mut());
            let _ = poll_once(taken.as_mut());
            assert_eq!(current(), None);
        }
        drop((wrapped, taken));
        let expected = if polls == 0 { 0 } else { 2 };
        assert_eq!(notes.take(), vec![Some(context); expected]);
        assert_eq!(current(), None);
    }
}

#[test]
fn an_unobserved_span_drops_its_future_in_the_context_that_it_passes_on() {
    let (context, notes) = (SpanContext::new_root(), Notes::new());
    let note = notes_current(&notes);
    let span = context.in_scope(|| span!("ctx_idle.drops.passes"));
    let future = span.wrap(async move {
        let _note = note;
    });
    SpanContext::new_root().in_scope(|| drop(future));
    assert_eq!(notes.take(), [Some(context)]);
}

#[test]
fn what_a_future_captured_and_never_used_is_dropped_in_its_context() {
    let witness = Witness::of("ctx.never.*");
    let notes = Notes::new();
    let note = notes_current(&notes);
    let span = span!("ctx.never");
    let own = span.context();
    drop(span.wrap(async move { drop(note) }));
    assert_eq!(notes.take(), [own]);
    assert_eq!(witness.take_what(), ["start", "stop cancelled"]);
}

#[test]
fn a_destructor_that_panics_leaves_nothing_current() {
    let witness = Witness::of("ctx.destructor.*");
    let outer = SpanContext::new_root();
    let span = span!("ctx.destructor");
    let own = span.context();
    let mut future = Box::pin(span.wrap(async {
        let _panics = crate::support::OnDrop(|| panic_quietly("in a destructor"));
        pend(1).await;
    }));
    assert_eq!(poll_once(future.as_mut()), Poll::Pending);
    outer.in_scope(|| {
        assert!(catch(move || drop(future)).is_err());
        assert_eq!(current(), Some(outer));
    });
    assert_eq!(current(), None);
    let seen = witness.take();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].what(), "exception panic");
    assert_eq!(seen[1].current, own);

    // The same without a span.
    let mut future = Box::pin(outer.wrap(async {
        let _panics = crate::support::OnDrop(|| panic_quietly("in a destructor"));
        pend(1).await;
    }));
    assert_eq!(poll_once(future.as_mut()), Poll::Pending);
    assert!(catch(move || drop(future)).is_err());
    assert_eq!(current(), None);
}
