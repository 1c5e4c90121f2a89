//! The behaviour of the original, case by case.
//!
//! `tests/vectors/telemetry_semantics.json` holds what was observed by running the BEAM's
//! `telemetry`. Each case of the areas that this crate covers has a test whose name begins with
//! its id, in the module of its area. Where there is nothing to port, or where we answer
//! differently on purpose, [`RULES`] says why, and the test (if there is one) asserts what is
//! promised instead.

mod attach;
mod detach;
mod execute;
mod failure;
mod list;
mod span;
mod test;

use std::collections::BTreeSet;

use serde_json::Value;

const CASES: &str = include_str!("../vectors/telemetry_semantics.json");

/// The areas of this crate; the others belong to the crates above it.
const AREAS: [&str; 7] = [
    "attach",
    "detach",
    "execute",
    "handler failure",
    "list_handlers",
    "span",
    "telemetry_test",
];

const TESTS: [&str; 7] = [
    include_str!("vectors/attach.rs"),
    include_str!("vectors/detach.rs"),
    include_str!("vectors/execute.rs"),
    include_str!("vectors/failure.rs"),
    include_str!("vectors/list.rs"),
    include_str!("vectors/span.rs"),
    include_str!("vectors/test.rs"),
];

/// Cases that are not answered as the original answers them, and why.
const RULES: [(&str, &str); 22] = [
    (
        "attach-004",
        "an empty list is a typo in somebody's list of metrics: it is an error",
    ),
    (
        "attach-007",
        "nothing is raised: an invalid name is an `AttachError`, or does not compile",
    ),
    (
        "attach-009",
        "a closure costs what a function costs, so there is nothing to warn of",
    ),
    (
        "attach-010",
        "as attach-009: only the duplicate is left, and it is an error",
    ),
    (
        "attach-012",
        "the registry is a static: there is no state in which it is not running",
    ),
    (
        "detach-004",
        "ids are compared, never matched, so `_` is an id like any other",
    ),
    (
        "detach-007",
        "a guard detaches when its owner goes, also by unwinding",
    ),
    (
        "exec-004",
        "measurements have keys; a bare number does not compile, and nothing is deprecated",
    ),
    (
        "exec-006",
        "names are checked while compiling, and by `EventName::new` at run time",
    ),
    ("exec-010", "events nest `MAX_NESTING` deep and no deeper"),
    (
        "fail-001",
        "a failing handler is kept by default; `FailurePolicy::Detach` is as there",
    ),
    (
        "fail-002",
        "there is one kind of failure, a panic; a handler returns nothing",
    ),
    (
        "fail-007",
        "a handler that fails once is kept, counted, and shown",
    ),
    (
        "fail-008",
        "no process holds the table, and no code of a user runs under its lock",
    ),
    (
        "list-002",
        "a prefix is a text; one that no name begins with lists nothing",
    ),
    (
        "span-001",
        "start metadata is merged into the end, and `outcome` says how it went",
    ),
    (
        "span-004",
        "what identifies a span is in its start metadata, which all its events carry",
    ),
    (
        "span-005",
        "work may return anything: what the end carries goes through a handle",
    ),
    (
        "span-007",
        "a span that is dropped unfinished stops as `cancelled`",
    ),
    ("span-008", "the clock starts after the start handlers"),
    (
        "test-001",
        "a capture is the receiver and the guard in one: it detaches when it is dropped",
    ),
    (
        "test-003",
        "a capture takes what its own test emits; everybody's only by `everywhere`",
    ),
];

/// The ids of the cases of our areas.
fn ids() -> BTreeSet<String> {
    let file: Value = serde_json::from_str(CASES).expect("the file is JSON");
    let cases = file["cases"].as_array().expect("it has cases");
    assert_eq!(Some(cases.len() as u64), file["case_count"].as_u64());
    let ours = |case: &&Value| AREAS.iter().any(|area| case["area"] == *area);
    cases
        .iter()
        .filter(ours)
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The names of the tests, read from the source: a table could promise tests that never run.
fn tests() -> Vec<&'static str> {
    let functions = TESTS
        .iter()
        .flat_map(|source| source.split("#[test]\nfn ").skip(1));
    functions
        .filter_map(|function| Some(function.split_once("()")?.0))
        .collect()
}

/// The id that a test's name begins with: `attach-001` for `attach_001_a_handler_runs_once`.
fn id_of(test: &str) -> String {
    let mut words = test.splitn(3, '_');
    let (area, number) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    format!("{area}-{number}")
}

#[test]
fn every_case_of_our_areas_is_tested_or_ruled() {
    let tested: BTreeSet<String> = tests().into_iter().map(id_of).collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(ruled.len(), RULES.len(), "an id stands twice");
    let missing: Vec<_> = ids()
        .into_iter()
        .filter(|id| !tested.contains(id) && !ruled.contains(id))
        .collect();
    assert!(missing.is_empty(), "neither tested nor ruled: {missing:?}");
}

#[test]
fn no_test_or_rule_is_about_a_case_that_does_not_exist() {
    let ids = ids();
    assert!(ids.len() >= 40, "{}", ids.len());
    let of_tests = tests().into_iter().map(id_of);
    let of_rules = RULES.iter().map(|(id, _)| (*id).to_owned());
    let unknown: Vec<_> = of_tests
        .chain(of_rules)
        .filter(|id| !ids.contains(id))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn only_what_does_not_compile_has_a_rule_and_no_test() {
    let tested: BTreeSet<String> = tests().into_iter().map(id_of).collect();
    let untested: Vec<_> = RULES
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| !tested.contains(*id))
        .collect();
    assert_eq!(untested, ["exec-004"]);
}
