//! The behaviour of the original, case by case.
//!
//! `tests/vectors/statsd_wire.json` holds what was observed by running the BEAM's
//! `telemetry_metrics_statsd`: definitions, settings, events, and the datagrams of each event. Here
//! each event is followed by a flush, and the lines are compared, numbers by value. Where we answer
//! differently on purpose, [`DIFFERENT`] says why, and what is asserted instead.

mod table;

use std::panic::resume_unwind;

use serde_json::Value;
use telemetry::{EventName, Number, execute};
use telemetry_metrics::{
    Aggregator, Metric, Unit, counter, distribution, last_value, sum, summary,
};
use telemetry_statsd::Format;

use self::table::{DIFFERENT, Instead};
use crate::support::{Listener, SOON, quiet};

const CASES: &str = include_str!("../vectors/statsd_wire.json");

fn cases() -> Vec<Value> {
    let file: Value = serde_json::from_str(CASES).unwrap();
    let cases = file["cases"].as_array().unwrap().clone();
    assert_eq!(Some(cases.len() as u64), file["case_count"].as_u64());
    cases
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A value as text; lists and tuples as `debug` prints them here.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(tagged) => match tagged["$"].as_str() {
            Some("list") => Some(format!("[{}]", elements(&tagged["v"]))),
            Some("tuple") => Some(format!("({})", elements(&tagged["v"]))),
            Some("map") => Some(tagged["v"].to_string()),
            _ => text(&tagged["v"]),
        },
        other => Some(other.to_string()),
    }
}

fn elements(value: &Value) -> String {
    let elements = value.as_array().into_iter().flatten();
    elements.filter_map(text).collect::<Vec<_>>().join(", ")
}

/// A name, of which one case has the segments.
fn name(value: &Value) -> String {
    let segments = value
        .as_array()
        .map(|all| all.iter().filter_map(text).collect::<Vec<_>>());
    segments.map_or_else(|| text(value).unwrap(), |segments| segments.join("."))
}

fn function(value: &Value) -> Option<&str> {
    value["fn"].as_str()
}

fn metric(definition: &Value) -> Metric {
    let options = &definition["options"];
    let own_name = name(&definition["name"]);
    let mut metric = match definition["type"].as_str().unwrap() {
        "counter" => counter(own_name),
        "sum" => sum(own_name),
        "last_value" => last_value(own_name),
        "summary" => summary(own_name),
        _ => distribution(own_name).buckets([100.0]),
    };
    if let Some(event) = options["event_name"].as_str() {
        metric = metric.event(event);
    }
    let tags = list(options, "tags");
    metric = metric.tags(tags.iter().filter_map(text));
    let unit = |value: &Value| match value.as_str().unwrap() {
        "native" => Unit::Nanosecond,
        "millisecond" => Unit::Millisecond,
        "byte" => Unit::Byte,
        _ => Unit::Megabyte,
    };
    metric = match &options["unit"] {
        // The original takes `duration` for a plain number, too.
        Value::Null => metric.unit(Unit::One),
        Value::Array(pair) => metric.unit((unit(&pair[0]), unit(&pair[1]))),
        one => metric.unit(unit(one)),
    };
    if let Some("raise") = function(&options["tag_values"]) {
        metric = metric.tag_values(|_, _| resume_unwind(Box::new("boom")));
    }
    metric = match function(&options["measurement"]) {
        Some("mul") => metric.measure_with(|event| {
            let total = event.measurement("total")?.as_f64()?;
            Some(Number::Float(2.0 * total))
        }),
        Some("raise") => metric.measure_with(|_| resume_unwind(Box::new("boom"))),
        Some(_) => metric.measure_with(|_| None),
        None => metric,
    };
    metric = match function(&options["keep"]) {
        Some("const") => metric.keep(|_| false),
        Some(_) => metric.keep(|event| event.metadata("k").is_some()),
        None => metric,
    };
    if function(&options["drop"]).is_some() {
        metric = metric.drop_when(|event| event.metadata_is("drop", true));
    }
    let reporter = options["reporter_options"].as_object();
    for (key, value) in reporter.into_iter().flatten() {
        metric = metric.option(key, text(value).unwrap());
    }
    metric
}

/// Sums of the original may fall, where they are not told to be counters that may not.
fn up_down(metric: Metric, definition: &Value, format: Format) -> Metric {
    let counts = definition["options"]["reporter_options"]["report_as"] == "counter";
    if definition["type"] == "sum" && !(counts && format == Format::Standard) {
        metric.up_down()
    } else {
        metric
    }
}

/// Emits an event of the vectors: all keys that occur in them, absent where they are.
fn emit(event: &Value) {
    let Ok(name) = EventName::new(&name(&event["event"])) else {
        return;
    };
    let number = |key: &str| {
        let value = &event["measurements"][key];
        value
            .as_i64()
            .map(Number::Signed)
            .or(value.as_f64().map(Number::Float))
    };
    let tag = |key: &str| text(&event["metadata"][key]);
    let drop = event["metadata"]["drop"].as_bool();
    execute!(
        name,
        {
            duration: number("duration"), count: number("count"), total: number("total"),
            payload_size: number("payload_size"), batch_size: number("batch_size"),
            latency: number("latency"), mem: number("mem"), size: number("size"),
            other: number("other"), sample: number("sample"), metric: number("metric"),
        },
        {
            status: tag("status"), method: tag("method").or_else(|| tag("str:method")),
            ratio: tag("ratio"), result: tag("result"), cached: tag("cached"), host: tag("host"),
            q: tag("q"), city: tag("city"), meta: tag("meta"), ids: tag("ids"), drop: drop,
            k: tag("k"), p: tag("p"), a: tag("a"), b: tag("b"), resource: tag("resource"),
            url: tag("url"),
        }
    );
}

