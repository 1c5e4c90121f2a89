//! The behaviour of the original, case by case.
//!
//! `tests/vectors/statsd_wire.json` holds what was observed by running the BEAM's
//! `telemetry_metrics_statsd`: definitions, settings, events, and the datagrams of each event. Here
//! each event is followed by a flush, and the lines are compared, numbers by value. Where we answer
//! differently on purpose, a [rule](rules) says why; [`wire`] is what the two answer.

mod line;
mod refusals;
mod rules;
mod wire;

use std::path::Path;

use telemetry_metrics::{Aggregator, Check, Dimension, Kind, Metric, Unit};
use telemetry_statsd::Format;
use telemetry_vectors::num::Units;
use telemetry_vectors::term::{Strange, is, our_text};
use telemetry_vectors::{
    Answer, Holds, Json, Rule, Subject, Vectors, alone, dotted, emit, kind, metric, run, survivors,
    tally, unpredicted,
};

use self::line::Datagram;
use self::rules::{By, RULES};
use crate::support::{Listener, SOON, quiet};

const FILE: &str = "statsd_wire.json";

/// Where the events of the cases are, so that no other test hears them.
const EVENTS: &str = "vectors";

fn own() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
}

/// Cases for the rules that no case of the file is for: read off the original's source.
fn more() -> Vec<Json> {
    let more = Vectors::parse("more", include_str!("../vectors/statsd_wire_more.json"));
    more.cases().to_vec()
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What comes of one event.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    datagrams: Vec<Datagram>,
    /// Whether this event cost the metric its handler.
    detached: bool,
    /// What the code that emits it sees of a failure.
    seen_by_caller: Option<String>,
}

/// What can be seen of a reporter.
#[derive(Debug, Clone, PartialEq)]
struct Given {
    events: Vec<Sent>,
    handlers_left: u64,
}

struct Wire;

impl Subject for Wire {
    type Rule = By;
    type Given = Given;

    fn rules(&self) -> &'static [Rule<By>] {
        &RULES
    }

    fn expected(&self, case: &Json) -> Result<Answer<Given>, String> {
        let text = |json: &Json| json.as_str().map(str::to_owned);
        match case["start"].as_str() {
            Some("ok") => {}
            Some("error") => {
                let error = text(&case["expected_error"]).ok_or("there is no error")?;
                return Ok(Answer::they_refuse(error));
            }
            _ => return Err("it neither starts nor fails to".into()),
        }
        let sent = |event: &Json| {
            let datagrams = event["expected_datagrams"].as_array()?.iter();
            Some(Sent {
                datagrams: datagrams
                    .map(|json| Some(Datagram::of(json.as_str()?)))
                    .collect::<Option<_>>()?,
                detached: event["handler_detached_by_this_event"].as_bool()?,
                seen_by_caller: match &event["error_seen_by_caller"] {
                    Json::Null => None,
                    error => Some(error.to_string()),
                },
            })
        };
        let events: Option<_> = list(case, "events").iter().map(sent).collect();
        Ok(Answer::Gives(Given {
            events: events.ok_or("an event says nothing of its datagrams")?,
            handlers_left: case["handlers_left_after_reporter_stop"]
                .as_u64()
                .ok_or("nothing is said of handlers left")?,
        }))
    }

    fn predicted(&self, case: &Json, holds: Holds<By>) -> Result<Answer<Given>, String> {
        or_not_here(wire::answer(case, holds))
    }

    fn actual(&self, case: &Json) -> Result<Answer<Given>, String> {
        or_not_here(actual(case))
    }

    fn expectations(&self, case: &Json) -> Vec<String> {
        let mut all = vec!["/start".to_owned()];
        if case["start"] == "error" {
            all.push("/expected_error".into());
            return all;
        }
        all.push("/handlers_left_after_reporter_stop".into());
        for at in 0..list(case, "events").len() {
            let of = |what| format!("/events/{at}/{what}");
            all.push(of("expected_datagrams"));
            all.push(of("handler_detached_by_this_event"));
            all.push(of("error_seen_by_caller"));
        }
        all
    }

    fn inputs(&self, case: &Json) -> Vec<String> {
        let mut all: Vec<String> = ["formatter", "prefix", "global_tags", "mtu", "metrics"]
            .map(|input| format!("/{input}"))
            .into();
        for at in 0..list(case, "events").len() {
            all.push(format!("/events/{at}/measurements"));
            all.push(format!("/events/{at}/metadata"));
        }
        all
    }
}

fn or_not_here(answer: Result<Answer<Given>, Strange>) -> Result<Answer<Given>, String> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(Strange::NotHere) => Ok(Answer::NotHere),
        Err(Strange::Unknown(what)) => Err(what),
    }
}

fn format(case: &Json) -> Result<Format, Strange> {
    match case["formatter"].as_str() {
        Some("standard") => Ok(Format::Standard),
        Some("datadog") => Ok(Format::Datadog),
        _ => Err(Strange::NotHere),
    }
}

/// The name of the event that a definition is of.
fn event_of(definition: &Json) -> Result<String, Strange> {
    if let Some(event) = definition["options"].get("event_name") {
        return dotted(event);
    }
    let name = dotted(&definition["name"])?;
    Ok(name.rsplit_once('.').map_or("", |(event, _)| event).into())
}

