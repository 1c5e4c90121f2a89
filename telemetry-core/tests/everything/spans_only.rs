//! Handlers that want the ends of spans and nothing else.

use std::cell::Cell;

use telemetry::{
    AttachOptions, EventKind, EventName, SpanName, attach, attach_spans, attach_with,
    completion_span, execute, span,
};

use crate::support::{Log, alone, failures, panic_quietly};

#[test]
fn an_event_called_like_the_end_of_a_span_is_neither_delivered_nor_evaluated() {
    let _alone = alone();
    let log = Log::new();
    let evaluated = || -> u32 { panic!("evaluated") };
    let end = EventName::new("spans.only.stop").unwrap();
    let all = || {
        execute!("spans.only.stop", { n: evaluated() }, { n: evaluated() });
        execute!("spans.only.exception", { n: evaluated() });
        execute!("spans.only.query", { n: evaluated() });
        execute!(end, { n: evaluated() });
        execute!("*.stop" => end, { n: evaluated() });
    };
    all();
    let guard = attach_spans("spans-only", log.writes_name())
        .unwrap()
        .guard();
    assert!(!end.is_observed());
    all();
    assert_eq!(log.take(), [""; 0]);
    span!("spans.only").finish();
    completion_span!("spans.only.query").finish();
    completion_span!(end).finish();
    assert_eq!(
        log.take(),
        ["spans.only.stop", "spans.only.query", "spans.only.stop"]
    );
    drop(guard);
    all();
    span!("spans.only").finish();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn beside_one_that_wants_everything_the_events_are_still_not_its_own() {
    let _alone = alone();
    let log = Log::new();
    let _all = attach("spans-beside-all", "*", log.writes_name())
        .unwrap()
        .guard();
    let _spans = attach_spans("spans-beside", log.writes("span"))
        .unwrap()
        .guard();
    execute!("spans.beside.stop");
    assert_eq!(log.take(), ["spans.beside.stop"]);
    span!("spans.beside").finish();
    assert_eq!(
        log.take(),
        ["spans.beside.start", "spans.beside.stop", "span"]
    );
}

#[test]
fn the_start_is_not_emitted_for_who_wants_ends() {
    let _alone = alone();
    let name = SpanName::new("spans.start").unwrap();
    let log = Log::new();
    let starts = EventName::new("spans.start.start").unwrap();
    let guard = attach_spans("spans-start", log.writes_name())
        .unwrap()
        .guard();
    assert!(name.is_observed() && !starts.is_observed());
    span!("spans.start").finish();
    span!(name).finish();
    assert_eq!(log.take(), ["spans.start.stop", "spans.start.stop"]);
    // A start is the start of a span and not an event of that name.
    execute!("spans.start.start");
    completion_span!("spans.start.start").finish();
    assert_eq!(log.take(), ["spans.start.start"]);
    drop(guard);
    assert!(!name.is_observed());
}

#[test]
fn it_sees_every_end_once_whatever_the_span_is_called() {
    let _alone = alone();
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach_spans("spans-every", move |event| {
        let info = event.span().expect("the end of a span");
        assert!(event.kind().is_span_end());
        assert_eq!(event.context(), Some(info.context()));
        assert!(info.duration().is_some());
        let outcome = event.metadata("outcome").unwrap();
        seen.push(format!("{} {:?} {outcome}", info.name(), info.kind()));
    })
    .unwrap()
    .guard();
    let name = SpanName::new("spans.every.named").unwrap();
    let event = EventName::new("spans.every.completed").unwrap();
    let evaluated = Cell::new(0);
    let count = || {
        evaluated.set(evaluated.get() + 1);
        evaluated.get()
    };
    span!("spans.every.literal", { n: count() }).finish();
    span!(name, { n: count() }).in_scope(|| completion_span!(event, { n: count() }).finish());
    drop(span!("a"));
    let span = span!("spans.every.stop");
    span.fail("no");
    span.finish();
    let panicking = span!("spans.every.panics");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panicking.in_scope(|| panic_quietly("oops"))
    }));
    assert!(panic.is_err());
    let completed = completion_span!("spans.every.panics");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        completed.in_scope(|| panic_quietly("oops"))
    }));
    assert!(panic.is_err());
    assert_eq!(
        log.take(),
        [
            "spans.every.literal SpanStop ok",
            "spans.every.completed SpanComplete ok",
            "spans.every.named SpanStop ok",
            "a SpanStop cancelled",
            "spans.every.stop SpanStop error",
            "spans.every.panics SpanException panic",
            "spans.every.panics SpanComplete panic",
        ]
    );
    assert_eq!(evaluated.get(), 3);
    assert_eq!(failures("spans-every"), 0);
}

#[test]
fn spans_only_goes_with_patterns_and_names() {
    let _alone = alone();
    let log = Log::new();
    let options = || AttachOptions::new().spans_only(true);
    let patterns = ["spans.some.*", "spans.one.stop"];
    let _guard = attach_with("spans-some", patterns, options(), log.writes_name())
        .unwrap()
        .guard();
    assert!(!span!("spans.other").is_observed());
    assert!(!span!("spans").is_observed());
    span!("spans.some").finish();
    span!("spans.some.deeper").finish();
    span!("spans.one").finish();
    execute!("spans.some.event");
    execute!("spans.one.stop");
    assert_eq!(
        log.take(),
        [
            "spans.some.stop",
            "spans.some.deeper.stop",
            "spans.one.stop"
        ]
    );
    // Its exception is not attached to, and the stop does not come for it.
    let one = span!("spans.one");
    assert!(one.is_observed());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        one.in_scope(|| panic_quietly("oops"))
    }));
    assert!(panic.is_err());
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_handler_of_ends_that_begins_spans_of_its_own_is_stopped_by_the_nesting_limit() {
    let _alone = alone();
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach_spans("spans-nest", move |event| {
        assert_ne!(event.kind(), EventKind::SpanStart);
        seen.push(event.name());
        span!("spans.nest.inner").finish();
        execute!("spans.nest.plain");
    })
    .unwrap()
    .guard();
    for _ in 0..2 {
        span!("spans.nest.outer").finish();
        let seen = log.take();
        assert_eq!(seen.len(), telemetry::MAX_NESTING as usize);
        assert_eq!(seen[0], "spans.nest.outer.stop");
        assert!(seen[1..].iter().all(|name| name == "spans.nest.inner.stop"));
    }
    assert_eq!(failures("spans-nest"), 0);
}
