//! What can be wrong with definitions. An aggregator reports all of it in one error.

use std::fmt;

use telemetry::{AttachError, NameError};

use crate::metric::Kind;
use crate::unit::Unit;

/// Something wrong with one definition.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// The metric's name is not a name.
    Name(NameError),
    /// The name has one segment, so there is no event in it.
    NoEvent,
    /// The list of events is empty.
    EmptyEvents,
    /// An event's name is not a name.
    Event {
        /// What was given.
        event: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The name begins with `telemetry.`, which is reserved for self-metrics.
    Reserved,
    /// Another definition has the same name and kind.
    Duplicate,
    /// Both `keep` and `drop_when` are given.
    KeepAndDrop,
    /// The measurement's key is empty.
    EmptyMeasurement,
    /// A tag's key is empty.
    EmptyTag,
    /// A tag is listed twice.
    DuplicateTag(String),
    /// A tag that is to be hashed into one of no values.
    NoHashBuckets(String),
    /// A tag is also a constant tag of the aggregator.
    ConstantTag(String),
    /// A pair of units whose dimensions differ.
    UnitPair(Unit, Unit),
    /// A dimensionless distribution without bounds.
    NoBuckets,
    /// Bounds on a metric that is not a distribution.
    BucketsOn(Kind),
    /// An empty list of bounds.
    EmptyBuckets,
    /// A bound that is not finite, or not of the definition's dimension.
    Bound(String),
    /// Bounds that do not ascend strictly.
    BucketOrder {
        /// A bound.
        first: f64,
        /// The one after it, which is not larger.
        then: f64,
    },
    /// `up_down` on a metric that is not a sum.
    UpDownOn(Kind),
    /// Series that are to expire after no time at all.
    NoTime,
    /// A limit of zero series.
    NoSeries,
    /// Nothing in the program emits the event. This and the next three are what
    /// [`check_definitions`](crate::AggregatorBuilder::check_definitions) finds.
    UnknownEvent {
        /// The event that the definition names.
        event: String,
        /// The one that may have been meant.
        nearest: Option<String>,
    },
    /// The event could only be one whose name is made at run time, and looks like a slip of the pen
    /// in one segment of a name that is written out.
    MisspeltEvent {
        /// The event that the definition names.
        event: String,
        /// The one that may have been meant.
        meant: String,
    },
    /// Nothing that emits the definition's events gives them this measurement.
    UnknownMeasurement {
        /// The definition's events.
        events: Vec<String>,
        /// The measurement that it names.
        key: String,
        /// The one that may have been meant.
        nearest: Option<String>,
    },
    /// Nothing that emits the definition's events gives them this metadata.
    UnknownTag {
        /// The definition's events.
        events: Vec<String>,
        /// The tag that it names.
        key: String,
        /// The one that may have been meant.
        nearest: Option<String>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(f, "the name is not one: {error}"),
            Self::NoEvent => f.write_str(
                "the name has one segment, so it names no event: write `event.measurement`, or \
                 add `.event(..)`",
            ),
            Self::EmptyEvents => f.write_str("the list of events is empty: give at least one"),
            Self::Event { event, error } => write!(f, "`{event}` is not an event name: {error}"),
            Self::Reserved => f.write_str(
                "names beginning with `telemetry.` are kept for self-metrics: choose another \
                 name, and point it at the event with `.event(..)`",
            ),
            Self::Duplicate => f.write_str(
                "a definition of this name and kind stands earlier in the list: give this one \
                 another name (for a counter the last segment is free, otherwise point it with \
                 `.event(..)` and `.measurement(..)`)",
            ),
            Self::KeepAndDrop => f.write_str("give `keep` or `drop_when`, not both"),
            Self::EmptyMeasurement => f.write_str("the measurement's key is empty"),
            Self::EmptyTag => f.write_str("a tag's key is empty"),
            Self::DuplicateTag(tag) => write!(f, "the tag `{tag}` is listed twice"),
            Self::NoTime => f.write_str("series cannot expire after no time: give more than zero"),
            Self::NoHashBuckets(tag) => {
                write!(
                    f,
                    "the tag `{tag}` is to be hashed into one of 0 values: give at least 1"
                )
            }
            Self::ConstantTag(tag) => {
                write!(
                    f,
                    "the tag `{tag}` is also a constant tag: rename one of them"
                )
            }
            Self::UnitPair(from, to) => write!(
                f,
                "cannot convert {from:?} to {to:?}: both units of a pair must be of time, or both \
                 of size"
            ),
            Self::NoBuckets => f.write_str(
                "a distribution of plain numbers needs bounds: add `.buckets([..])`, or say that \
                 it is time or bytes with `.unit(..)`",
            ),
            Self::BucketsOn(kind) => {
                write!(f, "bounds make sense for a distribution, not for a {kind}")
            }
            Self::EmptyBuckets => f.write_str("the list of bounds is empty"),
            Self::Bound(bound) => write!(
                f,
                "the bound {bound} is not a finite number of the definition's unit"
            ),
            Self::BucketOrder { first, then } => {
                write!(f, "bounds must ascend strictly, but {then} follows {first}")
            }
            Self::UpDownOn(kind) => write!(f, "`up_down` is for sums, not for a {kind}"),
            Self::NoSeries => f.write_str("`max_series(0)` leaves no room for anything"),
            Self::UnknownEvent { event, nearest } => {
                write!(f, "no callsite emits `{event}`{}", Meant(nearest))?;
                if nearest.is_none() {
                    f.write_str(" (if it is emitted otherwise, add `.unchecked()`)")?;
                }
                Ok(())
            }
            Self::MisspeltEvent { event, meant } => write!(
                f,
                "only a name made at run time could be `{event}`, did you mean `{meant}`?"
            ),
            Self::UnknownMeasurement {
                events,
                key,
                nearest,
            } => {
                let (events, meant) = (AnyOf(events), Meant(nearest));
                write!(f, "no callsite of {events} measures `{key}`{meant}")
            }
            Self::UnknownTag {
                events,
                key,
                nearest,
            } => {
                let (events, meant) = (AnyOf(events), Meant(nearest));
                write!(f, "no callsite of {events} has metadata `{key}`{meant}")
            }
        }
    }
}

/// Events, quoted, joined by `or`.
struct AnyOf<'e>(&'e [String]);

impl fmt::Display for AnyOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, event) in self.0.iter().enumerate() {
            let joint = if at == 0 { "" } else { " or " };
            write!(f, "{joint}`{event}`")?;
        }
        Ok(())
    }
}

/// The end of a sentence: the name that may have been meant, if there is one.
struct Meant<'n>(&'n Option<String>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, ", did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// A [`Problem`] and the definition that has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DefinitionProblem {
    /// The definition's name, as given; for a problem of the aggregator itself, what it is about.
    pub metric: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.metric, self.problem)
    }
}

/// Why an aggregator did not start. Nothing is attached then.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum StartError {
    /// Something is wrong with the definitions; all of it is listed.
    Definitions(Vec<DefinitionProblem>),
    /// A handler could not be attached.
    Attach(AttachError),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definitions(problems) => {
                let many = if problems.len() == 1 {
                    "problem"
                } else {
                    "problems"
                };
                write!(f, "{} {many} in the metric definitions:", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Attach(error) => write!(f, "cannot attach to the events of the metrics: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attach(error) => Some(error),
            Self::Definitions(_) => None,
        }
    }
}
