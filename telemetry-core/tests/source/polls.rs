//! Futures, whose polls come at any time and anywhere.

use std::task::Poll;
use std::thread;

use telemetry::{SpanContext, SpanId, in_current_context, span};

use crate::support::{Seen, current, pend, poll_once, set_up, within};

fn span_ids(contexts: impl IntoIterator<Item = Option<SpanContext>>) -> Vec<Option<SpanId>> {
    contexts
        .into_iter()
        .map(|context| context.map(|context| context.span_id()))
        .collect()
}

#[test]
fn a_future_keeps_its_span_whatever_theirs_is_from_poll_to_poll() {
    let (seen, _guard) = Seen::of("source.polls.*");
    let [one, two, inner] = [(); 3].map(|()| SpanContext::new_root());
    let span = within(one, || span!("source.polls"));
    let own = span.context();
    let mut future = Box::pin(span.wrap(async move {
        for _ in 0..4 {
            assert_eq!(current(), own);
            // Within a poll theirs may still be inside.
            within(inner, || assert_eq!(current(), Some(inner)));
            assert_eq!(current(), own);
            pend(1).await;
        }
    }));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(current(), None);
    for theirs in [one, two] {
        within(theirs, || {
            assert!(poll_once(future.as_mut()).is_pending());
            assert_eq!(current(), Some(theirs));
        });
    }
    // Left in the middle by a layer of theirs that does not come back.
    within(two, || drop(future));
    let events = seen.take();
    assert_eq!(
        span_ids(events.iter().map(|(_, current)| *current)),
        span_ids([own, own])
    );
    assert!(events[1].0.metadata_is("outcome", "cancelled"));
    assert_eq!(events[1].0.span().unwrap().parent(), Some(one));
}

#[test]
fn theirs_goes_along_with_futures_and_idle_spans() {
    set_up();
    let theirs = SpanContext::new_root();
    let (taken, idle) = within(theirs, || {
        let look = || async {
            pend(1).await;
            current()
        };
        let idle = span!("source_idle.along");
        assert_eq!(idle.context(), Some(theirs));
        (
            Box::pin(in_current_context(look())),
            Box::pin(idle.wrap(look())),
        )
    });
    let other = SpanContext::new_root();
    let mut both = (taken, idle);
    thread::spawn(move || {
        assert!(poll_once(both.0.as_mut()).is_pending());
        assert!(poll_once(both.1.as_mut()).is_pending());
        within(other, || {
            assert_eq!(poll_once(both.0.as_mut()), Poll::Ready(Some(theirs)));
            assert_eq!(poll_once(both.1.as_mut()), Poll::Ready(Some(theirs)));
        });
    })
    .join()
    .unwrap();
}
