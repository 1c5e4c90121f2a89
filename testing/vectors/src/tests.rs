//! A subject of one rule, and what is made of its cases.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;

/// The original rounds; we do not, and cannot write texts, and refuse what is negative, as it does.
struct Rounding;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Fractions,
    Text,
    Idle,
}

const RULES: [Rule<By>; 3] = [
    Rule {
        id: By::Fractions,
        means: Means::Differs,
        property: "a fraction",
        reason: "it matters",
        promise: "it is kept",
    },
    Rule {
        id: By::Text,
        means: Means::NotApplicable,
        property: "a text",
        reason: "numbers are numbers",
        promise: "nothing",
    },
    Rule {
        id: By::Idle,
        means: Means::Differs,
        property: "none",
        reason: "none",
        promise: "none",
    },
];

impl Subject for Rounding {
    type Rule = By;
    type Given = f64;

    fn rules(&self) -> &'static [Rule<By>] {
        &RULES
    }

    fn expected(&self, case: &Json) -> Result<Answer<f64>, String> {
        if let Some(message) = case["error"].as_str() {
            return Ok(Answer::they_refuse(message));
        }
        case["out"]
            .as_f64()
            .map(Answer::Gives)
            .ok_or("nothing is expected".into())
    }

    fn predicted(&self, case: &Json, holds: Holds<By>) -> Result<Answer<f64>, String> {
        let number = case["in"].as_f64();
        if case["in"].is_string() {
            let message = Answer::they_refuse("not a number");
            return Ok(if holds.has(By::Text) {
                Answer::NotHere
            } else {
                message
            });
        }
        let number = number.ok_or("nothing is put in")?;
        Ok(if number < 0.0 {
            Answer::both_refuse(format!("negative: {number}"), "below zero")
        } else if holds.has(By::Fractions) {
            Answer::Gives(number)
        } else {
            Answer::Gives(number.round())
        })
    }

    fn actual(&self, case: &Json) -> Result<Answer<f64>, String> {
        let Some(number) = case["in"].as_f64() else {
            return Ok(Answer::NotHere);
        };
        assert!(number < 100.0, "too large for us");
        Ok(match number {
            number if number < 0.0 => Answer::we_refuse("it is below zero"),
            // A promise that is not kept.
            number if number > 10.0 => Answer::Gives(number.round()),
            number => Answer::Gives(number),
        })
    }

    fn expectations(&self, case: &Json) -> Vec<String> {
        let which = if case.get("error").is_some() {
            "/error"
        } else {
            "/out"
        };
        vec![which.to_owned()]
    }

    fn inputs(&self, _: &Json) -> Vec<String> {
        vec!["/in".to_owned()]
    }
}

fn verdict(case: &Json) -> Verdict<By> {
    judge(&Rounding, case, &actual(&Rounding, case))
}

fn failed(case: &Json) -> String {
    match verdict(case) {
        Verdict::Failed(why) => why,
        other => panic!("{case}: {other:?}"),
    }
}

#[test]
fn a_case_passes_or_differs_by_rule_or_is_not_applicable() {
    assert_eq!(verdict(&json!({"in": 2, "out": 2})), Verdict::Passed);
    let differs = Verdict::Differs(vec![By::Fractions]);
    assert_eq!(verdict(&json!({"in": 2.4, "out": 2})), differs);
    let not_applicable = Verdict::NotApplicable(vec![By::Text]);
    let text = json!({"in": "two", "error": "not a number"});
    assert_eq!(verdict(&text), not_applicable);
    assert_eq!(
        verdict(&json!({"in": -1, "error": "negative: -1"})),
        Verdict::Passed
    );
    // What a case says that is as we are needs no rule.
    assert_eq!(verdict(&json!({"in": 2.4, "out": 2.4})), Verdict::Passed);
}

#[test]
fn a_wrong_expectation_fails_whether_a_rule_applies_or_not() {
    failed(&json!({"in": 2, "out": 3}));
    assert!(failed(&json!({"in": 2.4, "out": 3})).contains("the original says"));
    failed(&json!({"in": "two", "error": "not a word"}));
    failed(&json!({"in": "two", "out": 2}));
    failed(&json!({"in": -1, "error": "negative: -2"}));
    failed(&json!({"in": -1, "out": -1}));
    failed(&json!({"in": 1}));
}

#[test]
fn a_promise_that_is_not_kept_fails_even_where_the_original_is_right_by_it() {
    let case = json!({"in": 10.6, "out": 11});
    assert!(failed(&case).contains("promise"));
}

#[test]
fn a_panic_fails_its_own_case() {
    assert!(failed(&json!({"in": 200, "out": 200})).contains("too large for us"));
}

