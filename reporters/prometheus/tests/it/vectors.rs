//! The behaviour of the original, case by case, with verbatim names.
//!
//! `tests/vectors/prometheus_text.json` holds what was observed by running
//! `telemetry_metrics_prometheus_core`. Texts are compared by what they say: samples as sets,
//! numbers as numbers. Where we answer differently on purpose, a [rule](rules) says why;
//! [`reporter`] is what the two answer. `expected_families_in_order` says once more what
//! `expected_text` says; a case in which they disagree expects nothing that could be answered.
//!
//! Three things differ in all cases and are left out of the comparison: a description that is
//! absent is made up here, the families under `telemetry` are there, and a measurement that sounds
//! like time is a plain number only because [`definition`] says so with `Unit::One`.

mod refusals;
mod reporter;
mod rules;
mod scrape;
mod series;
mod text;

use std::path::Path;

use telemetry_metrics::{Aggregator, Check, Kind, Metric, Unit, buckets};
use telemetry_prometheus::Prometheus;
use telemetry_vectors::num::Units;
use telemetry_vectors::term::{Strange, is};
use telemetry_vectors::{
    Answer, Holds, Json, Rule, Subject, Vectors, alone, dotted, emit, kind, metric, run, survivors,
    tally, unpredicted,
};

use self::rules::{By, RULES};
use self::scrape::{Scrape, Shown};
use crate::strict;
use crate::support::own_text;

const FILE: &str = "prometheus_text.json";

/// Where the events of the cases are, so that no other test hears them.
const EVENTS: &str = "vectors";

fn own() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
}

/// Our own copy, and cases for the rules that none of its cases is for.
fn own_cases() -> Vec<Json> {
    let own = Vectors::find_with(|_| None, FILE, own()).expect("our own copy");
    let more = include_str!("../vectors/prometheus_text_more.json");
    [own.cases(), Vectors::parse("more", more).cases()].concat()
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What can be seen of a reporter.
#[derive(Debug, Clone, PartialEq)]
struct Given {
    /// Of each event, whether it cost a metric its handler.
    detached: Vec<bool>,
    scrapes: Vec<Scrape>,
}

struct Text;

impl Subject for Text {
    type Rule = By;
    type Given = Given;

    fn rules(&self) -> &'static [Rule<By>] {
        &RULES
    }

    fn expected(&self, case: &Json) -> Result<Answer<Given>, String> {
        if case["start"] == "error" {
            let left = case["handlers_leaked_after_failed_start"].as_u64();
            let left = left.ok_or("nothing is said of handlers left")?;
            let error = failure(&case["expected_error"]).ok_or("there is no error")?;
            return Ok(Answer::they_refuse(format!("{left} left: {error}")));
        }
        if case["start"] != "ok" {
            return Err("it neither starts nor fails to".into());
        }
        let mut given = Given {
            detached: Vec::new(),
            scrapes: Vec::new(),
        };
        for step in list(case, "steps") {
            if step["scrape"] != true {
                let detached = step["handler_detached_by_this_event"].as_bool();
                given
                    .detached
                    .push(detached.ok_or("nothing is said of its handler")?);
                continue;
            }
            given.scrapes.push(match step["expected_text"].as_str() {
                Some(text) => {
                    let scrape = Scrape::of(text);
                    if families_in_order(step)?.is_some_and(|again| again != scrape) {
                        return Err("the families in order are not those of the text".into());
                    }
                    scrape
                }
                None => {
                    let failure = failure(&step["expected_failure"]);
                    Scrape::Raises(failure.ok_or("a scrape expects nothing")?)
                }
            });
        }
        Ok(Answer::Gives(given))
    }

    fn predicted(&self, case: &Json, holds: Holds<By>) -> Result<Answer<Given>, String> {
        or_not_here(reporter::answer(case, holds))
    }

    fn actual(&self, case: &Json) -> Result<Answer<Given>, String> {
        let answer = or_not_here(actual(case));
        let left = telemetry::list_handlers(EVENTS).len();
        if left > 0 {
            Err(format!("{left} handlers are left"))
        } else {
            answer
        }
    }

    fn expectations(&self, case: &Json) -> Vec<String> {
        let mut all = vec!["/start".to_owned()];
        if case["start"] == "error" {
            all.push("/handlers_leaked_after_failed_start".into());
            // The end of a stack trace is nobody's promise.
            if case["expected_error"].is_object() {
                all.push("/expected_error".into());
            }
        }
        for (at, step) in list(case, "steps").iter().enumerate() {
            for what in [
                "handler_detached_by_this_event",
                "expected_text",
                "expected_families_in_order",
                "expected_failure",
            ] {
                if step.get(what).is_some() {
                    all.push(format!("/steps/{at}/{what}"));
                }
            }
        }
        all
    }

    fn inputs(&self, case: &Json) -> Vec<String> {
        let mut all = vec!["/metrics".to_owned()];
        for (at, step) in list(case, "steps").iter().enumerate() {
            if step["scrape"] != true {
                all.push(format!("/steps/{at}/measurements"));
                all.push(format!("/steps/{at}/metadata"));
            }
        }
        all
    }
}

