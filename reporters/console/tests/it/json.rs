//! Events as lines of JSON, read back by `serde_json`.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use telemetry::{EventName, Number, SpanContext, completion_span, emit, execute, span};
use telemetry_console::{Console, EventsBuilder};

use crate::support::Caught;

fn console(pattern: &str) -> (EventsBuilder, Caught) {
    let caught = Caught::default();
    let builder = Console::events()
        .json()
        .only([pattern])
        .output(caught.clone());
    (builder, caught)
}

fn read(caught: &Caught) -> Vec<Value> {
    let lines = caught.lines();
    lines
        .iter()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

#[test]
fn a_line_has_everything_that_the_event_has() {
    let (builder, caught) = console("json.all.*");
    let _console = builder.start().unwrap();
    let parent: SpanContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        .parse()
        .unwrap();
    parent.in_scope(|| {
        execute!(
            "json.all.stop",
            { duration: Duration::from_nanos(1_234_567_890_123), bytes: u64::MAX, least: i64::MIN, share: 0.1, one: 1.0 },
            { route: "/cart", status: 200, ok: true, initial: 'x', wait: Duration::from_micros(3), none: None::<u8> }
        );
    });
    let [line] = &read(&caught)[..] else {
        panic!("{caught:?}")
    };
    assert_eq!(line["name"], "json.all.stop");
    assert_eq!(line["kind"], "event");
    assert_eq!(
        line["measurements"],
        json!({"duration_ns": 1_234_567_890_123u64, "bytes": u64::MAX, "least": i64::MIN, "share": 0.1, "one": 1.0})
    );
    assert_eq!(
        line["metadata"],
        json!({"route": "/cart", "status": 200, "ok": true, "initial": "x", "wait_ns": 3_000})
    );
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["span_id"], "b7ad6b7169203331");
    assert_eq!(line.as_object().unwrap().len(), 7, "{line}");
    let time = line["time"].as_str().unwrap();
    assert_eq!(
        (time.len(), time.find('T'), time.find('.'), time.find('Z')),
        (27, Some(10), Some(19), Some(26))
    );
}

#[test]
fn spans_tell_what_they_are_and_what_is_above_them() {
    let (builder, caught) = console("json.span.*");
    let _console = builder.start().unwrap();
    span!("json.span.outer").in_scope(|| {
        completion_span!("json.span.query").in_scope(|| {});
    });
    let lines = read(&caught);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["span_start", "span_complete", "span_stop"]);
    assert_eq!(lines[1]["parent_span_id"], lines[0]["span_id"]);
    assert_eq!(lines[1]["trace_id"], lines[2]["trace_id"]);
    assert!(lines[0].get("parent_span_id").is_none());
    assert!(
        lines[2]["measurements"]["duration_ns"].is_u64(),
        "{}",
        lines[2]
    );
}

#[test]
fn an_event_without_anything_has_empty_objects_and_no_ids() {
    let (builder, caught) = console("json.bare");
    let _console = builder.start().unwrap();
    execute!("json.bare");
    let [line] = &read(&caught)[..] else {
        panic!("{caught:?}")
    };
    assert_eq!(
        (&line["measurements"], &line["metadata"]),
        (&json!({}), &json!({}))
    );
    assert!(line.get("trace_id").is_none() && line.get("truncated").is_none());
}

#[test]
fn numbers_that_json_does_not_have_are_texts() {
    let (builder, caught) = console("json.finite");
    let _console = builder.start().unwrap();
    execute!("json.finite", { a: f64::NAN, b: f64::INFINITY, c: f64::NEG_INFINITY }, { d: f64::NAN });
    let [line] = &read(&caught)[..] else {
        panic!("{caught:?}")
    };
    assert_eq!(
        line["measurements"],
        json!({"a": "NaN", "b": "Infinity", "c": "-Infinity"})
    );
    assert_eq!(line["metadata"], json!({"d": "NaN"}));
}

#[test]
fn of_two_members_of_one_name_the_first_is_shown_and_the_line_says_so() {
    let (builder, caught) = console("json.twice");
    let _console = builder.start().unwrap();
    let name = EventName::new("json.twice").unwrap();
    let time = Number::from(Duration::from_nanos(5));
    emit(
        name,
        &[
            ("n", 1.into()),
            ("n", 2.into()),
            ("t", time),
            ("t_ns", 7.into()),
        ],
        &[],
    );
    let lines = caught.lines();
    assert!(
        lines[0].contains(r#""measurements":{"n":1,"t_ns":5}"#),
        "{}",
        lines[0]
    );
    assert_eq!(read(&caught)[0]["truncated"], true);
}

#[test]
fn a_long_text_is_cut_and_the_line_says_so() {
    let (builder, caught) = console("json.long");
    let _console = builder.max_text(4).start().unwrap();
    execute!("json.long", {}, { text: "abcdef", short: "abcd" });
    let [line] = &read(&caught)[..] else {
        panic!("{caught:?}")
    };
    assert_eq!(line["metadata"], json!({"text": "abcd…", "short": "abcd"}));
    assert_eq!(line["truncated"], true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_event_is_one_line_of_valid_json(
        text in any::<String>(),
        other in "[\\x00-\\x7f\u{80}-\u{2100}]{0,20}",
        float in any::<f64>(),
        signed in any::<i64>(),
        unsigned in any::<u64>(),
        time in any::<Duration>(),
    ) {
        let (builder, caught) = console("json.any");
        let _console = builder.start().unwrap();
        let keys: [&'static str; 2] = ["k\"\n\\", "\u{1b}\u{1f600}"];
        let name = EventName::new("json.any").unwrap();
        let numbers = [
            ("float", Number::from(float)),
            ("signed", signed.into()),
            ("unsigned", unsigned.into()),
            ("time", time.into()),
        ];
        emit(name, &numbers, &[(keys[0], text.as_str().into()), (keys[1], telemetry::display(&other))]);
        // Other cases run one after another, and other tests have names of their own.
        let lines = read(&caught);
        prop_assert_eq!(lines.len(), 1);
        let line = &lines[0];
        prop_assert_eq!(line["metadata"][keys[0]].as_str(), Some(&*text));
        prop_assert_eq!(line["metadata"][keys[1]].as_str(), Some(&*other));
        let numbers = &line["measurements"];
        prop_assert_eq!(numbers["signed"].as_i64(), Some(signed));
        prop_assert_eq!(numbers["unsigned"].as_u64(), Some(unsigned));
        if float.is_finite() {
            // Not by `serde_json`, which may be one step off.
            let text = caught.text();
            let (_, rest) = text.split_once("\"float\":").unwrap();
            let read: f64 = rest.split(',').next().unwrap().parse().unwrap();
            prop_assert_eq!(read.to_bits(), float.to_bits());
            prop_assert!(numbers["float"].is_f64());
        }
        let nanos = time.as_nanos().to_string();
        prop_assert!(caught.text().contains(&format!("\"time_ns\":{nanos}")), "{}", caught.text());
    }
}
