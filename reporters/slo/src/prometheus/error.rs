//! What can be wrong with what rules are made from.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::problem::SloProblem;
use crate::prometheus::text;

/// Rules cannot be made; says everything that is wrong.
#[derive(Clone, PartialEq)]
pub struct RulesError {
    problems: Vec<RulesProblem>,
}

impl RulesError {
    pub(super) fn new(problems: Vec<RulesProblem>) -> Self {
        Self { problems }
    }

    /// What is wrong, in the order of the objectives and the alarms.
    #[must_use]
    pub fn problems(&self) -> &[RulesProblem] {
        &self.problems
    }
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no rules can be made")?;
        for problem in &self.problems {
            write!(f, "\n- {problem}")?;
        }
        Ok(())
    }
}

impl Error for RulesError {}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RulesProblem {
    /// The lookup knows no samples of a definition.
    Unknown {
        /// The objective's or the alarm's name.
        of: String,
        /// The definition's.
        definition: String,
    },
    /// What is wrong with an objective or an alarm itself; see [`check`](crate::check).
    Given(SloProblem),
    /// A window in which too few scrapes fit.
    WindowTooShort {
        /// The objective's or the alarm's name.
        of: String,
        /// The window.
        window: Duration,
        /// How long it has to be.
        least: Duration,
    },
    /// Rules would be evaluated so seldom that something is overlooked, or all the time.
    Interval {
        /// The interval.
        interval: Duration,
        /// The objective whose shortest window is shorter.
        of: String,
    },
    /// Something that cannot be the name of a label.
    BadName {
        /// Where it was given.
        of: String,
        /// What was given.
        name: String,
    },
    /// A label that rules have already.
    TakenLabel {
        /// Where it was given.
        of: String,
        /// The label.
        label: String,
    },
}

impl fmt::Display for RulesProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { of, definition } => write!(
                f,
                "`{of}`: nobody knows what the samples of `{definition}` are called: is the \
                 definition in the aggregator that the reporter reads?"
            ),
            Self::Given(problem) => problem.fmt(f),
            Self::WindowTooShort { of, window, least } => write!(
                f,
                "`{of}`: too few scrapes fit into a window of {}: make it at least {}, or scrape \
                 more often and say so with `scrape_interval`",
                text::duration(*window),
                text::duration(*least)
            ),
            Self::Interval { interval, of } => write!(
                f,
                "`{of}`: rules evaluated every {} do not suit its shortest window: choose an \
                 `interval` above zero and below that window",
                text::duration(*interval)
            ),
            Self::BadName { of, name } => write!(
                f,
                "{of}: `{}` cannot be a name in Prometheus: use letters, digits and `_`, no digit \
                 first",
                name.escape_default()
            ),
            Self::TakenLabel { of, label } => {
                write!(
                    f,
                    "{of}: the label `{label}` is set by the rules: use another"
                )
            }
        }
    }
}