/// The same scrape, told family by family; `None` if it is not.
fn families_in_order(step: &Json) -> Result<Option<Scrape>, String> {
    let Some(told) = step.get("expected_families_in_order") else {
        return Ok(None);
    };
    let all_of = |family: &Json| {
        let samples = family["samples"].as_array()?.iter();
        let lines = [&family["help"], &family["type"]]
            .into_iter()
            .chain(samples);
        lines
            .map(|line| Some(format!("{}\n", line.as_str()?)))
            .collect::<Option<String>>()
    };
    let families = told.as_array().map(|families| families.iter().map(all_of));
    let text = families.and_then(Iterator::collect::<Option<String>>);
    let text = text.ok_or_else(|| format!("these are no families: {told}"))?;
    Ok(Some(Scrape::of(&text)))
}

fn failure(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        json => {
            let (exception, message) = (json["exception"].as_str()?, json["message"].as_str()?);
            Some(format!("{exception}: {message}"))
        }
    }
}

fn or_not_here(answer: Result<Answer<Given>, Strange>) -> Result<Answer<Given>, String> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(Strange::NotHere) => Ok(Answer::NotHere),
        Err(Strange::Unknown(what)) => Err(what),
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
fn definition(json: &Json) -> Result<Metric, Strange> {
    let kind = kind(&json["type"])?;
    let mut options = json["options"].clone();
    if let Some(bounds) = options.pointer_mut("/reporter_options/buckets") {
        if let Some(range) = bounds["range"].as_array() {
            let number = |at| range.get(at).and_then(Json::as_f64).ok_or(Strange::NotHere);
            let (first, last) = (number(0)?, number(1)?);
            let step = bounds["step"].as_f64().filter(|step| *step > 0.0);
            let step = step.ok_or(Strange::NotHere)? * (last - first).signum();
            let steps = ((last - first) / step).floor();
            if steps > 1_000.0 {
                return Err(Strange::unknown("range", bounds));
            }
            *bounds = Json::from(buckets::linear(first, step, steps as usize + 1));
        }
    }
    let mut metric = metric(kind, &json["name"], &options)?;
    metric = metric.event(format!("{EVENTS}.{}", event_of(json)?));
    if Units::of(&options)? == Units::Unsaid {
        metric = metric.unit(Unit::One);
    }
    let is_gauge = is(&options["reporter_options"]["prometheus_type"], "gauge");
    Ok(if kind == Kind::Sum && is_gauge {
        metric.up_down()
    } else {
        metric
    })
}

