//! Completion spans: one event, whatever happens.

use std::future::ready;

use telemetry::{EventKind, EventName, Span, SpanContext, completion_span, execute};

use crate::support::{Seen, Witness, catch, current, panic_quietly, pend, poll_once};

/// What is to be seen of each of the ways in which a span may end.
fn check_all_outcomes(witness: &Witness, name: &str, make: &dyn Fn() -> Span) {
    let parent = SpanContext::new_root();
    let begin = || {
        let span = parent.in_scope(make);
        assert!(span.is_observed());
        assert_eq!(witness.take().len(), 0, "nothing at its start");
        let own = span.context();
        (span, own)
    };
    let check = |own: Option<SpanContext>, outcome: &str| {
        let seen = witness.only();
        let info = seen.event.span().unwrap();
        assert_eq!(seen.event.name(), name);
        assert_eq!(info.name(), name);
        assert_eq!(seen.event.kind(), EventKind::SpanComplete);
        assert_eq!(info.kind(), EventKind::SpanComplete);
        assert!(seen.event.kind().is_span_end());
        assert_eq!(Some(info.context()), own);
        assert_eq!(info.parent(), Some(parent));
        assert_eq!(seen.current, own);
        assert_eq!(seen.event.context(), own);
        assert!(
            seen.event.metadata_is("outcome", outcome),
            "{:?}",
            seen.event
        );
        assert!(seen.event.metadata_is("source", "users"));
        let keys: Vec<_> = seen.event.measurements().map(|(key, _)| key).collect();
        assert_eq!(keys[..2], ["duration", "monotonic_time"]);
        seen
    };
    let is_current = |own| {
        assert_eq!(current(), own);
        assert_ne!(own, Some(parent));
    };

    let (span, own) = begin();
    span.measure("rows", 3);
    span.in_scope(|| is_current(own));
    let seen = check(own, "ok");
    assert_eq!(seen.event.measurement("rows").unwrap().as_u64(), Some(3));

    let (span, own) = begin();
    let guard = span.enter();
    is_current(own);
    drop(guard);
    span.finish();
    check(own, "ok");

    let (span, own) = begin();
    span.fail("no such table");
    span.finish();
    let seen = check(own, "error");
    assert!(seen.event.metadata_is("reason", "no such table"));

    let (span, own) = begin();
    drop(span);
    check(own, "cancelled");

    let (span, own) = begin();
    let mut future = Box::pin(span.wrap(async {
        is_current(own);
        pend(1).await;
    }));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    check(own, "cancelled");

    let (span, own) = begin();
    assert!(poll_once(Box::pin(span.wrap(ready(()))).as_mut()).is_ready());
    check(own, "ok");

    let (span, own) = begin();
    assert!(catch(|| span.in_scope(|| panic_quietly("oops"))).is_err());
    let seen = check(own, "panic");
    assert!(seen.event.metadata_is("kind", "panic"));
    assert!(seen.event.metadata_is("reason", "oops"));
    assert_eq!(current(), None);
}

#[test]
fn a_completion_span_is_one_event_however_it_ends() {
    let witness = Witness::of("ctx.complete.literal");
    check_all_outcomes(
        &witness,
        "ctx.complete.literal",
        &|| completion_span!("ctx.complete.literal", { source: "users" }),
    );
}

#[test]
fn a_completion_span_may_be_named_at_run_time() {
    let witness = Witness::of("ctx.complete.named.query");
    let name = EventName::new("ctx.complete.named.query").unwrap();
    check_all_outcomes(
        &witness,
        "ctx.complete.named.query",
        &|| completion_span!(name, { source: "users" }),
    );
    check_all_outcomes(
        &witness,
        "ctx.complete.named.query",
        &|| completion_span!("*.query" => name, { source: "users" }),
    );
    check_all_outcomes(&witness, "ctx.complete.named.query", &|| {
        let parent = current();
        completion_span!(parent: parent, "*.query" => &name, { source: "users" })
    });
}

#[test]
fn an_event_of_the_same_name_is_an_event() {
    let witness = Witness::of("ctx.complete.same");
    let name = EventName::new("ctx.complete.same").unwrap();
    completion_span!("ctx.complete.same").finish();
    execute!("ctx.complete.same");
    execute!(name);
    completion_span!(name).finish();
    let seen = witness.take();
    let kinds: Vec<_> = seen.iter().map(|seen| seen.event.kind()).collect();
    use EventKind::{Event, SpanComplete};
    assert_eq!(kinds, [SpanComplete, Event, Event, SpanComplete]);
    let spans: Vec<_> = seen
        .iter()
        .map(|seen| seen.event.span().is_some())
        .collect();
    assert_eq!(spans, [true, false, false, true]);
}

#[test]
fn nothing_is_evaluated_for_a_completion_span_that_nobody_observes() {
    let evaluated = || -> u32 { panic!("evaluated") };
    let name = EventName::new("ctx_idle.complete.named").unwrap();
    completion_span!("ctx_idle.complete", { n: evaluated() }).finish();
    completion_span!(name, { n: evaluated() }).finish();
    completion_span!("*.named" => name, { n: evaluated() }).finish();
}

#[test]
fn children_of_a_completion_span_are_below_it() {
    let witness = Witness::of("ctx.complete.family.*");
    let outer = completion_span!("ctx.complete.family.transaction");
    let own = outer.context();
    outer.in_scope(|| {
        completion_span!("ctx.complete.family.query").finish();
        execute!("ctx.complete.family.note");
    });
    let seen: Vec<Seen> = witness.take();
    assert_eq!(seen[0].parent(), own);
    assert_eq!(seen[1].event.context(), own);
    assert_eq!(Some(seen[2].own()), own);
}
