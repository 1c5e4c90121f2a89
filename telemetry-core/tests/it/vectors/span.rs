//! Cases of the area `span`.

use std::thread;
use std::time::Duration;

use telemetry::{Number, Value, attach, attach_many, span};

use crate::support::{Log, catch, failures, panic_quietly, watch};

#[test]
fn span_001_start_and_stop_with_the_start_metadata_merged_in() {
    let log = Log::new();
    let _guard = watch("v.span001", &log);
    let span = span!("v.span001", { a: 1 });
    let handle = span.handle();
    let result = span.in_scope(|| {
        handle.set("b", 2);
        "r"
    });
    assert_eq!(result, "r");
    assert_eq!(
        log.take(),
        [
            "v.span001.start monotonic_time system_time | a=1",
            "v.span001.stop duration monotonic_time | a=1 outcome=ok b=2"
        ]
    );
}

#[test]
fn span_002_duration_and_monotonic_time_cannot_be_overridden() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("v-span-002", "v.span002.stop", move |event| {
        assert_eq!(event.measurement("bytes"), Some(Number::from(3)));
        assert_eq!(event.measurement("system_time"), Some(Number::from(7)));
        for own in ["duration", "monotonic_time"] {
            let time = event
                .measurement(own)
                .and_then(Number::as_duration)
                .unwrap();
            assert!(time > Duration::ZERO);
        }
        seen.push("checked");
    })
    .unwrap()
    .guard();
    let span = span!("v.span002");
    for (key, number) in [
        ("bytes", 3),
        ("duration", 0),
        ("monotonic_time", 0),
        ("system_time", 7),
    ] {
        span.measure(key, number);
    }
    span.finish();
    assert_eq!(log.take(), ["checked"]);
}

#[test]
fn span_004_what_identifies_a_span_is_on_all_its_events() {
    let log = Log::new();
    let seen = log.clone();
    let events = ["v.span004.start", "v.span004.stop", "v.span004.exception"];
    let _guard = attach_many("v-span-004", events, move |event| {
        seen.push(
            event
                .metadata("context")
                .and_then(Value::as_str)
                .unwrap_or("lost"),
        );
    })
    .unwrap()
    .guard();
    let begin = || span!("v.span004", { context: "mine" });
    begin().finish();
    assert!(catch(|| begin().in_scope(|| panic_quietly("oops"))).is_err());
    assert_eq!(log.take(), ["mine"; 4]);
}

#[test]
fn span_005_work_may_return_anything() {
    let log = Log::new();
    let _guard = watch("v.span005", &log);
    assert_eq!(
        span!("v.span005").in_scope(|| (1, "two", [3.0])),
        (1, "two", [3.0])
    );
    span!("v.span005").in_scope(|| ());
    assert_eq!(log.take().len(), 4);
}

#[test]
fn span_007_a_span_that_is_given_up_stops_as_cancelled() {
    let log = Log::new();
    let _guard = watch("v.span007", &log);
    drop(span!("v.span007").wrap(std::future::pending::<()>()));
    assert_eq!(
        log.take()[1..],
        ["v.span007.stop duration monotonic_time | outcome=cancelled"]
    );
}

#[test]
fn span_008_neither_start_nor_stop_handlers_count_into_the_duration() {
    let log = Log::new();
    let seen = log.clone();
    let slow = Duration::from_millis(50);
    let _guard = attach_many(
        "v-span-008",
        ["v.span008.start", "v.span008.stop"],
        move |event| {
            thread::sleep(slow);
            if let Some(time) = event.measurement("duration").and_then(Number::as_duration) {
                seen.push(format!("{}", time < slow));
            }
        },
    )
    .unwrap()
    .guard();
    span!("v.span008").in_scope(|| ());
    assert_eq!(log.take(), ["true"]);
}

#[test]
fn span_010_a_failing_start_handler_leaves_the_span_alone() {
    let log = Log::new();
    let _fails = attach("v-span-010", "v.span010.start", |_| panic_quietly("error"))
        .unwrap()
        .guard();
    let _guard = watch("v.span010", &log);
    assert_eq!(span!("v.span010").in_scope(|| 7), 7);
    assert_eq!(log.take().len(), 2);
    assert_eq!(failures("v-span-010"), 1);
}

#[test]
fn span_011_spans_of_one_name_nest() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach_many(
        "v-span-011",
        ["v.span011.start", "v.span011.stop"],
        move |event| {
            let which = event.metadata("which").unwrap_or_default();
            seen.push(format!("{} {which}", event.name()));
        },
    )
    .unwrap()
    .guard();
    let begin = |which: &str| span!("v.span011", { which });
    begin("outer").in_scope(|| begin("inner").in_scope(|| ()));
    assert_eq!(
        log.take(),
        [
            "v.span011.start outer",
            "v.span011.start inner",
            "v.span011.stop inner",
            "v.span011.stop outer"
        ]
    );
}

#[test]
fn span_013_a_failing_stop_handler_leaves_the_result_alone() {
    let _fails = attach("v-span-013", "v.span013.stop", |_| panic_quietly("error"))
        .unwrap()
        .guard();
    assert_eq!(span!("v.span013").in_scope(|| 7), 7);
    assert_eq!(failures("v-span-013"), 1);
}
