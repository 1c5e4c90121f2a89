//! What the source may do: be set once, panic, use telemetry, say something else each time.

use telemetry::{OwnedEvent, SpanContext, attach, execute, set_context_source, span};

use crate::support::{Back, Seen, THEIRS, Theirs, current, set_up, within};

#[test]
fn a_source_is_set_once() {
    set_up();
    let again = set_context_source(|| None);
    assert!(matches!(again, Err(telemetry::SourceAlreadySet { .. })));
    assert_eq!(current(), None);
}

#[test]
fn a_source_that_panics_says_nothing_and_does_no_harm() {
    let (seen, _guard) = Seen::of("source.panics.*");
    let own = SpanContext::new_root();
    own.in_scope(|| {
        let _back = Back(THEIRS.replace(Theirs::Panic));
        assert_eq!(current(), Some(own));
        execute!("source.panics.plain");
        span!("source.panics").in_scope(|| assert_ne!(current(), Some(own)));
        assert_eq!(current(), Some(own));
    });
    let events = seen.take();
    assert_eq!(events[0].0.context(), Some(own));
    assert_eq!(events[2].0.span().unwrap().parent(), Some(own));
    // It is asked again afterwards.
    within(own, || assert_eq!(current(), Some(own)));
}

#[test]
fn a_source_that_uses_telemetry_is_not_asked_by_itself() {
    let (seen, _guard) = Seen::of("source.emits.*");
    let _also = attach("source-emits", "source.emits", |_| {})
        .unwrap()
        .guard();
    let theirs = SpanContext::new_root();
    for answer in [None, Some(theirs)] {
        let _back = Back(THEIRS.replace(Theirs::Emit(answer)));
        assert_eq!(current(), answer);
        let span = span!("source.emits.mine");
        let own = span.context();
        span.in_scope(|| assert_eq!(current(), own));
        assert_eq!(current(), answer);
        let mine = |(event, _): &(OwnedEvent, _)| event.name() == "source.emits.mine.stop";
        let events = seen.take();
        let end = events.iter().find(|event| mine(event)).unwrap();
        assert_eq!(end.0.span().unwrap().parent(), answer);
        assert!(events.len() > 2, "what the source emits arrives");
    }
}

#[test]
fn a_source_that_never_says_the_same_does_no_harm() {
    let (seen, _guard) = Seen::of("source.changes.*");
    let _back = Back(THEIRS.replace(Theirs::Change));
    let outer = span!("source.changes");
    let own = outer.context().unwrap();
    outer.in_scope(|| {
        assert_ne!(current(), Some(own), "it always seems to be further inside");
        span!("source.changes").finish();
    });
    THEIRS.set(Theirs::Answer(None));
    assert_eq!(current(), None);
    assert_eq!(seen.take().len(), 4);
}
