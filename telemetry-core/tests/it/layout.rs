//! Layouts: what a handler may rely on that learns positions.

use std::sync::{Arc, Mutex};

use telemetry::{Event, EventName, Layout, Number, Value, attach, emit, execute, span};

type Seen = Arc<Mutex<Vec<(Option<Layout>, Option<usize>, Option<String>)>>>;

/// Notes the layout of each event, where `route` stands, and what stands there.
fn note(event: &str) -> (Seen, telemetry::AttachGuard) {
    let seen = Seen::default();
    let into = seen.clone();
    let handler = move |event: &Event<'_>| {
        let at = event.metadata_position("route");
        let value = at
            .and_then(|at| event.metadata_at(at))
            .map(ToString::to_string);
        into.lock().unwrap().push((event.layout(), at, value));
    };
    let guard = attach(format!("layout-{event}"), event, handler)
        .unwrap()
        .guard();
    (seen, guard)
}

#[test]
fn a_callsite_has_one_layout_and_another_has_another() {
    let (seen, _guard) = note("layouts.callsites");
    for route in ["/a", "/b"] {
        execute!("layouts.callsites", {}, { method: "GET", route });
    }
    execute!("layouts.callsites", {}, { route: "/c" });
    let seen = seen.lock().unwrap();
    assert!(seen[0].0.is_some());
    assert_eq!(seen[0].0, seen[1].0);
    assert_ne!(seen[0].0, seen[2].0);
    assert_eq!(seen[1].1, Some(1));
    assert_eq!(seen[1].2.as_deref(), Some("/b"));
    assert_eq!(seen[2].1, Some(0));
}

#[test]
fn what_a_span_was_given_later_stands_behind_the_keys_of_its_layout() {
    let (seen, _guard) = note("layouts.span.stop");
    for decorated in [false, true] {
        let span = span!("layouts.span", { route: "/a" });
        if decorated {
            span.set("user", 7);
            span.set("route", "/b");
        }
        span.finish();
    }
    let seen = seen.lock().unwrap();
    assert!(seen[0].0.is_some());
    assert_eq!(seen[0].0, seen[1].0);
    assert_eq!(seen[0].1, seen[1].1);
    assert_eq!(seen[1].2.as_deref(), Some("/b"));
}

#[test]
fn keys_put_together_at_run_time_have_none() {
    let (seen, _guard) = note("layouts.run_time");
    let name = EventName::new("layouts.run_time").unwrap();
    emit(
        name,
        &[("n", Number::from(1))],
        &[("route", Value::from("/a"))],
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].0, None);
    assert_eq!(seen[0].2.as_deref(), Some("/a"));
}

#[test]
fn a_position_that_is_not_there_has_nothing() {
    let seen = Arc::new(Mutex::new(None));
    let into = seen.clone();
    let _guard = attach(
        "layout-nowhere",
        "layouts.nowhere",
        move |event: &Event<'_>| {
            let nothing =
                event.measurement_at(1).is_none() && event.metadata_at(usize::MAX).is_none();
            *into.lock().unwrap() = Some(nothing);
        },
    )
    .unwrap()
    .guard();
    execute!("layouts.nowhere", { n: 1 });
    assert_eq!(*seen.lock().unwrap(), Some(true));
}
