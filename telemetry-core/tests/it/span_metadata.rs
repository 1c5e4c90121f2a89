//! What a span's terminal event carries: the start's metadata, what was set and measured on the
//! way, and what nobody can override.

use std::fmt;
use std::time::Duration;

use telemetry::{ToNumber, ToValue, Value, any, attach, debug, display, span};

use crate::support::{Log, catch, failures, panic_quietly};

#[test]
fn set_replaces_in_place_and_new_keys_follow() {
    let log = Log::new();
    let _guard = attach("it-meta-set", "it.meta.set.stop", log.writes_event())
        .unwrap()
        .guard();
    let begin = || span!("it.meta.set", { a: 1, b: "two", c: 3, none: None::<u8> });
    let span = begin();
    span.set("new", 'n');
    span.set("b", 2.5);
    span.set("none", "some");
    span.set("newer", true);
    span.set("new", String::from("again"));
    span.finish();
    let span = begin();
    span.set("b", None::<u8>);
    span.set("gone", 1);
    span.handle().set("gone", None::<u8>);
    span.finish();
    assert_eq!(
        log.take(),
        [
            "it.meta.set.stop duration monotonic_time | \
             a=1 b=2.5 c=3 none=some outcome=ok new=again newer=true",
            "it.meta.set.stop duration monotonic_time | a=1 c=3 outcome=ok"
        ]
    );
}

#[test]
fn measure_adds_but_never_overrides_the_spans_own() {
    let log = Log::new();
    let _times = attach("it-meta-own", "it.meta.own.stop", |event| {
        assert!(
            event
                .measurement("duration")
                .is_some_and(|time| time.as_duration().is_some())
        );
        assert!(
            event
                .measurement("monotonic_time")
                .is_some_and(|time| time.as_duration().is_some())
        );
        assert_eq!(
            event
                .measurements()
                .filter(|(key, _)| *key == "duration")
                .count(),
            1
        );
    })
    .unwrap()
    .guard();
    let _guard = attach("it-meta-own-2", "it.meta.own.stop", log.writes_event())
        .unwrap()
        .guard();
    let span = span!("it.meta.own");
    span.measure("duration", 0);
    span.measure("monotonic_time", 0);
    span.measure("rows", 1);
    span.measure("bytes", Some(5u8));
    span.measure("rows", 2);
    span.measure("gone", 1);
    span.measure("gone", None::<u8>);
    span.finish();
    assert_eq!(failures("it-meta-own"), 0);
    let line = log.take().pop().unwrap();
    let (measurements, _) = line.split_once(" |").unwrap();
    let mut measurements: Vec<_> = measurements.split(' ').skip(1).collect();
    measurements.sort_unstable();
    assert_eq!(
        measurements,
        ["bytes=5", "duration", "monotonic_time", "rows=2"]
    );
}

#[test]
fn nobody_can_say_how_a_span_ended_but_the_span() {
    let log = Log::new();
    let events = ["it.meta.outcome.stop", "it.meta.outcome.exception"];
    let _guard = telemetry::attach_many("it-meta-outcome", events, log.writes_event())
        .unwrap()
        .guard();
    // `kind` and `reason` are free at the start; the end replaces them in place if it has any.
    let begin = || {
        let span = span!("it.meta.outcome", { kind: "retail", n: 1, reason: "stock" });
        span.set("outcome", "great");
        span
    };
    begin().finish();
    let span = begin();
    span.fail("declined");
    span.finish();
    assert!(catch(|| begin().in_scope(|| panic_quietly("oops"))).is_err());
    assert_eq!(
        log.take(),
        [
            "it.meta.outcome.stop duration monotonic_time | kind=retail n=1 reason=stock outcome=ok",
            "it.meta.outcome.stop duration monotonic_time | kind=retail n=1 reason=declined outcome=error",
            "it.meta.outcome.exception duration monotonic_time | kind=panic n=1 reason=oops outcome=panic"
        ]
    );
}

#[test]
fn the_last_failure_is_the_reason() {
    let log = Log::new();
    let _guard = attach("it-meta-last", "it.meta.last.stop", log.writes_event())
        .unwrap()
        .guard();
    let span = span!("it.meta.last");
    span.fail("first");
    span.handle().fail("second");
    span.finish();
    assert_eq!(
        log.take(),
        ["it.meta.last.stop duration monotonic_time | outcome=error reason=second"]
    );
}

