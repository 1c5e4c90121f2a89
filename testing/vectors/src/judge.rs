//! [`judge`]: whether a case passes, fails, or differs by a rule.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value as Json;

use crate::rules::{Holds, Means, Rule};

/// An answer to a case: the original's, ours, or a predicted one.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<A> {
    /// It starts, and gives this.
    Gives(A),
    /// It does not start.
    Refuses {
        /// The original's whole message; empty where it starts. A prediction that ends in `…`
        /// leaves open how it goes on.
        theirs: String,
        /// Our message, of which a prediction says a part; empty where we start.
        ours: String,
    },
    /// It cannot be written.
    NotHere,
}

impl<A> Answer<A> {
    /// A refusal of ours only.
    pub fn we_refuse(part: impl Into<String>) -> Self {
        Self::both_refuse("", part)
    }

    /// A refusal of the original: its message.
    pub fn they_refuse(message: impl Into<String>) -> Self {
        Self::both_refuse(message, "")
    }

    /// A refusal of both for the same reason: its message, and a part of ours.
    pub fn both_refuse(theirs: impl Into<String>, ours: impl Into<String>) -> Self {
        let (theirs, ours) = (theirs.into(), ours.into());
        Self::Refuses { theirs, ours }
    }
}

/// A file of cases as a crate runs it.
pub trait Subject {
    /// The names of its rules.
    type Rule: Copy + PartialEq + Debug + 'static;
    /// What can be seen of an answer.
    type Given: PartialEq + Debug;

    /// All its rules, in one table.
    fn rules(&self) -> &'static [Rule<Self::Rule>];

    /// What the case says that the original answered.
    ///
    /// # Errors
    ///
    /// If the case is not one.
    fn expected(&self, case: &Json) -> Result<Answer<Self::Given>, String>;

    /// What the case's own content leads to, if these rules hold.
    ///
    /// # Errors
    ///
    /// If the case has something that nobody has thought of.
    fn predicted(
        &self,
        case: &Json,
        holds: Holds<Self::Rule>,
    ) -> Result<Answer<Self::Given>, String>;

    /// What we answer.
    ///
    /// # Errors
    ///
    /// If the case has something that nobody has thought of.
    fn actual(&self, case: &Json) -> Result<Answer<Self::Given>, String>;

    /// Where in a case its expectations stand, as JSON pointers.
    fn expectations(&self, case: &Json) -> Vec<String>;

    /// Where what is put in stands, likewise.
    fn inputs(&self, case: &Json) -> Vec<String>;
}

/// How a case went.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<R> {
    /// As expected.
    Passed,
    /// By these rules, as they promise.
    Differs(Vec<R>),
    /// By these rules there is nothing to run.
    NotApplicable(Vec<R>),
    /// Neither.
    Failed(String),
}

/// What we answer; a panic on the way fails this case only.
///
/// # Errors
///
/// As [`Subject::actual`], or the panic's message.
pub fn actual<S: Subject>(subject: &S, case: &Json) -> Result<Answer<S::Given>, String> {
    catch_unwind(AssertUnwindSafe(|| subject.actual(case))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("a panic: {}", text.unwrap_or("without a text")))
    })
}

/// Compares what a case expects, what we answer, and what the rules make of its content.
pub fn judge<S: Subject>(
    subject: &S,
    case: &Json,
    actual: &Result<Answer<S::Given>, String>,
) -> Verdict<S::Rule> {
    match try_judge(subject, case, actual) {
        Ok(verdict) => verdict,
        Err(why) => Verdict::Failed(why),
    }
}

fn try_judge<S: Subject>(
    subject: &S,
    case: &Json,
    actual: &Result<Answer<S::Given>, String>,
) -> Result<Verdict<S::Rule>, String> {
    let expected = subject.expected(case)?;
    let actual = actual.as_ref().map_err(Clone::clone)?;
    let there = subject.predicted(case, Holds::None)?;
    let here = subject.predicted(case, Holds::All)?;
    let rules = deciding(subject, case, &there, &here)?;
    if rules.is_empty() {
        return Ok(if agree(&expected, actual, &here) {
            Verdict::Passed
        } else {
            Verdict::Failed("no rule applies".into())
        });
    }
    if !is_ours(actual, &here) {
        return Err(format!("the rules {rules:?} promise {here:?}"));
    }
    if expected == *actual {
        return Ok(Verdict::Passed);
    }
    if !is_theirs(&expected, &there) {
        return Err(format!(
            "the rules {rules:?} apply where the original says {there:?}"
        ));
    }
    let all = subject.rules();
    let not_applicable = |rule: &S::Rule| {
        all.iter()
            .any(|known| known.id == *rule && known.means == Means::NotApplicable)
    };
    Ok(
        if here == Answer::NotHere && rules.iter().any(not_applicable) {
            Verdict::NotApplicable(rules)
        } else {
            Verdict::Differs(rules)
        },
    )
}

/// The rules without which the answer would be another.
fn deciding<S: Subject>(
    subject: &S,
    case: &Json,
    there: &Answer<S::Given>,
    here: &Answer<S::Given>,
) -> Result<Vec<S::Rule>, String> {
    let mut decide = Vec::new();
    if there == here {
        return Ok(decide);
    }
    for rule in subject.rules() {
        if subject.predicted(case, Holds::AllBut(rule.id))? != *here {
            decide.push(rule.id);
        }
    }
    // Of two rules each of which is enough, neither is missed.
    if decide.is_empty() {
        for rule in subject.rules() {
            if subject.predicted(case, Holds::Only(rule.id))? != *there {
                decide.push(rule.id);
            }
        }
    }
    if decide.is_empty() {
        return Err("the predictions differ, and no rule says why".into());
    }
    Ok(decide)
}

/// Without a rule: the same is given, or both refuse for the reason that was predicted.
fn agree<A: PartialEq>(expected: &Answer<A>, actual: &Answer<A>, predicted: &Answer<A>) -> bool {
    match (expected, actual) {
        (Answer::Gives(expected), Answer::Gives(actual)) => expected == actual,
        (Answer::Refuses { .. }, Answer::Refuses { .. }) => {
            is_theirs(expected, predicted) && is_ours(actual, predicted)
        }
        _ => false,
    }
}

pub(crate) fn is_theirs<A: PartialEq>(expected: &Answer<A>, predicted: &Answer<A>) -> bool {
    match (expected, predicted) {
        (Answer::Refuses { theirs: said, .. }, Answer::Refuses { theirs, .. }) => {
            match theirs.strip_suffix('…') {
                Some(begin) => said.starts_with(begin),
                None => !theirs.is_empty() && said == theirs,
            }
        }
        (expected, predicted) => expected == predicted,
    }
}

pub(crate) fn is_ours<A: PartialEq>(actual: &Answer<A>, predicted: &Answer<A>) -> bool {
    match (actual, predicted) {
        (Answer::Refuses { ours: said, .. }, Answer::Refuses { ours, .. }) => {
            !ours.is_empty() && said.contains(ours)
        }
        (actual, predicted) => actual == predicted,
    }
}
