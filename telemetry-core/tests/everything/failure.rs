//! Failing handlers that are attached to patterns, and handlers of everything that feed themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::{
    AttachOptions, EventName, FailurePolicy, HANDLER_FAILURE, MAX_NESTING, SpanName, attach,
    attach_spans, attach_with, execute, list_handlers, span,
};

use crate::support::{Log, alone, failures, panic_quietly};

/// Somebody listens, or each failure would be a line on standard error.
fn listens(log: &Log) -> telemetry::AttachGuard {
    let log = log.clone();
    let told = attach("failure-listens", HANDLER_FAILURE, move |event| {
        let text = |key| event.metadata(key).unwrap().to_string();
        let count = event.measurement("failures").unwrap();
        let detached = if event.metadata_is("detached", true) {
            " detached"
        } else {
            ""
        };
        log.push(format!(
            "{} {} {count}{detached}",
            text("handler_id"),
            text("event_name")
        ));
    });
    told.unwrap().guard()
}

#[test]
fn a_handler_with_a_pattern_fails_as_one_handler_over_all_its_events() {
    let _alone = alone();
    let log = Log::new();
    let _listens = listens(&log);
    let _guard = attach("failure-keep", "failure.keep.*", |_| {
        panic_quietly("on purpose")
    })
    .unwrap()
    .guard();
    let events =
        ["a", "b", "c", "d"].map(|n| EventName::new(&format!("failure.keep.{n}")).unwrap());
    for event in events {
        execute!(event);
    }
    assert_eq!(
        log.take(),
        [
            "failure-keep failure.keep.a 1",
            "failure-keep failure.keep.b 2",
            "failure-keep failure.keep.d 4"
        ]
    );
    assert_eq!(failures("failure-keep"), 4);
    // The fifth in a row, and it rests from all its events, later ones included.
    execute!("failure.keep.literal");
    assert_eq!(failures("failure-keep"), 5);
    for event in events {
        execute!(event);
        execute!(EventName::new(&format!("{event}.later")).unwrap());
    }
    assert_eq!(failures("failure-keep"), 5);
    let rows = list_handlers("failure.keep.a");
    assert!(rows[0].resting_until.is_some());
}

#[test]
fn a_handler_that_detaches_at_its_first_failure_leaves_all_events_of_its_patterns() {
    for pattern in ["failure.detach.*", "*"] {
        let _alone = alone();
        let log = Log::new();
        let listens = listens(&log);
        let options = AttachOptions::new().on_failure(FailurePolicy::Detach);
        let calls = Arc::new(AtomicU32::new(0));
        let counted = calls.clone();
        let handler = move |_: &telemetry::Event<'_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            panic_quietly("on purpose");
        };
        let other = EventName::new("failure.detach.other").unwrap();
        attach_with("failure-detach", [pattern], options, handler).unwrap();
        assert!(other.is_observed());
        execute!("failure.detach.event");
        assert_eq!(
            log.take(),
            ["failure-detach failure.detach.event 1 detached"]
        );
        assert!(!other.is_observed());
        execute!(other);
        execute!("failure.detach.event");
        span!("failure.detach.span").finish();
        assert_eq!(calls.load(Ordering::Relaxed), 1, "{pattern}");
        assert_eq!(list_handlers("failure.detach"), []);
        drop(listens);
    }
}

#[test]
fn a_handler_of_everything_hears_of_failures() {
    let _alone = alone();
    let log = Log::new();
    let _all = attach("failure-all", "*", log.writes_name())
        .unwrap()
        .guard();
    let _fails = attach("failure-fails", "failure.heard", |_| {
        panic_quietly("on purpose")
    })
    .unwrap()
    .guard();
    execute!("failure.heard");
    assert_eq!(log.take(), ["failure.heard", HANDLER_FAILURE]);
    let _below = attach("failure-below", "telemetry.*", log.writes("below"))
        .unwrap()
        .guard();
    execute!("failure.heard");
    assert_eq!(log.take(), ["failure.heard", HANDLER_FAILURE, "below"]);
}

#[test]
fn a_handler_of_everything_that_always_fails_comes_to_an_end() {
    let _alone = alone();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let _guard = attach("failure-always", "*", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        panic_quietly("on purpose");
    })
    .unwrap()
    .guard();
    // Told of its own failures it fails again: at the 1st, within it at the 2nd, within that at
    // the 3rd, which is not told. The 4th is told, and then it rests.
    for expected in [3, 5, 5, 5] {
        execute!("failure.always");
        assert_eq!(calls.load(Ordering::Relaxed), expected);
    }
    assert_eq!(failures("failure-always"), 5);
}

#[test]
fn handlers_of_everything_that_emit_stop_at_the_nesting_limit() {
    let _alone = alone();
    let log = Log::new();
    let (seen, name) = (log.clone(), EventName::new("failure.echo.named").unwrap());
    let guard = attach("failure-echo", "*", move |event| {
        seen.push(event.name());
        match event.name() {
            "failure.echo" => execute!("failure.echo"),
            "failure.echo.named" => execute!(name),
            _ => {}
        }
    })
    .unwrap()
    .guard();
    for _ in 0..2 {
        execute!("failure.echo");
        assert_eq!(log.take().len(), MAX_NESTING as usize);
        execute!(name);
        assert_eq!(log.take().len(), MAX_NESTING as usize);
    }
    assert_eq!(failures("failure-echo"), 0);
    // Afterwards everything is as before.
    execute!("failure.echo.other");
    assert_eq!(log.take(), ["failure.echo.other"]);
    drop(guard);

    // With spans: start and stop nest, and each level is a span.
    let seen = log.clone();
    let _guard = attach("failure-echo", "failure.deep.*", move |event| {
        seen.push(event.name());
        if event.name() == "failure.deep.start" {
            drop(span!("failure.deep"));
        }
    })
    .unwrap()
    .guard();
    span!("failure.deep").finish();
    let lines = log.take();
    let starts = lines
        .iter()
        .filter(|line| *line == "failure.deep.start")
        .count();
    // The innermost has neither start nor stop: it is begun within the last level.
    assert_eq!(
        (starts, lines.len()),
        (MAX_NESTING as usize, 2 * MAX_NESTING as usize)
    );
}

#[test]
fn a_failing_handler_of_ends_fails_on_ends_only() {
    let _alone = alone();
    let log = Log::new();
    let _listens = listens(&log);
    let _guard = attach_spans("failure-spans", |_| panic_quietly("on purpose"))
        .unwrap()
        .guard();
    let name = SpanName::new("failure.spans").unwrap();
    for n in 1..=4 {
        span!(name).finish();
        assert_eq!(failures("failure-spans"), n);
        execute!("failure.spans.stop");
        assert_eq!(
            failures("failure-spans"),
            n,
            "an event neither fails nor succeeds"
        );
    }
    // Ordinary events do not count as successes, so this is the fifth in a row.
    span!(name).finish();
    span!(name).finish();
    assert_eq!(failures("failure-spans"), 5);
    let rows = list_handlers("failure.spans");
    let row = rows.iter().find(|row| row.id == "failure-spans").unwrap();
    assert!(row.spans_only && row.resting_until.is_some());
    assert_eq!(log.take().len(), 3);
}