fn actual(case: &Json) -> Result<Answer<Given>, Strange> {
    let metrics: Result<Vec<Metric>, Strange> =
        list(case, "metrics").iter().map(definition).collect();
    let builder = Aggregator::builder()
        .metrics(metrics?)
        .check_definitions(Check::Off);
    let aggregator = match builder.start() {
        Ok(aggregator) => aggregator,
        Err(error) => return Ok(Answer::we_refuse(error.to_string())),
    };
    let prometheus = match Prometheus::builder(&aggregator)
        .verbatim_names()
        // The originals have none.
        .process_start_time(false)
        .build()
    {
        Ok(prometheus) => prometheus,
        Err(error) => return Ok(Answer::we_refuse(error.to_string())),
    };
    let mut given = Given {
        detached: Vec::new(),
        scrapes: Vec::new(),
    };
    for step in list(case, "steps") {
        if step["scrape"] == true {
            given.scrapes.push(scrape(&aggregator, &prometheus, case));
            continue;
        }
        let handlers = telemetry::list_handlers(EVENTS).len();
        emit(&format!("{EVENTS}.{}", dotted(&step["event"])?), step)?;
        given
            .detached
            .push(telemetry::list_handlers(EVENTS).len() != handlers);
    }
    Ok(Answer::Gives(given))
}

/// Our text, without what was made up for a description, and without quantiles, which lie between
/// the least and the largest number that the case measures.
fn scrape(aggregator: &Aggregator, prometheus: &Prometheus, case: &Json) -> Scrape {
    let mut scrape = Scrape::of(&own_text(prometheus));
    let Scrape::Families(families) = &mut scrape else {
        return scrape;
    };
    for definition in aggregator.definitions() {
        let name = text::our_name(definition.name());
        for family in families.iter_mut().filter(|family| family.name == name) {
            if definition.description().is_none() {
                assert!(family.help.take().is_some(), "{name} has no HELP");
            }
            check_quantiles(family, case);
        }
    }
    scrape
}

fn check_quantiles(family: &mut Shown, case: &Json) {
    let steps = list(case, "steps").iter();
    let numbers = steps.filter_map(|step| step["measurements"].as_object());
    let numbers: Vec<f64> = numbers
        .flat_map(|all| all.values().filter_map(Json::as_f64))
        .collect();
    let is_within = |value: f64| {
        let is_close = |a: f64, b: f64| a <= b + b.abs() * 0.011;
        numbers.iter().any(|n| is_close(*n, value)) && numbers.iter().any(|n| is_close(value, *n))
    };
    family.samples.retain(|sample| {
        if family.kind != "summary" || !sample.contains("quantile=") {
            return true;
        }
        let value = sample.rsplit(' ').next().and_then(|text| text.parse().ok());
        assert!(
            value.is_some_and(|value: f64| value.is_nan() || is_within(value)),
            "{sample}"
        );
        false
    });
}

#[test]
fn vectors_are_answered_as_the_original_does_or_as_a_rule_says() {
    let _alone = alone();
    if let Some(vectors) = Vectors::find(FILE, own()) {
        let report = run(&Text, FILE, vectors.cases());
        assert_eq!(report.failed, 0);
    }
}

#[test]
fn vectors_know_no_rule_that_decides_nothing() {
    let _alone = alone();
    let report = tally(&Text, &own_cases());
    assert_eq!(report.failed, 0, "{}", report.lines.join("\n"));
    assert_eq!(report.misread, [""; 0]);
    assert_eq!(report.idle(), []);
}

#[test]
fn vectors_with_wrong_expectations_fail() {
    let _alone = alone();
    let (survivors, tried) = survivors(&Text, &own_cases());
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn vectors_with_other_inputs_are_answered_as_the_rules_predict() {
    let _alone = alone();
    let (wrong, tried) = unpredicted(&Text, &own_cases());
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 1_000, "{tried}");
}

/// The texts that are compared are read by a reader that is tested elsewhere; that it refuses what
/// it should matters here, too.
#[test]
fn vectors_are_read_by_a_reader_that_tells_texts_apart() {
    let text = "# HELP a A\n# TYPE a counter\na{x=\"1\"} 1\n";
    assert_eq!(
        Scrape::of(text),
        Scrape::of(&text.replace(" 1\n", " 1.0e0\n"))
    );
    assert_ne!(Scrape::of(text), Scrape::of(&text.replace(" 1\n", " 2\n")));
    assert!(strict::parse(text).is_ok());
}
