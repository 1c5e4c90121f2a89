//! The behaviour of the original, case by case, with verbatim names.
//!
//! `tests/vectors/prometheus_text.json` holds what was observed by running
//! `telemetry_metrics_prometheus_core`. A case is run as it stands and its text compared: families
//! and samples as sets, numbers as numbers. Where we answer differently on purpose,
//! [`DIFFERENCES`] says why, and what is promised instead is asserted.
//!
//! Three things differ in all cases and are left out of the comparison: a description that is
//! absent is made up here, the families under `telemetry` are there, and a measurement that sounds
//! like time is a plain number only because the runner says so with `Unit::One`.

mod differences;
mod language;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use telemetry_metrics::Aggregator;
use telemetry_prometheus::{Prometheus, PrometheusError};

use self::differences::DIFFERENCES;
use self::differences::Promise::{self, Holds, Refused, StartFails, Text};
use self::language::{aggregator, emit, steps, str_of};
use crate::strict::{self, Family};
use crate::support::own_text;

const CASES: &str = include_str!("../vectors/prometheus_text.json");

#[test]
fn every_case_is_run_or_a_difference_with_a_reason() {
    let cases = cases();
    let ids: BTreeSet<&str> = cases.iter().map(|case| str_of(&case["id"])).collect();
    assert_eq!(ids.len(), 61, "the file is whole and no id stands twice");
    let mut differences = BTreeSet::new();
    for (id, reason, _) in DIFFERENCES {
        assert!(ids.contains(id), "{id} is no case");
        assert!(differences.insert(*id), "{id} stands twice");
        assert!(!reason.is_empty(), "{id} has no reason");
    }
    let mut run = 0;
    for case in &cases {
        let id = str_of(&case["id"]);
        match DIFFERENCES.iter().find(|(known, ..)| *known == id) {
            Some((_, _, promise)) => check_promise(case, promise),
            None => check_as_it_stands(case),
        }
        run += 1;
    }
    assert_eq!(run, ids.len());
}

/// A case in the table that we answer as the original does would be a lie.
#[test]
fn no_difference_is_only_claimed() {
    for case in &cases() {
        let id = str_of(&case["id"]);
        let claimed = DIFFERENCES.iter().find(|(known, ..)| *known == id);
        let Some((_, _, Text(text, _))) = claimed else {
            continue;
        };
        // Order is a difference that a comparison of sets does not see; text as a measurement is
        // one that cannot be shown at all.
        if ["prom-083", "prom-092"].contains(&id) {
            continue;
        }
        let last = case["steps"].as_array().and_then(|steps| steps.last());
        let Some(expected) = last.and_then(|step| step["expected_text"].as_str()) else {
            continue;
        };
        let expected = strict::parse_loosely(expected);
        let ours = strict::parse(text).expect("promises are valid text");
        let same = expected.is_ok_and(|expected| comparable(expected) == comparable(ours));
        assert!(!same, "{id} is no difference");
    }
}

fn cases() -> Vec<Json> {
    let mut all: Json = serde_json::from_str(CASES).expect("the file is JSON");
    match all["cases"].take() {
        Json::Array(cases) => cases,
        other => panic!("not a list of cases: {other}"),
    }
}

fn check_as_it_stands(case: &Json) {
    let id = str_of(&case["id"]);
    if case["start"] == "error" {
        let started = aggregator(case).is_ok_and(|aggregator| build(&aggregator).is_ok());
        assert!(!started, "{id} starts");
        return;
    }
    let aggregator = aggregator(case).unwrap_or_else(|error| panic!("{id}: {error}"));
    let prometheus = build(&aggregator).unwrap_or_else(|error| panic!("{id}: {error}"));
    let mut scrapes = 0;
    for step in steps(case) {
        if step["scrape"] != true {
            emit(id, step);
            continue;
        }
        let expected = strict::parse_loosely(str_of(&step["expected_text"]))
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        let ours = strict::parse(&own_text(&prometheus)).expect("it was parsed before");
        for family in &expected {
            if !family.help.is_empty() {
                let same = |own: &Family| own.name == family.name && own.help == family.help;
                assert!(ours.iter().any(same), "{id}: HELP {}", family.help);
            }
        }
        assert_eq!(comparable(ours), comparable(expected), "{id}");
        scrapes += 1;
    }
    assert!(scrapes > 0, "{id} compares nothing");
}

fn check_promise(case: &Json, promise: &Promise) {
    let id = str_of(&case["id"]);
    match promise {
        StartFails => {
            assert!(aggregator(case).is_err(), "{id} starts");
        }
        Refused(why) => {
            let aggregator = aggregator(case).unwrap_or_else(|error| panic!("{id}: {error}"));
            let error = build(&aggregator).expect_err(id).to_string();
            assert!(error.contains(why), "{id}: {error}");
        }
        Holds(check) => check(),
        Text(text, selfs) => {
            let aggregator = aggregator(case).unwrap_or_else(|error| panic!("{id}: {error}"));
            let prometheus = build(&aggregator).unwrap_or_else(|error| panic!("{id}: {error}"));
            for step in steps(case) {
                if step["scrape"] == true {
                    strict::parse(&prometheus.render()).expect(id);
                } else {
                    emit(id, step);
                }
            }
            assert_eq!(own_text(&prometheus), *text, "{id}");
            for line in *selfs {
                let all = prometheus.render();
                assert!(
                    all.lines().any(|own| own == *line),
                    "{id}: no {line} in\n{all}"
                );
            }
        }
    }
}

/// Families by name, without HELP; samples as a set with their labels in one order, the lines of
/// a histogram aside, whose order [`strict`] has checked.
fn comparable(families: Vec<Family>) -> BTreeSet<String> {
    let families = families.into_iter().map(|family| {
        let mut samples: Vec<String> = family
            .samples
            .into_iter()
            .map(|mut sample| {
                for (label, value) in &mut sample.labels {
                    if label == "le" && value != "+Inf" {
                        *value = format!("{:?}", value.parse::<f64>());
                    }
                }
                sample.labels.sort();
                format!("{} {:?} {:?}", sample.name, sample.labels, sample.value)
            })
            .collect();
        samples.sort();
        format!("{} {}: {samples:?}", family.name, family.kind)
    });
    families.collect()
}

fn build(aggregator: &Aggregator) -> Result<Prometheus, PrometheusError> {
    Prometheus::builder(aggregator).verbatim_names().build()
}
