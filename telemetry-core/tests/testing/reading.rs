//! What a capture answers.

use std::time::Duration;

use telemetry::testing::{MAX_EVENTS, assert_emitted, assert_not_emitted, capture, capture_many};
use telemetry::{EventKind, OwnedEvent, display, execute, list_handlers, span};

use super::panic_of;

#[test]
fn events_are_whole_copies_in_the_order_of_their_arrival() {
    let captured = capture("reading.order.*");
    let host = std::net::Ipv4Addr::LOCALHOST;
    execute!("reading.order.placed", { total: 12.5 }, { currency: "EUR", host: display(&host) });
    span!("reading.order.paid").finish();
    let events = captured.events();
    assert_eq!(events[0].measurement("total"), Some(12.5.into()));
    assert!(events[0].metadata_is("currency", "EUR") && events[0].metadata_is("host", "127.0.0.1"));
    assert_eq!(
        [&events[1], &events[2]].map(OwnedEvent::kind),
        [EventKind::SpanStart, EventKind::SpanStop]
    );
    assert_eq!(events[2].span().unwrap().name(), "reading.order.paid");
    assert_eq!(captured.len(), 3);
    assert_eq!(captured.named("reading.order.paid.*").len(), 2);
    assert!(captured.named("reading.order.cancelled").is_empty());
}

#[test]
fn what_is_taken_is_gone() {
    let captured = capture("reading.taken");
    execute!("reading.taken", { n: 1 });
    assert_eq!(captured.take().len(), 1);
    assert!(captured.is_empty() && captured.take().is_empty());
    execute!("reading.taken", { n: 2 });
    assert_eq!(captured.events()[0].measurement("n"), Some(2.into()));
}

#[test]
fn beyond_the_limit_events_are_counted_until_there_is_room_again() {
    let captured = capture("reading.limit");
    for n in 0..MAX_EVENTS + 2 {
        execute!("reading.limit", { n });
    }
    assert_eq!((captured.len(), captured.dropped()), (MAX_EVENTS, 2));
    // What is missing may be what was dropped, so every message speaks of it.
    let text = panic_of(|| assert_emitted!(captured, "reading.limit", { n: MAX_EVENTS }));
    let told = format!("2 that there was no room for: a capture keeps {MAX_EVENTS}");
    assert!(text.contains("closest:") && text.contains(&told), "{text}");
    let text = panic_of(|| assert_not_emitted!(captured, "reading.limit", { n: MAX_EVENTS }));
    assert!(
        text.contains("no event was captured") && text.contains(&told),
        "{text}"
    );
    let all = captured.wait_for_count("reading.limit", MAX_EVENTS + 1, Duration::ZERO);
    let text = all.blocking().unwrap_err().to_string();
    assert!(text.contains(&told), "{text}");
    assert_eq!(captured.take().len(), MAX_EVENTS);
    execute!("reading.limit");
    assert_eq!((captured.len(), captured.dropped()), (1, 2));
}

#[test]
fn a_capture_is_listed_with_the_place_where_it_was_made() {
    let captured = capture_many(["reading.listed", "reading.listed.*"]);
    let line = line!() - 1;
    let rows = list_handlers("reading.listed");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.id == captured.id()));
    assert!(rows[0].id.starts_with("capture "), "{}", rows[0].id);
    let place = format!("({}:{line})", file!());
    assert!(rows[0].id.ends_with(&place), "{}", rows[0].id);
    let twice = capture("reading.listed");
    assert_ne!(twice.id(), captured.id());
    assert!(format!("{captured:?}").contains("reading.listed.*"));
}

#[test]
fn a_value_that_emits_while_it_is_printed_is_captured_as_well() {
    struct Emits;
    impl std::fmt::Display for Emits {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            execute!("reading.printed.inner");
            f.write_str("text")
        }
    }
    let captured = capture("reading.printed.*");
    execute!("reading.printed.outer", {}, { value: display(&Emits) });
    let names: Vec<_> = captured.events().iter().map(OwnedEvent::name).collect();
    assert_eq!(names, ["reading.printed.inner", "reading.printed.outer"]);
    assert!(captured.events()[1].metadata_is("value", "text"));
}

#[test]
fn what_cannot_be_captured_panics_with_a_reason() {
    let text = panic_of(|| capture("reading.*.stop"));
    assert!(text.contains("`reading.*.stop` is not a pattern"), "{text}");
    let text = panic_of(|| capture("reading..stop"));
    assert!(text.contains("is not an event name"), "{text}");
    let text = panic_of(|| capture_many([""; 0]));
    assert!(text.contains("at least one"), "{text}");
}

#[test]
fn a_name_that_a_capture_cannot_have_panics_rather_than_being_missed() {
    let captured = capture_many(["reading.names.*", "reading.other"]);
    for never in [
        "reading.name.placed",
        "reading.names",
        "reading.other.*",
        "other.*",
    ] {
        let text = panic_of(|| captured.named(never));
        assert!(
            text.contains("captures `reading.names.*`, `reading.other`"),
            "{text}"
        );
        assert!(text.contains(&format!("never `{never}`")), "{text}");
    }
    for possible in [
        "reading.names.a",
        "reading.names.a.*",
        "reading.*",
        "*",
        "reading.other",
    ] {
        assert!(captured.named(possible).is_empty());
    }
    let text = panic_of(|| captured.named("a name"));
    assert!(text.contains("is not an event name"), "{text}");
}