#[test]
fn a_report_counts_cases_and_rules_and_knows_the_idle_ones() {
    let cases = [
        json!({"id": "a", "in": 2, "out": 2}),
        json!({"id": "b", "in": 2.4, "out": 2}),
        json!({"id": "c", "in": 2.4, "out": 2.5}),
        json!({"id": "d", "in": "x", "error": "not a number"}),
    ];
    let report = tally(&Rounding, &cases);
    let counts = (
        report.passed,
        report.failed,
        report.differ,
        report.not_applicable,
    );
    assert_eq!(counts, (1, 1, 1, 1));
    assert_eq!(report.idle(), [By::Idle]);
    assert!(report.misread.len() == 1 && report.misread[0].starts_with("c: "));
    assert_eq!(report.lines.len(), 3);
    assert!(report.lines[1].starts_with("c: FAILED") && report.lines[1].contains("2.5"));
}

#[test]
fn wrong_expectations_are_made_and_those_that_survive_are_told() {
    let cases = [
        json!({"id": "a", "in": 2, "out": 2}),
        json!({"id": "b", "in": 2.4, "out": 2}),
    ];
    let (left, tried) = survivors(&Rounding, &cases);
    assert_eq!(left, [""; 0]);
    assert_eq!(tried, 4);

    // Whose rule is decided by what a case expects, and so excuses everything.
    struct Lenient;
    impl Subject for Lenient {
        type Rule = By;
        type Given = f64;
        fn rules(&self) -> &'static [Rule<By>] {
            &RULES
        }
        fn expected(&self, case: &Json) -> Result<Answer<f64>, String> {
            Rounding.expected(case)
        }
        fn predicted(&self, case: &Json, holds: Holds<By>) -> Result<Answer<f64>, String> {
            if holds.has(By::Fractions) {
                Rounding.predicted(case, holds)
            } else {
                self.expected(case)
            }
        }
        fn actual(&self, case: &Json) -> Result<Answer<f64>, String> {
            Rounding.actual(case)
        }
        fn expectations(&self, _: &Json) -> Vec<String> {
            vec!["/out".into(), "/nowhere".into()]
        }
        fn inputs(&self, case: &Json) -> Vec<String> {
            Rounding.inputs(case)
        }
    }
    let (left, _) = survivors(&Lenient, &cases);
    let of = |what: &str| left.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        (of("Differs([Fractions])"), of("/nowhere")),
        (4, 2),
        "{left:?}"
    );
}

#[test]
fn other_inputs_are_tried_and_what_was_not_predicted_is_told() {
    let (wrong, tried) = unpredicted(&Rounding, &[json!({"id": "a", "in": 4.0})]);
    assert!(
        wrong.iter().all(|line| line.contains("too large for us")),
        "{wrong:?}"
    );
    assert!(tried > wrong.len());
    // 11.5 is rounded, which breaks the promise.
    let (wrong, _) = unpredicted(&Rounding, &[json!({"id": "a", "in": 11})]);
    assert!(
        wrong.iter().any(|line| line.contains("as 11.5")),
        "{wrong:?}"
    );
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("vectors-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn the_shared_directory_comes_first_and_may_lack_a_file() {
    let (own, shared) = (directory("own"), directory("shared"));
    let text = |id: &str| format!(r#"{{"cases": [{{"id": "{id}"}}]}}"#);
    std::fs::write(own.join("a.json"), text("own")).unwrap();
    std::fs::write(own.join("b.json"), text("own")).unwrap();
    std::fs::write(shared.join("a.json"), text("shared")).unwrap();
    let find = |directory: Option<&Path>, file: &str| {
        let named = |key: &str| {
            assert_eq!(key, DIRECTORY);
            directory.map(|path| OsString::from(path.as_os_str()))
        };
        let vectors = Vectors::find_with(named, file, &own)?;
        Some(id(&vectors.cases()[0]).to_owned())
    };
    assert_eq!(find(None, "a.json").as_deref(), Some("own"));
    assert_eq!(find(Some(Path::new("")), "a.json").as_deref(), Some("own"));
    assert_eq!(find(Some(&shared), "a.json").as_deref(), Some("shared"));
    assert_eq!(find(Some(&shared), "b.json"), None);
    let missing = std::panic::catch_unwind(|| Vectors::find_with(|_| None, "c.json", &own));
    assert!(missing.is_err(), "a missing copy fails");
    let empty = std::panic::catch_unwind(|| Vectors::parse("a", r#"{"cases": []}"#).cases().len());
    assert!(empty.is_err(), "a file without cases fails");
    for directory in [own, shared] {
        std::fs::remove_dir_all(directory).unwrap();
    }
}