#[test]
fn metadata_is_kept_as_what_it_is_after_its_owner_is_gone() {
    #[derive(Debug)]
    struct Order(#[expect(dead_code, reason = "printed")] u8);
    let _guard = attach("it-meta-kept", "it.meta.kept.stop", |event| {
        assert_eq!(
            event.metadata("text").and_then(Value::as_str),
            Some("owned")
        );
        assert!(event.metadata_is("status", 200u64) && event.metadata_is("low", -1i8));
        assert_eq!(event.metadata("x").and_then(Value::as_f64), Some(0.5));
        assert_eq!(event.metadata("flag").and_then(Value::as_bool), Some(true));
        assert!(matches!(event.metadata("one"), Some(Value::Char('1'))));
        let time = event.metadata("time").and_then(Value::as_duration);
        assert_eq!(time, Some(Duration::from_millis(3)));
        // What can only be borrowed is kept as the text that it prints as.
        assert_eq!(
            event.metadata("shown").and_then(Value::as_str),
            Some("127.0.0.1")
        );
        assert_eq!(
            event.metadata("debugged").and_then(Value::as_str),
            Some("[1]")
        );
        assert_eq!(
            event.metadata("order").and_then(Value::as_str),
            Some("Order(7)")
        );
        assert_eq!(event.metadata("none"), None);
    })
    .unwrap()
    .guard();
    let span = {
        let text = String::from("owned");
        span!("it.meta.kept", {
            text,
            status: 200u16,
            low: -1,
            x: 0.5,
            flag: true,
            one: '1',
            time: Duration::from_millis(3),
            shown: display(&std::net::Ipv4Addr::LOCALHOST),
            debugged: debug(&[1]),
            order: any(&Order(7)),
            none: None::<&str>,
        })
    };
    span.finish();
    assert_eq!(failures("it-meta-kept"), 0);
}

#[test]
fn a_handle_does_nothing_once_the_span_has_ended() {
    let log = Log::new();
    let _guard = attach("it-meta-late", "it.meta.late.stop", log.writes_event())
        .unwrap()
        .guard();
    let span = span!("it.meta.late");
    let handle = span.handle();
    span.finish();
    handle.set("key", 1);
    handle.measure("n", 1);
    handle.fail("too late");
    drop(handle);
    assert_eq!(
        log.take(),
        ["it.meta.late.stop duration monotonic_time | outcome=ok"]
    );
}

#[test]
fn a_handler_of_the_end_may_use_the_handle() {
    let log = Log::new();
    let (send, receive) = std::sync::mpsc::channel::<telemetry::SpanHandle>();
    let receive = std::sync::Mutex::new(receive);
    let seen = log.clone();
    let _guard = attach("it-meta-reenter", "it.meta.reenter.stop", move |_| {
        // No lock of the span is held here, so none of these gets stuck.
        let handle = receive.lock().unwrap().recv().unwrap();
        handle.set("key", 1);
        handle.measure("n", 1);
        handle.fail("late");
        seen.push("ran");
    })
    .unwrap()
    .guard();
    crate::support::unstuck(move || {
        let span = span!("it.meta.reenter");
        send.send(span.handle()).unwrap();
        span.finish();
    });
    assert_eq!(log.take(), ["ran"]);
}

/// A `Display` that cannot: with the error that `fmt` allows, or with a panic.
struct Unprintable {
    panics: bool,
}

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.panics {
            panic_quietly("in Display");
        }
        Err(fmt::Error)
    }
}

#[test]
fn metadata_that_cannot_be_printed_does_not_reach_the_emitter() {
    let log = Log::new();
    let _guard = attach(
        "it-meta-unprintable",
        "it.meta.unprintable.stop",
        log.writes_name(),
    );
    for panics in [false, true] {
        let value = Unprintable { panics };
        let end = catch(|| span!("it.meta.unprintable", { value: display(&value) }).finish());
        assert!(
            end.is_ok(),
            "observing a span must not make its work fail; panics: {panics}"
        );
    }
    assert!(telemetry::detach("it-meta-unprintable"));
    assert_eq!(log.take().len(), 2);
}

#[test]
fn a_failure_that_cannot_be_printed_does_not_reach_the_emitter() {
    let log = Log::new();
    let _guard = attach("it-meta-mute", "it.meta.mute.stop", log.writes_event());
    for panics in [false, true] {
        let span = span!("it.meta.mute");
        let failed = catch(|| span.fail(&Unprintable { panics }));
        assert!(
            failed.is_ok(),
            "observing a span must not make its work fail; panics: {panics}"
        );
        span.finish();
    }
    assert!(telemetry::detach("it-meta-mute"));
    assert!(log.take().iter().all(|line| line.contains("outcome=error")));
}

