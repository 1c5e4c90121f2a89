//! Streams: current in each poll, ended by their end.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use telemetry::{SpanContext, in_current_context, span};

use crate::support::{
    Notes, Witness, catch, current, notes_current, panic_quietly, pend, poll_once,
};

fn poll_next<S: Stream>(stream: Pin<&mut S>) -> Poll<Option<S::Item>> {
    stream.poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Yields what is current, so many times, being pending before each.
fn currents(items: usize) -> impl Stream<Item = Option<SpanContext>> {
    stream::iter(0..items).then(|_| async {
        let before = current();
        pend(1).await;
        assert_eq!(current(), before);
        before
    })
}

#[test]
fn the_span_of_a_stream_is_current_in_each_poll_and_ends_with_it() {
    let witness = Witness::of("ctx.streams.ends.*");
    let outer = SpanContext::new_root();
    let span = span!("ctx.streams.ends");
    let own = span.context();
    let mut stream = Box::pin(span.wrap(currents(3)));
    assert_eq!(stream.size_hint(), (3, Some(3)));
    outer.in_scope(|| {
        for _ in 0..3 {
            assert_eq!(poll_next(stream.as_mut()), Poll::Pending);
            assert_eq!(current(), Some(outer));
            assert_eq!(poll_next(stream.as_mut()), Poll::Ready(Some(own)));
            assert_eq!(current(), Some(outer));
        }
        assert_eq!(witness.take_what(), ["start"]);
        assert_eq!(poll_next(stream.as_mut()), Poll::Ready(None));
        assert_eq!(current(), Some(outer));
    });
    let seen = witness.only();
    assert_eq!((seen.what(), seen.current), ("stop ok".to_owned(), own));
    drop(stream);
    assert_eq!(witness.take_what(), [""; 0]);
}

#[test]
fn a_stream_dropped_between_two_items_is_cancelled() {
    let witness = Witness::of("ctx.streams.dropped.*");
    for polls in 0..=5 {
        let (notes, span) = (Notes::new(), span!("ctx.streams.dropped"));
        let own = span.context();
        let note = notes_current(&notes);
        let inner = currents(3).map(move |item| {
            let _keep = &note;
            item
        });
        let mut stream = Box::pin(span.wrap(inner));
        for _ in 0..polls {
            let _ = poll_next(stream.as_mut());
        }
        SpanContext::new_root().in_scope(|| drop(stream));
        assert_eq!(notes.take(), [own]);
        let seen = witness.take();
        assert_eq!(seen[1].what(), "stop cancelled");
        assert_eq!(seen[1].current, own);
    }
}

#[test]
fn a_stream_dropped_after_what_it_says_is_the_last_item_is_over() {
    let witness = Witness::of("ctx.streams.counted.*");
    for (items, outcome) in [(2, "stop cancelled"), (3, "stop ok"), (4, "stop ok")] {
        let stream = span!("ctx.streams.counted").wrap(stream::iter(0..3));
        let mut all = Box::pin(stream.take(items).collect::<Vec<_>>());
        assert!(poll_once(all.as_mut()).is_ready());
        drop(all);
        assert_eq!(witness.take_what(), ["start", outcome]);
    }
}

#[test]
fn a_stream_that_panics_is_an_exception() {
    let witness = Witness::of("ctx.streams.panics.*");
    let span = span!("ctx.streams.panics");
    let own = span.context();
    let mut stream = Box::pin(span.wrap(stream::poll_fn(|_| -> Poll<Option<()>> {
        panic_quietly("oops")
    })));
    assert!(catch(|| poll_next(stream.as_mut())).is_err());
    assert_eq!(current(), None);
    drop(stream);
    let seen = witness.take();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].what(), "exception panic");
    assert_eq!(seen[1].current, own);
}

#[test]
fn a_stream_takes_what_is_current_along() {
    let context = SpanContext::new_root();
    let notes = Notes::new();
    let note = notes_current(&notes);
    let stream = context.in_scope(|| in_current_context(currents(2)));
    assert_eq!(stream.size_hint(), (2, Some(2)));
    let collect = stream.map(move |item| {
        let _keep = &note;
        item
    });
    let mut all = Box::pin(collect.collect::<Vec<_>>());
    assert!(poll_once(all.as_mut()).is_pending());
    assert!(poll_once(all.as_mut()).is_pending());
    assert_eq!(poll_once(all.as_mut()), Poll::Ready(vec![Some(context); 2]));
    assert_eq!(current(), None);
}

#[test]
fn the_stream_of_an_unobserved_span_runs_in_the_context_above() {
    let context = SpanContext::new_root();
    let span = context.in_scope(|| span!("ctx_idle.streams"));
    let mut stream = Box::pin(span.wrap(currents(1)));
    assert!(poll_next(stream.as_mut()).is_pending());
    assert_eq!(poll_next(stream.as_mut()), Poll::Ready(Some(Some(context))));
    assert_eq!(poll_next(stream.as_mut()), Poll::Ready(None));
}