/// A definition of a case, and what goes without saying there.
fn definition(json: &Json, format: Format) -> Result<Metric, Strange> {
    let (kind, options) = (kind(&json["type"])?, &json["options"]);
    let mut metric = metric(kind, &json["name"], options)?;
    metric = metric.event(format!("{EVENTS}.{}", event_of(json)?));
    let units = Units::of(options)?;
    if units == Units::Unsaid {
        // A duration may be a plain number.
        metric = metric.unit(Unit::One);
    }
    let is_plain = match units {
        Units::Unsaid => true,
        Units::One(unit) | Units::Pair(_, unit) => unit.dimension() == Dimension::None,
    };
    if kind == Kind::Distribution && is_plain && options["reporter_options"]["buckets"].is_null() {
        metric = metric.buckets([100.0]);
    }
    // Sums may fall, where they are not told to be counters that may not.
    let counts = is(&options["reporter_options"]["report_as"], "counter");
    if kind == Kind::Sum && !(counts && format == Format::Standard) {
        metric = metric.up_down();
    }
    Ok(metric)
}

/// The prefix of a case: a text, an atom or nothing.
fn prefix(case: &Json) -> Result<String, Strange> {
    match &case["prefix"] {
        Json::Null => Ok(String::new()),
        prefix => telemetry_vectors::key(prefix),
    }
}

/// What can be written of a case.
fn written(case: &Json) -> Result<(), Strange> {
    prefix(case)?;
    let format = format(case)?;
    list(case, "metrics")
        .iter()
        .try_for_each(|json| definition(json, format).map(|_| ()))?;
    constant_tags(case).map(|_| ())
}

fn constant_tags(case: &Json) -> Result<Vec<(String, String)>, Strange> {
    let tags = case["global_tags"]
        .as_array()
        .ok_or(Strange::NotHere)?
        .iter();
    let text = |json: &Json| Ok(our_text(json)?.unwrap_or_default());
    tags.map(|tag| Ok((text(&tag[0])?, text(&tag[1])?)))
        .collect()
}

fn actual(case: &Json) -> Result<Answer<Given>, Strange> {
    written(case)?;
    let (format, prefix, address) = (format(case)?, prefix(case)?, refusals::address(case)?);
    let mtu = case["mtu"].as_u64().ok_or(Strange::NotHere)?;
    let metrics = list(case, "metrics").iter();
    let metrics: Result<Vec<Metric>, Strange> =
        metrics.map(|json| definition(json, format)).collect();
    let mut builder = Aggregator::builder()
        .metrics(metrics?)
        .check_definitions(Check::Off);
    for (key, value) in constant_tags(case)? {
        builder = builder.constant_tag(key, value);
    }
    let aggregator = match builder.start() {
        Ok(aggregator) => aggregator,
        Err(error) => return Ok(Answer::we_refuse(error.to_string())),
    };
    let daemon = Listener::new();
    let mut builder = quiet(&aggregator, daemon.address())
        .format(format)
        .prefix(prefix)
        .mtu(usize::try_from(mtu).unwrap_or(usize::MAX));
    if let Some(address) = address {
        builder = builder.address(address);
    }
    let statsd = match builder.start() {
        Ok(statsd) => statsd,
        Err(error) => return Ok(Answer::we_refuse(error.to_string())),
    };
    let mut events = Vec::new();
    for event in list(case, "events") {
        let handlers = telemetry::list_handlers(EVENTS).len();
        emit(&format!("{EVENTS}.{}", dotted(&event["event"])?), event)?;
        statsd.flush(SOON).expect("a flush");
        let sent = daemon.datagrams();
        events.push(Sent {
            datagrams: sent.iter().map(|text| Datagram::of(text)).collect(),
            detached: telemetry::list_handlers(EVENTS).len() != handlers,
            seen_by_caller: None,
        });
    }
    drop(statsd);
    drop(aggregator);
    let handlers_left = telemetry::list_handlers(EVENTS).len() as u64;
    Ok(Answer::Gives(Given {
        events,
        handlers_left,
    }))
}

#[test]
fn vectors_are_answered_as_the_original_does_or_as_a_rule_says() {
    let _alone = alone();
    if let Some(vectors) = Vectors::find(FILE, own()) {
        let report = run(&Wire, FILE, vectors.cases());
        assert_eq!(report.failed, 0);
    }
}

#[test]
fn vectors_know_no_rule_that_decides_nothing() {
    let _alone = alone();
    let own = Vectors::find_with(|_| None, FILE, own()).expect("our own copy");
    let report = tally(&Wire, &[own.cases(), &more()].concat());
    assert_eq!(report.failed, 0, "{}", report.lines.join("\n"));
    assert_eq!(report.misread, [""; 0]);
    assert_eq!(report.idle(), []);
}

#[test]
fn vectors_with_wrong_expectations_fail() {
    let _alone = alone();
    let own = Vectors::find_with(|_| None, FILE, own()).expect("our own copy");
    let cases = [own.cases(), &more()].concat();
    let (survivors, tried) = survivors(&Wire, &cases);
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn vectors_with_other_inputs_are_answered_as_the_rules_predict() {
    let _alone = alone();
    let own = Vectors::find_with(|_| None, FILE, own()).expect("our own copy");
    let (wrong, tried) = unpredicted(&Wire, &[own.cases(), &more()].concat());
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 1_000, "{tried}");
}
