//! Telemetry events in `tracing`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use telemetry::{debug, display, execute};
use telemetry_tracing::{WithIds, forward};
use tracing::{Level, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::format;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

use crate::support::{Buffer, Recorder, Told, Typed, shown, text};

fn record() -> (Recorder, tracing::subscriber::DefaultGuard) {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    (recorder, tracing::subscriber::set_default(subscriber))
}

#[test]
fn every_value_is_a_field_of_its_type() {
    let (recorder, _default) = record();
    let _forward = forward(["ev.types.*"]).attach("ev.types").unwrap().guard();
    execute!(
        "ev.types.all",
        { signed: -3, unsigned: 3u64, float: 0.5, took: Duration::from_micros(1500) },
        { word: "EUR", flag: true, id: 7u8, one: 'ä', none: None::<&str>, left: Duration::from_secs(2),
          host: display(&std::net::Ipv4Addr::LOCALHOST), list: debug(&["a"]), "http.route": "/x" }
    );
    let (target, level, fields) = recorder.event();
    assert_eq!((target, level), ("telemetry::ev::types", Level::DEBUG));
    let expected = [
        ("message", text("ev.types.all")),
        ("signed", Typed::I64(-3)),
        ("unsigned", Typed::U64(3)),
        ("float", Typed::F64(0.5)),
        ("took", shown("1.5ms")),
        ("took_ns", Typed::U64(1_500_000)),
        ("word", text("EUR")),
        ("flag", Typed::Bool(true)),
        ("id", Typed::U64(7)),
        ("one", text("ä")),
        ("left", shown("2s")),
        ("host", text("127.0.0.1")),
        ("list", text("[\"a\"]")),
        ("http.route", text("/x")),
    ];
    assert_eq!(fields.0, expected.into_iter().collect());
}

#[test]
fn a_line_reads_like_any_other() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_writer(buffer.clone())
        .event_format(WithIds::new(format().without_time()));
    let _default = tracing::subscriber::set_default(subscriber.finish());
    let _forward = forward(["ev.line.*"]).attach("ev.line").unwrap().guard();
    execute!("ev.line.cart.emptied", { items: 3 }, { currency: "EUR" });
    assert_eq!(
        buffer.line(),
        "DEBUG telemetry::ev::line::cart: ev.line.cart.emptied items=3 currency=\"EUR\"\n"
    );
}

#[test]
fn optional_fields_do_not_make_a_callsite_each() {
    let (recorder, _default) = record();
    let _forward = forward(["ev.optional"])
        .attach("ev.optional")
        .unwrap()
        .guard();
    let mut callsites = std::collections::HashSet::new();
    let met = Arc::new(std::sync::Mutex::new(Vec::new()));
    struct Met(Arc<std::sync::Mutex<Vec<usize>>>);
    impl<S: Subscriber> Layer<S> for Met {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let address = std::ptr::from_ref(event.metadata()) as usize;
            self.0.lock().unwrap().push(address);
        }
    }
    let subscriber = tracing_subscriber::registry()
        .with(Met(met.clone()))
        .with(recorder.clone());
    let _inner = tracing::subscriber::set_default(subscriber);
    for round in 0..64u32 {
        let given = |bit: u32| (round & 1 << bit != 0).then_some(bit);
        execute!("ev.optional", {}, { a: given(0), b: given(1), c: given(2), d: given(3), e: given(4), f: given(5) });
        let (_, _, fields) = recorder.event();
        assert_eq!(
            fields.0.len(),
            1 + round.count_ones() as usize,
            "{fields:?}"
        );
        for (bit, key) in ["a", "b", "c", "d", "e", "f"].iter().enumerate() {
            let value = (round & 1 << bit != 0).then_some(Typed::U64(bit as u64));
            assert_eq!(fields.0.get(key), value.as_ref());
        }
    }
    callsites.extend(met.lock().unwrap().drain(..));
    assert_eq!(
        callsites.len(),
        7,
        "one without fields, and one more for each key"
    );
}

#[test]
fn the_longest_pattern_says_the_level_and_the_target_may_be_fixed() {
    let (recorder, _default) = record();
    let _forward = forward(["ev.level.*"])
        .at(Level::WARN, ["ev.level.order.*"])
        .target("bus")
        .attach("ev.level")
        .unwrap()
        .guard();
    execute!("ev.level.order.placed");
    assert_eq!(recorder.event().1, Level::WARN);
    execute!("ev.level.cart");
    let (target, level, _) = recorder.event();
    assert_eq!((target, level), ("bus", Level::DEBUG));
}

