//! What can be wrong with objectives and alarms. All of it is reported in one error.

use std::fmt;
use std::time::Duration;

use crate::span::span_text;

/// Why objectives cannot be evaluated.
#[non_exhaustive]
pub enum SloError {
    /// Everything that is wrong with the objectives and alarms.
    Problems(Vec<SloProblem>),
    /// The interval is zero.
    Interval,
    /// The system refused a thread.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for SloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problems(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&problems.join("; "))
            }
            Self::Interval => f.write_str("the interval is zero: give a time such as five seconds"),
            Self::Thread(error) => write!(f, "no thread could be started: {error}"),
        }
    }
}

impl std::error::Error for SloError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Problems(_) | Self::Interval => None,
        }
    }
}

/// Something wrong with one objective or alarm.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SloProblem {
    /// Whether it is about an alarm, and not an objective.
    pub is_alarm: bool,
    /// The name of the objective or the alarm.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for SloProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_alarm { "alarm" } else { "objective" };
        write!(f, "{what} `{}`: {}", self.name, self.problem)
    }
}

/// What is wrong with an objective or an alarm.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// The name has other characters than it may have, or is too long.
    Name,
    /// The name would give definitions that look like the crate's own.
    ReservedName,
    /// An earlier one could not be told from this.
    Duplicate(String),
    /// The target is not between 0 and 1, or leaves no budget to speak of.
    Target(f64),
    /// The objective's window is zero, or beyond a hundred years.
    Window(Duration),
    /// There are no events.
    NoEvents,
    /// An event has no valid name.
    Event {
        /// What was given.
        event: String,
        /// What is wrong with it.
        error: telemetry::NameError,
    },
    /// The key of a measurement is empty.
    Measurement,
    /// The threshold of a latency is zero, or more than a year.
    Threshold(Duration),
    /// A method that does nothing for this kind of objective.
    Misplaced(&'static str),
    /// A label's name is not one for Prometheus.
    Label(String),
    /// A label's name that rules use themselves.
    ReservedLabel(String),
    /// A label is given twice.
    DuplicateLabel(String),
    /// The policy has no alerts.
    NoAlerts,
    /// A pair of windows that is none: zero < short < long <= the objective's window.
    Windows {
        /// The short one.
        short: Duration,
        /// The long one.
        long: Duration,
        /// The objective's.
        window: Duration,
    },
    /// Two alerts have this long window and the same severity.
    SameAlert(Duration),
    /// A factor that is not above zero.
    Factor(f64),
    /// A factor that no burn rate can exceed.
    Unreachable {
        /// What was given.
        factor: f64,
        /// The burn rate if nothing is good.
        most: f64,
        /// The target.
        target: f64,
    },
    /// The limit of an alarm is not finite.
    Limit(f64),
    /// The time of a rise is zero.
    Within,
    /// An alarm that looks at nothing.
    NoDefinitions,
    /// The aggregator has no such definition.
    NotDefined {
        /// Its name.
        definition: String,
        /// Whether the objective brings it along.
        is_own: bool,
    },
    /// The definition is of a kind that cannot be read so.
    Kind {
        /// Its name.
        definition: String,
        /// What is needed.
        needed: &'static str,
    },
    /// The distribution has no bound at the threshold.
    NoBound {
        /// Its name.
        definition: String,
        /// The threshold, in seconds.
        threshold: f64,
    },
    /// Two definitions that are set off against each other differ in what they measure.
    Units {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// Two definitions that are set off against each other have other tags.
    Tags {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(
                "choose a name of at most 64 ASCII characters that begins with a letter: of an \
                 objective lower case letters, digits, `-` and `_`; of an alarm letters, digits \
                 and `_`",
            ),
            Self::ReservedName => f.write_str(
                "the name is kept for what this crate measures itself: choose another one",
            ),
            Self::Duplicate(other) => write!(
                f,
                "it cannot be told from the earlier `{other}`: choose another name (`-` and `_` \
                 are the same; alarms of one name need another definition or severity)"
            ),
            Self::Target(target) => write!(
                f,
                "the target is {target}: it has to be a share above 0 and below 1, such as 0.999, and \
                 of nine nines at most"
            ),
            Self::Window(window) => write!(
                f,
                "the window is {window:?}: give a time above zero, such as 30 days"
            ),
            Self::NoEvents => f.write_str("the list of events is empty: give at least one"),
            Self::Event { event, error } => write!(f, "`{event}` is not an event name: {error}"),
            Self::Measurement => {
                f.write_str("the measurement's key is empty: give one, such as `duration`")
            }
            Self::Threshold(threshold) => write!(
                f,
                "the threshold is {threshold:?}: give a time above zero, and at most a year"
            ),
            Self::Misplaced(method) => write!(
                f,
                "`{method}` does nothing here: `good` is for availability, `measurement` for \
                 latency, and the counts of a ratio say it themselves"
            ),
            Self::Label(label) => write!(
                f,
                "`{label}` is not a label: it has to be of letters, digits and `_`, and to begin \
                 with no digit and not with `__`"
            ),
            Self::ReservedLabel(label) => {
                write!(
                    f,
                    "the label `{label}` is set by rules: choose another name"
                )
            }
            Self::DuplicateLabel(label) => {
                write!(f, "the label `{label}` is given twice: leave one out")
            }
            Self::NoAlerts => f.write_str(
                "its policy is empty, so nobody would be told: give `Policy::standard()`, or one \
                 with an alert",
            ),
            Self::Windows {
                short,
                long,
                window,
            } => write!(
                f,
                "windows of {} and {} in one of {}: the short one has to be above zero and shorter \
                 than the long one, and that not longer than the objective's window",
                span_text(*short),
                span_text(*long),
                span_text(*window)
            ),
            Self::SameAlert(long) => write!(
                f,
                "two alerts have the long window {} and the same severity: leave one out",
                span_text(*long)
            ),
            Self::Factor(factor) => write!(
                f,
                "a factor of {factor}: burn rates are above zero, and 1 uses the budget up exactly"
            ),
            Self::Unreachable {
                factor,
                most,
                target,
            } => write!(
                f,
                "a factor of {factor} is never exceeded: at a target of {} the burn rate is at \
                 most {}; give a higher target or lower factors",
                percent(*target),
                rounded(*most)
            ),
            Self::Limit(limit) => write!(f, "the limit is {limit}: give a finite number"),
            Self::Within => f.write_str("a rise within no time: give a time above zero"),
            Self::NoDefinitions => f.write_str("it looks at no definition: give at least one"),
            Self::NotDefined {
                definition,
                is_own: true,
            } => write!(
                f,
                "the aggregator has no definition `{definition}`: add `objective.metrics()` to its \
                 definitions"
            ),
            Self::NotDefined {
                definition,
                is_own: false,
            } => write!(
                f,
                "the aggregator has no definition `{definition}`: add it, or give the name of one \
                 that is there"
            ),
            Self::Kind { definition, needed } => {
                write!(
                    f,
                    "`{definition}` is of another kind: it has to be {needed}"
                )
            }
            Self::NoBound {
                definition,
                threshold,
            } => write!(
                f,
                "`{definition}` has no bound at {threshold} s: take the definition from \
                 `objective.metrics()`"
            ),
            Self::Units { one, other } => write!(
                f,
                "`{one}` and `{other}` measure different things, such as time and a plain number: \
                 a share needs the same"
            ),
            Self::Tags { one, other } => write!(
                f,
                "`{one}` and `{other}` have other tags, so that no series of one belongs to one of \
                 the other: give both the same"
            ),
        }
    }
}

/// Without what floating point adds.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

fn percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}
