//! The definitions of the original, as recorded by running it, and its conversions of units.
//!
//! Each case of `tests/vectors/metrics_definitions.json` is translated into our builder, as each of
//! the five kinds, and compared: the definition or the error, and what comes of the events of its
//! probes. Where we answer differently on purpose, a [rule](rules) says why.

mod actual;
mod conversion;
mod given;
mod predicted;
mod refusals;
mod rules;

use std::path::Path;

use telemetry_vectors::term::Strange;
use telemetry_vectors::{
    Answer, Holds, Json, Rule, Subject, Vectors, alone, run, survivors, tally, unpredicted,
};

use given::Given;
use rules::{By, RULES};

const FILE: &str = "metrics_definitions.json";

fn own() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
}

/// The cases of a file, and after them its pairs of units, each of which is one.
fn cases(vectors: &Vectors) -> Vec<Json> {
    let mut all = vectors.cases().to_vec();
    let pairs = vectors.json()["unit_conversion_pairs"].as_array();
    for pair in pairs.into_iter().flatten() {
        let mut pair = pair.clone();
        let [from, to] = ["from", "to"].map(|of| pair[of].as_str().unwrap_or_default().to_owned());
        pair["id"] = Json::from(format!("{from} to {to}"));
        all.push(pair);
    }
    all
}

/// Our own copy, and cases for the rules that none of its cases is for.
fn own_cases() -> Vec<Json> {
    let own = Vectors::find_with(|_| None, FILE, own()).expect("our own copy");
    let more = include_str!("../vectors/metrics_definitions_more.json");
    [cases(&own), cases(&Vectors::parse("more", more))].concat()
}

struct Definitions;

impl Subject for Definitions {
    type Rule = By;
    type Given = Given;

    fn rules(&self) -> &'static [Rule<By>] {
        &RULES
    }

    fn expected(&self, case: &Json) -> Result<Answer<Given>, String> {
        given::expected(case)
    }

    fn predicted(&self, case: &Json, holds: Holds<By>) -> Result<Answer<Given>, String> {
        or_not_here(if conversion::is_one(case) {
            conversion::predicted(case, holds)
        } else {
            predicted::answer(case, holds)
        })
    }

    fn actual(&self, case: &Json) -> Result<Answer<Given>, String> {
        or_not_here(if conversion::is_one(case) {
            conversion::actual(case)
        } else {
            actual::answer(case)
        })
    }

    fn expectations(&self, case: &Json) -> Vec<String> {
        given::expectations(case)
    }

    fn inputs(&self, case: &Json) -> Vec<String> {
        if conversion::is_one(case) {
            let samples = case["samples"].as_array().map_or(0, Vec::len);
            return (0..samples).map(|at| format!("/samples/{at}/in")).collect();
        }
        let mut all = vec!["/name".to_owned(), "/options".into()];
        let probes = case["probes"].as_array().map_or(0, Vec::len);
        all.extend((0..probes).map(|at| format!("/probes/{at}/input")));
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

#[test]
fn vectors_are_understood_as_the_original_understands_them_or_as_a_rule_says() {
    let _alone = alone();
    if let Some(vectors) = Vectors::find(FILE, own()) {
        let report = run(&Definitions, FILE, &cases(&vectors));
        assert_eq!(report.failed, 0);
    }
}

#[test]
fn vectors_know_no_rule_that_decides_nothing() {
    let _alone = alone();
    let report = tally(&Definitions, &own_cases());
    assert_eq!(report.failed, 0, "{}", report.lines.join("\n"));
    assert_eq!(report.misread, [""; 0]);
    assert_eq!(report.idle(), []);
}

#[test]
fn vectors_with_wrong_expectations_fail() {
    let _alone = alone();
    let (survivors, tried) = survivors(&Definitions, &own_cases());
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn vectors_with_other_inputs_are_understood_as_the_rules_predict() {
    let _alone = alone();
    let (wrong, tried) = unpredicted(&Definitions, &own_cases());
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 1_000, "{tried}");
}
