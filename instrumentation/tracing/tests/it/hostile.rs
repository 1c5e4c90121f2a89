//! Values that are huge, full of control characters, or whose printing panics.

use std::fmt;

use telemetry::{EventName, Number, Value, debug, display, emit, execute, span};
use telemetry_tracing::{MAX_FIELDS, MAX_TEXT, WithIds, forward, take_in};
use tracing::{Subscriber, info};
use tracing_subscriber::fmt::format::format;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::support::{Buffer, Caught, Recorder, Told, Typed, text};

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        std::panic::panic_any(Payload);
    }
}

/// A payload whose destructor panics, too.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("on purpose, in a destructor");
    }
}

struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

const CONTROL: &str = "a\n{\"b\"}\r\u{1b}[31m\u{0}\u{7f}";

#[test]
fn forwarding_cuts_and_survives() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let _forward = forward(["ho.out.*"]).attach("ho.out").unwrap().guard();
    let huge = "ä".repeat(MAX_TEXT);
    for _ in 0..10 {
        execute!("ho.out.event", {}, {
            huge: &huge, printed: display(&huge), panics: debug(&Panics), fails: display(&Fails),
            control: CONTROL, after: "whole"
        });
        let (_, _, fields) = recorder.event();
        let half = Typed::Str("ä".repeat(MAX_TEXT / 2));
        assert!(*fields.get("huge") == half && *fields.get("printed") == half);
        assert_eq!(*fields.get("panics"), text("half"));
        assert_eq!(*fields.get("fails"), text("half"));
        assert_eq!(*fields.get("control"), text(CONTROL));
        assert_eq!(*fields.get("after"), text("whole"));
    }
    let rows = telemetry::list_handlers("ho.out");
    assert_eq!(rows[0].failures, 0, "the handler itself never fails");
}

#[test]
fn taking_in_cuts_and_survives() {
    let layer = take_in().target("ho::in", "ho.in").build().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    let _default = tracing::subscriber::set_default(subscriber);
    let caught = Caught::of("ho.in");
    let huge = "ä".repeat(MAX_TEXT);
    for _ in 0..10 {
        info!(
            target: "ho::in", huge, printed = %huge, panics = ?Panics, fails = %Fails,
            control = CONTROL, nan = f64::NAN, after = "whole"
        );
        let event = caught.one();
        for key in ["huge", "printed"] {
            assert_eq!(
                event.metadata(key).unwrap().as_str().unwrap().len(),
                MAX_TEXT
            );
        }
        assert!(event.metadata_is("panics", "half") && event.metadata_is("fails", "half"));
        assert!(event.metadata_is("control", CONTROL) && event.metadata_is("after", "whole"));
        assert!(event.measurement("nan").unwrap().as_f64().unwrap().is_nan());
    }
}

#[test]
fn a_value_that_records_while_it_is_printed_is_printed() {
    struct Records;
    impl fmt::Debug for Records {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(target: "ho::nested", inner = 1, "while printing");
            f.write_str("printed")
        }
    }
    let layer = take_in().target("ho::nested", "ho.nested").build().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    let _default = tracing::subscriber::set_default(subscriber);
    let caught = Caught::of("ho.nested");
    info!(target: "ho::nested", records = ?Records, after = "whole");
    let event = caught.one();
    assert!(event.metadata_is("records", "printed") && event.metadata_is("after", "whole"));
}

#[test]
fn a_line_is_one_line_whatever_stands_in_it() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(buffer.clone())
        .event_format(WithIds::new(format().json()));
    let _default = tracing::subscriber::set_default(subscriber.finish());
    let _forward = forward(["ho.line.*"]).attach("ho.line").unwrap().guard();
    let span = span!("ho.line.a", { control: CONTROL });
    span.in_scope(|| execute!("ho.line.event", {}, { control: CONTROL }));
    let text = buffer.take();
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["span"]["control"], CONTROL);
        assert_eq!(line["span"]["trace_id"], line["trace_id"]);
        assert_eq!(line["fields"]["control"], CONTROL);
    }
}

fn keys(prefix: &str, count: usize) -> Vec<&'static str> {
    let keys = (0..count).map(|n| &*String::leak(format!("{prefix}{n}")));
    keys.collect()
}

#[test]
fn of_very_many_fields_the_first_are_forwarded() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let _forward = forward(["ho.many"]).attach("ho.many").unwrap().guard();
    let keys = keys("key", 2 * MAX_FIELDS);
    let numbers: Vec<_> = keys.iter().map(|key| (*key, Number::from(1))).collect();
    let texts: Vec<_> = keys.iter().map(|key| (*key, Value::from("x"))).collect();
    let name = EventName::new("ho.many").unwrap();
    emit(name, &numbers[..MAX_FIELDS - 1], &texts);
    let (_, _, fields) = recorder.event();
    assert_eq!(fields.0.len(), MAX_FIELDS + 1, "and the message");
    assert_eq!(*fields.get("key0"), Typed::I64(1));
    assert_eq!(*fields.get("metadata.key0"), text("x"));
    assert!(!fields.0.contains_key("metadata.key1"));
}

/// An adapter that makes keys up uses the callsites up that are there for all, unless it is stopped.
#[test]
fn keys_that_are_made_up_end_in_the_generic_callsite() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let _forward = forward(["ho.made_up"])
        .attach("ho.made_up")
        .unwrap()
        .guard();
    let name = EventName::new("ho.made_up").unwrap();
    let targets = keys("made_up", 2 * MAX_FIELDS).into_iter().map(|key| {
        emit(name, &[(key, Number::from(1))], &[]);
        let (target, _, fields) = recorder.event();
        assert_eq!(fields.0.contains_key(key), target != "telemetry");
        target
    });
    let targets: Vec<_> = targets.collect();
    assert!(
        targets[..MAX_FIELDS]
            .iter()
            .all(|target| *target == "telemetry::ho")
    );
    assert!(
        targets[MAX_FIELDS..]
            .iter()
            .all(|target| *target == "telemetry")
    );
}

/// A layer that panics whatever it is told.
struct Broken;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Broken {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        panic!("on purpose, on_event");
    }

    fn on_record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>, _: Context<'_, S>) {
        panic!("on purpose, on_record");
    }

    fn on_close(&self, _: tracing::Id, _: Context<'_, S>) {
        panic!("on purpose, on_close");
    }
}

#[test]
fn a_subscriber_that_panics_hurts_nobody() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry()
        .with(recorder.clone())
        .with(Broken);
    let default = tracing::subscriber::set_default(subscriber);
    let attached = forward(["ho.broken.*"]).attach("ho.broken").unwrap();
    // Its end is an event, which panics, and while that unwinds the span closes, which panics.
    span!("ho.broken.a").finish();
    execute!("ho.broken.event");
    let failures = telemetry::list_handlers("ho.broken")[0].failures;
    assert_eq!(failures, 2, "they are counted");
    let open = span!("ho.broken.b");
    assert!(attached.detach(), "what is open is closed, which panics");
    open.finish();
    drop(default);
    // Nothing is stuck.
    let healthy = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(healthy.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let _forward = forward(["ho.broken.*"])
        .attach("ho.broken")
        .unwrap()
        .guard();
    execute!("ho.broken.event");
    assert_eq!(*healthy.event().2.get("message"), text("ho.broken.event"));
    let closed = recorder.take();
    let closed = closed.iter().filter(|told| matches!(told, Told::Closed(_)));
    assert_eq!(closed.count(), 2);
}
