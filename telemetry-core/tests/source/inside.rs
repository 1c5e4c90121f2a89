//! Ours inside theirs, theirs inside ours, and parents that are named.

use telemetry::{SpanContext, completion_span, execute, span};

use crate::support::{Seen, THEIRS, Theirs, current, theirs_below, within};

#[test]
fn ours_inside_theirs_is_below_it_and_of_its_trace() {
    let (seen, _guard) = Seen::of("source.inside.*");
    let unsampled: SpanContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        .parse()
        .unwrap();
    for theirs in [SpanContext::new_root(), unsampled] {
        within(theirs, || {
            assert_eq!(current(), Some(theirs));
            execute!("source.inside.plain");
            let span = span!("source.inside");
            let own = span.context().unwrap();
            span.in_scope(|| {
                assert_eq!(current(), Some(own));
                execute!("source.inside.plain");
            });
            assert_eq!(current(), Some(theirs));
            assert_eq!(own.trace_id(), theirs.trace_id());
            assert_eq!(own.is_sampled(), theirs.is_sampled());
            let events = seen.take();
            let contexts = events.iter().map(|(event, _)| event.context());
            let own = Some(own);
            assert_eq!(contexts.collect::<Vec<_>>(), [Some(theirs), own, own, own]);
            assert!(
                events
                    .iter()
                    .all(|(event, current)| event.context() == *current)
            );
            assert_eq!(events[3].0.span().unwrap().parent(), Some(theirs));
        });
        assert_eq!(current(), None);
    }
}

#[test]
fn theirs_inside_ours_is_current_and_the_parent_of_what_begins_there() {
    let (seen, _guard) = Seen::of("source.outside.*");
    let outer = span!("source.outside.outer");
    let own = outer.context();
    outer.in_scope(|| {
        let theirs = theirs_below(own);
        within(theirs, || {
            assert_eq!(current(), Some(theirs));
            execute!("source.outside.plain");
            completion_span!("source.outside.query").finish();
            assert_eq!(current(), Some(theirs));
        });
        assert_eq!(current(), own);
    });
    assert_eq!(current(), None);
    let events = seen.take();
    let query = events[2].0.span().unwrap();
    assert_eq!(events[1].0.context(), query.parent());
    assert_eq!(events[2].1, Some(query.context()), "its end is in itself");
    let traces: Vec<_> = events
        .iter()
        .map(|(e, _)| e.context().map(|c| c.trace_id()))
        .collect();
    assert!(
        traces
            .iter()
            .all(|trace| *trace == own.map(|own| own.trace_id()))
    );
}

#[test]
fn theirs_that_ends_before_ours_leaves_ours_current() {
    let (_seen, _guard) = Seen::of("source.ends.*");
    let theirs = SpanContext::new_root();
    let before = THEIRS.replace(Theirs::Answer(Some(theirs)));
    let span = span!("source.ends");
    let own = span.context();
    let guard = span.enter();
    assert_eq!(current(), own);
    THEIRS.set(before);
    assert_eq!(current(), own);
    // Another of theirs begins in ours.
    let other = SpanContext::new_root();
    within(other, || assert_eq!(current(), Some(other)));
    assert_eq!(current(), own);
    drop(guard);
    assert_eq!(current(), None);
}

#[test]
fn an_explicit_parent_wins_over_theirs() {
    let (seen, _guard) = Seen::of("source.explicit.*");
    let (theirs, other) = (SpanContext::new_root(), SpanContext::new_root());
    within(theirs, || {
        span!(parent: other, "source.explicit").finish();
        let root = span!(parent: None, "source.explicit");
        assert_ne!(
            root.context().map(|own| own.trace_id()),
            Some(theirs.trace_id())
        );
        root.in_scope(|| span!("source.explicit").finish());
        span!(parent: None, "source_idle.explicit").in_scope(|| assert_eq!(current(), None));
    });
    let events = seen.take();
    let ends: Vec<_> = events
        .iter()
        .filter(|(event, _)| event.kind().is_span_end())
        .collect();
    let info = |at: usize| ends[at].0.span().unwrap();
    assert_eq!(info(0).parent(), Some(other));
    assert_eq!(info(1).parent(), Some(info(2).context()));
    assert_eq!(info(2).parent(), None);
}