#[test]
fn a_span_shows_its_name() {
    let _guard = attach("it-meta-shown", "it.meta.shown.stop", |_| {})
        .unwrap()
        .guard();
    let span = span!("it.meta.shown");
    assert!(format!("{span:?}").contains("it.meta.shown"));
    span.finish();
}

#[test]
fn what_comes_with_the_end_wins_over_what_was_set_but_not_over_what_is_the_spans_own() {
    let log = Log::new();
    let _guard = attach("it-meta-late", "it.meta.late.stop", log.writes_event())
        .unwrap()
        .guard();
    let begin = || span!("it.meta.late", { a: 1, b: "two", none: None::<u8> });
    begin().finish_with(
        &[("rows", 3.to_number()), ("duration", 0.to_number())],
        &[("b", 2.5.to_value()), ("new", 'n'.to_value())],
    );
    let span = begin();
    span.set("a", 9);
    span.set("b", 'b');
    span.measure("rows", 1);
    span.measure("gone", 1);
    span.fail("late");
    span.finish_with(
        &[("rows", 4.to_number()), ("gone", None)],
        &[
            ("b", None),
            ("outcome", "mine".to_value()),
            ("none", true.to_value()),
        ],
    );
    begin().finish_with(&[], &[]);
    assert_eq!(
        log.take(),
        [
            "it.meta.late.stop duration monotonic_time rows=3 | a=1 b=2.5 outcome=ok new=n",
            "it.meta.late.stop duration monotonic_time rows=4 | a=9 none=true outcome=error reason=late",
            "it.meta.late.stop duration monotonic_time | a=1 b=two outcome=ok",
        ]
    );
}

#[test]
fn more_than_a_span_usually_has_is_as_good() {
    let log = Log::new();
    let _guard = attach("it-meta-many", "it.meta.many.stop", log.writes_event())
        .unwrap()
        .guard();
    const KEYS: [&str; 20] = [
        "k00", "k01", "k02", "k03", "k04", "k05", "k06", "k07", "k08", "k09", "k10", "k11", "k12",
        "k13", "k14", "k15", "k16", "k17", "k18", "k19",
    ];
    let numbers = KEYS.map(|key| (key, 1.to_number()));
    let values = KEYS.map(|key| (key, true.to_value()));
    span!("it.meta.many").finish_with(&numbers, &values);
    let line = log.take().pop().unwrap();
    assert!(KEYS.iter().all(|key| line.contains(&format!(" {key}=1"))));
    assert!(
        KEYS.iter()
            .all(|key| line.contains(&format!(" {key}=true")))
    );
}

#[test]
fn a_span_knows_how_long_it_has_run() {
    assert_eq!(
        span!("it.meta.elapsed").elapsed(),
        None,
        "nobody observes it"
    );
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("it-meta-elapsed", "it.meta.elapsed.stop", move |event| {
        let measured = |key| event.measurement(key).unwrap().as_duration().unwrap();
        assert!(measured("half") <= measured("duration"));
        seen.push(String::from("seen"));
    })
    .unwrap()
    .guard();
    let span = span!("it.meta.elapsed");
    let first = span.elapsed();
    assert!(first.is_some() && span.elapsed() >= first);
    span.measure("half", first);
    span.finish();
    assert_eq!(log.take(), ["seen"]);
}

#[test]
fn a_reason_is_cut_between_characters() {
    let log = Log::new();
    let seen = log.clone();
    let events = ["it.meta.long.stop", "it.meta.long.exception"];
    let _guard = telemetry::attach_many("it-meta-long", events, move |event| {
        seen.push(event.metadata("reason").unwrap().to_string());
    })
    .unwrap()
    .guard();
    let long = format!("x{}", "ü".repeat(1_000_000));
    let span = span!("it.meta.long");
    span.fail(&long);
    span.finish();
    let span = span!("it.meta.long");
    let _ = catch(|| span.in_scope(|| panic_quietly(long.clone())));
    let span = span!("it.meta.long");
    // In many pieces, of which none is long.
    span.fail(&format_args!("{:?}", vec![7_u8; 100_000]));
    drop(span);
    let [failed, panicked, pieces] = log.take().try_into().unwrap();
    assert_eq!(failed, format!("x{}", "ü".repeat(2047)));
    assert_eq!(panicked, failed);
    assert_eq!(pieces.len(), 4096);
}
