//! What an event says about the span that it belongs to, and what its copy keeps.

use std::time::{Duration, Instant, SystemTime};

use telemetry::{
    EventKind, Number, OwnedEvent, SpanContext, attach, debug, display, execute, span,
};

use crate::support::{Notes, Witness, current};

#[test]
fn the_start_of_a_span_is_emitted_in_the_span() {
    let witness = Witness::of("ctx.events.start.*");
    let parent = SpanContext::new_root();
    let span = parent.in_scope(|| span!("ctx.events.start"));
    let seen = witness.only();
    let info = seen.event.span().unwrap();
    assert_eq!(seen.event.kind(), EventKind::SpanStart);
    assert_eq!(seen.event.context(), span.context());
    assert_eq!(Some(info.context()), span.context());
    assert_eq!(info.parent(), Some(parent));
    assert_eq!(info.name(), "ctx.events.start");
    assert_eq!(info.duration(), None);
    assert_eq!(
        seen.current,
        span.context(),
        "what the handler emits is below it"
    );
}

#[test]
fn a_plain_event_belongs_to_what_is_current() {
    let witness = Witness::of("ctx.events.plain");
    let emit = || execute!("ctx.events.plain");
    emit();
    let (outer, inner) = (SpanContext::new_root(), SpanContext::new_root());
    outer.in_scope(|| {
        emit();
        inner.in_scope(emit);
        emit();
    });
    emit();
    let seen = witness.take();
    let contexts: Vec<_> = seen.iter().map(|seen| seen.event.context()).collect();
    let [outer, inner] = [outer, inner].map(Some);
    assert_eq!(contexts, [None, outer, inner, outer, None]);
    assert!(
        seen.iter()
            .all(|seen| seen.event.kind() == EventKind::Event)
    );
    assert!(seen.iter().all(|seen| seen.event.span().is_none()));
}

#[test]
fn an_event_of_a_span_says_its_own_context_whatever_is_current_in_the_handler() {
    let contexts = Notes::new();
    let noted = contexts.clone();
    let _guard = attach("ctx-events-own", "ctx.events.own.*", move |event| {
        let other = SpanContext::new_root();
        noted.push((
            event.context(),
            current(),
            other.in_scope(|| event.context()),
        ));
    })
    .unwrap()
    .guard();
    let span = span!("ctx.events.own");
    let own = span.context();
    span.finish();
    assert_eq!(contexts.take(), [(own, own, own), (own, own, own)]);
}

#[test]
fn start_and_duration_are_what_a_clock_says() {
    let witness = Witness::of("ctx.events.clock.*");
    let (before, began) = (SystemTime::now(), Instant::now());
    let span = span!("ctx.events.clock");
    let after_start = SystemTime::now();
    // Something to measure.
    let deadline = Instant::now() + Duration::from_millis(20);
    while Instant::now() < deadline {
        std::hint::spin_loop();
    }
    span.finish();
    let took = began.elapsed();
    let seen = witness.take();

    let slack = Duration::from_millis(5);
    let start = seen[0].event.span().unwrap().started_at();
    assert!(start >= before - slack && start <= after_start + slack);
    let stop = seen[1].event.span().unwrap();
    assert!(stop.started_at() >= before - slack && stop.started_at() <= after_start + slack);
    let duration = stop.duration().unwrap();
    assert!(duration >= Duration::from_millis(19) && duration <= took + slack);
    assert_eq!(
        seen[1].event.measurement("duration"),
        Some(Number::Duration(duration)),
        "said twice, and the same"
    );
    // A copy does not move with the clock.
    let again = seen[1].event.span().unwrap().started_at();
    assert_eq!(again, stop.started_at());
    let copy = seen[1].event.clone();
    assert_eq!(copy.span().unwrap().started_at(), again);
}

#[test]
fn a_copy_says_what_the_event_says() {
    let copies = Notes::new();
    let noted = copies.clone();
    let _guard = attach("ctx-events-copy", "ctx.events.copy.*", move |event| {
        let copy: OwnedEvent = event.to_owned();
        assert_eq!(copy.name(), event.name());
        assert_eq!(copy.kind(), event.kind());
        assert_eq!(copy.context(), event.context());
        let info = |span: &telemetry::SpanInfo| {
            (
                span.name(),
                span.kind(),
                span.context(),
                span.parent(),
                span.duration(),
            )
        };
        assert_eq!(copy.span().map(info), event.span().map(info));
        assert!(copy.measurements().eq(event.measurements()));
        for (key, number) in event.measurements() {
            assert_eq!(copy.measurement(key), Some(number));
        }
        let texts = |all: &mut dyn Iterator<Item = (&'static str, telemetry::Value<'_>)>| {
            all.map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            texts(&mut copy.all_metadata()),
            texts(&mut event.all_metadata())
        );
        for (key, value) in event.all_metadata() {
            let of_copy = copy.metadata(key).unwrap();
            assert_eq!(of_copy.to_string(), value.to_string());
            let is_printed = ["shown", "debugged"].contains(&key);
            assert!(is_printed || of_copy == value, "{key}");
            assert!(is_printed || copy.metadata_is(key, value));
        }
        assert_eq!(copy.metadata("absent"), None);
        assert!(copy.metadata_is("absent", None::<u8>));
        assert_eq!(copy.measurement("absent"), None);
        noted.push(copy);
    })
    .unwrap()
    .guard();

    let context = SpanContext::new_root();
    context.in_scope(|| {
        let text = String::from("€");
        execute!(
            "ctx.events.copy.plain",
            { n: -1, bytes: 7u64, part: 0.5, time: Duration::from_micros(3), absent: None::<u8> },
            {
                text, status: 200u16, min: i64::MIN, ratio: 1.5, yes: true, letter: 'x',
                time: Duration::from_secs(1), absent: None::<u8>,
                shown: display(&text), debugged: debug(&text),
            }
        );
        let span = span!("ctx.events.copy.span", { text, n: 1 });
        span.set("added", "later");
        span.measure("rows", 3);
        span.fail("no");
        span.finish();
    });
    let copies = copies.take();
    assert_eq!(copies.len(), 3, "no assertion has failed in the handler");
    // The copy goes elsewhere, and keeps the context that the event had.
    let plain = copies.into_iter().next().unwrap();
    let there = std::thread::spawn(move || (plain.context(), plain.name()));
    assert_eq!(
        there.join().unwrap(),
        (Some(context), "ctx.events.copy.plain")
    );
}