/// What counts in a line: its number by value, and whether a gauge is a step.
#[derive(Debug, PartialEq)]
struct Line {
    name: String,
    value: f64,
    is_step: bool,
    kind: String,
    tags: String,
}

fn line(text: &str) -> Line {
    let (line, tags) = text.split_once("|#").unwrap_or((text, ""));
    let (name, rest) = line.rsplit_once(':').expect("a line has a value");
    let (value, kind) = rest.split_once('|').expect("a line has a kind");
    Line {
        name: name.into(),
        value: value.parse().unwrap(),
        is_step: value.starts_with(['+', '-']) && kind == "g",
        kind: kind.into(),
        tags: tags.into(),
    }
}

/// Runs a case; what was sent after each event, or why it did not start.
fn run(case: &Value) -> Result<Vec<Vec<String>>, String> {
    let format = if case["formatter"] == "datadog" {
        Format::Datadog
    } else {
        Format::Standard
    };
    let metrics: Vec<Metric> = list(case, "metrics")
        .iter()
        .map(|definition| up_down(metric(definition), definition, format))
        .collect();
    let mut builder = Aggregator::builder().metrics(metrics);
    for tag in list(case, "global_tags") {
        builder = builder.constant_tag(text(&tag[0]).unwrap(), text(&tag[1]).unwrap());
    }
    let aggregator = builder.start().map_err(|error| error.to_string())?;
    let daemon = Listener::new();
    let mut builder = quiet(&aggregator, daemon.address())
        .format(format)
        .prefix(text(&case["prefix"]).unwrap_or_default())
        .mtu(case["mtu"].as_u64().unwrap() as usize);
    if let Value::Array(bytes) = &case["extra_options"]["host"]["v"] {
        let bytes: Vec<String> = bytes.iter().filter_map(text).collect();
        builder = builder.address(format!("{}:8125", bytes.join(".")));
    }
    let statsd = builder.start().map_err(|error| error.to_string())?;
    let each = |event: &Value| {
        emit(event);
        statsd.flush(SOON).unwrap();
        daemon.datagrams()
    };
    Ok(list(case, "events").iter().map(each).collect())
}

/// Events, their datagrams, and the lines of those.
fn read(events: &[Vec<String>]) -> Vec<Vec<Vec<Line>>> {
    let datagram = |text: &String| text.split('\n').map(line).collect();
    events
        .iter()
        .map(|datagrams| datagrams.iter().map(datagram).collect())
        .collect()
}

/// Whether there is an empty line, or a datagram without any; nobody should send that.
fn is_empty(events: &[Vec<String>]) -> bool {
    events
        .iter()
        .flatten()
        .flat_map(|datagram| datagram.split('\n'))
        .any(str::is_empty)
}

#[test]
fn cases_are_answered_as_the_original_does_or_as_the_table_says() {
    // One after the other: they share event names.
    let mut wrong = Vec::new();
    for case in &cases() {
        let different = DIFFERENT.iter().find(|(known, ..)| *known == id(case));
        let expected: Vec<Vec<String>> = match different {
            Some((_, _, Instead::NotHere)) => continue,
            Some((_, _, Instead::Refused(why))) => {
                match run(case) {
                    Err(text) if text.contains(why) => {}
                    other => wrong.push(format!("{}: {other:?}, not: {why}", id(case))),
                }
                continue;
            }
            Some((_, _, Instead::Sends(events))) => {
                let datagrams = |lines: &&[&str]| match lines.is_empty() {
                    true => Vec::new(),
                    false => vec![lines.join("\n")],
                };
                events.iter().map(datagrams).collect()
            }
            None => {
                if case["start"] != "ok" {
                    wrong.push(format!("{}: it does not start there", id(case)));
                    continue;
                }
                let datagrams = |event| {
                    list(event, "expected_datagrams")
                        .iter()
                        .filter_map(text)
                        .collect()
                };
                list(case, "events").iter().map(datagrams).collect()
            }
        };
        match run(case) {
            Ok(sent) if !is_empty(&expected) && read(&sent) == read(&expected) => {}
            other => wrong.push(format!("{}: {other:?}, not {expected:?}", id(case))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_about_cases_that_there_are_and_about_each_once() {
    let cases = cases();
    for (at, (known, reason, _)) in DIFFERENT.iter().enumerate() {
        assert!(cases.iter().any(|case| id(case) == *known), "{known}");
        assert!(
            !DIFFERENT[..at].iter().any(|(other, ..)| other == known),
            "{known} twice"
        );
        assert!(!reason.is_empty());
    }
    let skipped = DIFFERENT
        .iter()
        .filter(|(.., instead)| matches!(instead, Instead::NotHere));
    let skipped: Vec<&str> = skipped.map(|(id, ..)| *id).collect();
    assert_eq!(
        skipped,
        [
            "std-064",
            "dd-026",
            "start-001",
            "start-002",
            "start-005",
            "start-007"
        ],
        "all other cases are run"
    );
}
