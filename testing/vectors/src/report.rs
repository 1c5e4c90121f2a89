//! [`Report`]: how all cases went, in words.

use std::fmt::Debug;
use std::io::Write;

use serde_json::Value as Json;

use crate::file::id;
use crate::judge::{Subject, Verdict, actual, is_theirs, judge};
use crate::rules::Holds;

/// Writes past the test harness, which would keep it to itself as long as the test passes.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// How the cases of a file went.
#[derive(Debug)]
pub struct Report<R> {
    /// Answered as the original does.
    pub passed: usize,
    /// Neither as the original does nor as a rule says.
    pub failed: usize,
    /// Answered as rules promise.
    pub differ: usize,
    /// Nothing to run.
    pub not_applicable: usize,
    /// How many cases each rule decided; one case may be decided by several.
    pub by_rule: Vec<(R, usize)>,
    /// A line for each case that did not pass.
    pub lines: Vec<String>,
    /// Cases, passed ones too, that expect something else of the original than is predicted
    /// without rules.
    pub misread: Vec<String>,
}

impl<R: Copy + Debug> Report<R> {
    /// The rules that decided no case.
    pub fn idle(&self) -> Vec<R> {
        let idle = self.by_rule.iter().filter(|(_, count)| *count == 0);
        idle.map(|(rule, _)| *rule).collect()
    }
}

/// Runs all cases one after the other, as they share event names, and says how each went that did
/// not simply pass; then how often each rule decided, and the sum of it.
pub fn run<S: Subject>(subject: &S, file: &str, cases: &[Json]) -> Report<S::Rule> {
    let report = tally(subject, cases);
    for rule in subject.rules() {
        let mut counts = report.by_rule.iter();
        let count = counts.find(|(id, _)| *id == rule.id);
        say(&format!(
            "rule {:?} decided {} cases: {}; {}; {}",
            rule.id,
            count.map_or(0, |(_, count)| *count),
            rule.property,
            rule.reason,
            rule.promise
        ));
    }
    report.lines.iter().for_each(|line| say(line));
    say(&format!(
        "vectors {file}: {} passed, {} failed, {} differ by rule, {} not applicable",
        report.passed, report.failed, report.differ, report.not_applicable
    ));
    report
}

/// As [`run`], and says nothing.
pub fn tally<S: Subject>(subject: &S, cases: &[Json]) -> Report<S::Rule> {
    let rules = subject.rules();
    let mut report = Report {
        passed: 0,
        failed: 0,
        differ: 0,
        not_applicable: 0,
        by_rule: rules.iter().map(|rule| (rule.id, 0)).collect(),
        lines: Vec::new(),
        misread: Vec::new(),
    };
    for case in cases {
        let given = actual(subject, case);
        let expected = subject.expected(case);
        let there = subject.predicted(case, Holds::None);
        let is_read = match (&expected, &there) {
            (Ok(expected), Ok(there)) => is_theirs(expected, there),
            _ => false,
        };
        if !is_read {
            let (expected, there) = (shown(&expected), shown(&there));
            report
                .misread
                .push(format!("{}: {expected}, not {there}", id(case)));
        }
        let (word, decided) = match judge(subject, case, &given) {
            Verdict::Passed => {
                report.passed += 1;
                continue;
            }
            Verdict::Differs(rules) => {
                report.differ += 1;
                (format!("differs by {rules:?}"), rules)
            }
            Verdict::NotApplicable(rules) => {
                report.not_applicable += 1;
                (format!("not applicable by {rules:?}"), rules)
            }
            Verdict::Failed(why) => {
                report.failed += 1;
                (format!("FAILED, {why}"), Vec::new())
            }
        };
        for (rule, count) in &mut report.by_rule {
            *count += usize::from(decided.contains(rule));
        }
        report.lines.push(format!(
            "{}: {word}: expected {}, actual {}",
            id(case),
            shown(&expected),
            shown(&given)
        ));
    }
    report
}

fn shown<A: Debug>(answer: &Result<A, String>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(why) => format!("nothing ({why})"),
    }
}