#[test]
fn a_filter_chooses_by_target() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info,telemetry::ev::chosen=debug"))
        .with_writer(buffer.clone());
    let _default = tracing::subscriber::set_default(subscriber.finish());
    let _forward = forward(["ev.chosen.*", "ev.unchosen.*"])
        .attach("ev.chosen")
        .unwrap()
        .guard();
    for _ in 0..2 {
        execute!("ev.unchosen.event");
        assert_eq!(buffer.take(), "");
        execute!("ev.chosen.event");
        assert!(buffer.line().contains("ev.chosen.event"));
    }
}

/// Counts what a subscriber is asked.
struct Asked {
    callsite: Arc<AtomicUsize>,
    enabled: Arc<AtomicUsize>,
    answer: fn() -> Interest,
}

impl<S: Subscriber> Layer<S> for Asked {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("telemetry::ev::asked") {
            self.callsite.fetch_add(1, Ordering::Relaxed);
            return (self.answer)();
        }
        Interest::never()
    }

    fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.enabled.fetch_add(1, Ordering::Relaxed);
        false
    }
}

#[test]
fn whoever_is_not_interested_is_asked_once_and_nothing_is_printed() {
    struct Printed<'c>(&'c AtomicUsize);
    impl std::fmt::Display for Printed<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fetch_add(1, Ordering::Relaxed);
            f.write_str("printed")
        }
    }
    let _forward = forward(["ev.asked.*"]).attach("ev.asked").unwrap().guard();
    // Another subscriber may be made, and all be asked again, while this runs: other tests.
    for is_asked in [false, true] {
        let [callsite, enabled]: [Arc<AtomicUsize>; 2] = Default::default();
        let subscriber = tracing_subscriber::registry().with(Asked {
            callsite: callsite.clone(),
            enabled: enabled.clone(),
            answer: if is_asked {
                Interest::sometimes
            } else {
                Interest::never
            },
        });
        let _default = tracing::subscriber::set_default(subscriber);
        let printed = AtomicUsize::new(0);
        for _ in 0..100 {
            execute!("ev.asked.event", {}, { text: display(&Printed(&printed)) });
        }
        assert_eq!(printed.load(Ordering::Relaxed), 0);
        assert!(callsite.load(Ordering::Relaxed) > 0);
        if is_asked {
            assert_eq!(enabled.load(Ordering::Relaxed), 100);
        }
    }
}

#[test]
fn nobody_is_forwarded_to_and_later_somebody() {
    let _forward = forward(["ev.nobody"]).attach("ev.nobody").unwrap().guard();
    execute!("ev.nobody");
    // A subscriber on another thread only, and none on this: tracing would cache that as "never".
    let (recorder, default) = record();
    std::thread::spawn(|| execute!("ev.nobody")).join().unwrap();
    assert!(recorder.take().is_empty());
    execute!("ev.nobody");
    assert_eq!(*recorder.event().2.get("message"), text("ev.nobody"));
    drop(default);
}

#[test]
fn after_detaching_nothing_is_forwarded() {
    let (recorder, _default) = record();
    let attached = forward(["ev.detached"]).attach("ev.detached").unwrap();
    execute!("ev.detached");
    assert_eq!(recorder.take().len(), 1);
    assert!(attached.detach());
    execute!("ev.detached");
    assert!(recorder.take().is_empty());
}

#[test]
fn a_pattern_that_is_none_is_an_error() {
    let error = forward(["ev.*.stop"]).attach("ev.bad").unwrap_err();
    assert!(matches!(error, telemetry::AttachError::Pattern { .. }));
    let error = forward([""; 0]).attach("ev.bad").unwrap_err();
    assert!(matches!(error, telemetry::AttachError::NoEvents { .. }));
}

/// An event is where it was emitted: below what is current in `tracing`.
#[test]
fn an_event_outside_of_our_spans_is_in_the_span_of_tracing() {
    let (recorder, _default) = record();
    let _forward = forward(["ev.scope"]).attach("ev.scope").unwrap().guard();
    tracing::info_span!("theirs").in_scope(|| execute!("ev.scope"));
    let told = recorder.take();
    assert!(
        matches!(&*told, [Told::Opened { .. }, Told::Event { scope, .. }, Told::Closed(_)] if *scope == ["theirs"]),
        "{told:#?}"
    );
}
