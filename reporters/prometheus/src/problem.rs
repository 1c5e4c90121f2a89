//! What can be wrong with definitions in the eyes of Prometheus; all of it is reported at once.

use std::fmt;
use std::time::Duration;

use telemetry_metrics::Kind;

use crate::format::Format;
use crate::window::MAX_QUANTILES;

/// Something that would make the text wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A setting that no reporter knows.
    UnknownOption(String),
    /// A setting with a value that it cannot have.
    OptionValue {
        /// The setting.
        key: String,
        /// What was given.
        value: String,
        /// What can be.
        expected: &'static str,
    },
    /// A setting that means nothing for metrics of this kind.
    OptionOn {
        /// The setting.
        key: String,
        /// The kind that has no such setting.
        kind: Kind,
    },
    /// A sum that may fall and is to be shown as a counter.
    FallingCounter,
    /// A sample of another definition would have the same name.
    NameTaken {
        /// The sample's name.
        sample: String,
        /// The other definition's name.
        other: String,
        /// The other definition's kind.
        kind: Kind,
        /// The format in which that is; what clashes in text does so in both.
        format: Format,
    },
    /// [`build_info`](crate::PrometheusBuilder::build_info) was given no name of a program.
    NoProgram,
    /// A tag whose label begins with `__`, which Prometheus keeps for itself.
    HiddenLabel {
        /// The tag.
        tag: String,
        /// Its label.
        label: String,
    },
    /// A tag whose label has a meaning already.
    ReservedLabel {
        /// The tag.
        tag: String,
        /// Its label.
        label: String,
        /// What the label means.
        meaning: &'static str,
    },
    /// Two tags that become one label.
    SameLabel {
        /// The tag that stands first.
        first: String,
        /// The other.
        second: String,
        /// The label.
        label: String,
    },
    /// A tag and a constant tag that become one label.
    ConstantLabel {
        /// The tag.
        tag: String,
        /// The constant tag.
        constant: String,
        /// The label.
        label: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOption(key) => write!(
                f,
                "no reporter knows the option `{key}`: correct or remove it; for Prometheus there \
                 is `prometheus_type`"
            ),
            Self::OptionValue {
                key,
                value,
                expected,
            } => write!(
                f,
                "the option `{key}` cannot be `{value}`: write {expected}"
            ),
            Self::OptionOn { key, kind } => write!(
                f,
                "the option `{key}` is for sums and means nothing for a {kind}: remove it"
            ),
            Self::FallingCounter => f.write_str(
                "a sum that may fall cannot be a counter: remove `.up_down()` or the option \
                 `prometheus_type`",
            ),
            Self::NameTaken {
                sample,
                other,
                kind,
                format,
            } => {
                if *format == Format::OpenMetrics {
                    f.write_str(
                        "in OpenMetrics, where a family and its samples share one space, ",
                    )?;
                }
                write!(
                    f,
                    "its samples would be called `{sample}`, as those of the {kind} `{other}` are: \
                     rename one of them"
                )
            }
            Self::NoProgram => f.write_str(
                "the program has no name: give one, such as `shop`, for `shop_build_info`",
            ),
            Self::HiddenLabel { tag, label } if label.is_empty() => write!(
                f,
                "the tag `{tag}` becomes a label without a name: rename the tag"
            ),
            Self::HiddenLabel { tag, label } => write!(
                f,
                "the tag `{tag}` becomes the label `{label}`, and Prometheus keeps labels \
                 beginning with `__` for itself: rename the tag"
            ),
            Self::ReservedLabel {
                tag,
                label,
                meaning,
            } => write!(
                f,
                "the tag `{tag}` becomes the label `{label}`, which is {meaning}: rename the tag"
            ),
            Self::SameLabel {
                first,
                second,
                label,
            } => write!(
                f,
                "the tags `{first}` and `{second}` both become the label `{label}`: rename one of \
                 them"
            ),
            Self::ConstantLabel {
                tag,
                constant,
                label,
            } => write!(
                f,
                "the tag `{tag}` and the constant tag `{constant}` both become the label \
                 `{label}`: rename one of them"
            ),
        }
    }
}

/// A [`Problem`] and the definition that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilyProblem {
    /// The definition's name; `constant_tag` for a problem of the aggregator's constant tags,
    /// `build_info` for one of [that](crate::PrometheusBuilder::build_info).
    pub metric: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for FamilyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.metric, self.problem)
    }
}

/// Why the reporter cannot be built.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrometheusError {
    /// Prometheus would not accept the definitions as they are; everything that is wrong is
    /// listed.
    Definitions(Vec<FamilyProblem>),
    /// [`bearer_token`](crate::PrometheusBuilder::bearer_token) was given what no header can carry.
    /// It is not said what.
    Token,
    /// [`quantiles`](crate::PrometheusBuilder::quantiles) was given this, which is not between 0
    /// and 1, or is there twice.
    Quantile(String),
    /// [`quantiles`](crate::PrometheusBuilder::quantiles) was given so many, which is too many.
    Quantiles(usize),
    /// [`quantile_window`](crate::PrometheusBuilder::quantile_window) was given this, which is
    /// shorter than a second or longer than a day.
    Window(Duration),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for PrometheusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PrometheusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = match self {
            Self::Definitions(problems) => problems,
            Self::Token => {
                return f.write_str(
                    "the bearer token cannot stand in a header: give 1 to 4,096 letters, digits and \
                     `-._~+/`, with any `=` at the end",
                );
            }
            Self::Quantile(quantile) => {
                return write!(
                    f,
                    "`{quantile}` is not a quantile or there twice: give different numbers between \
                     0 and 1, as 0.95"
                );
            }
            Self::Quantiles(count) => {
                return write!(
                    f,
                    "{count} quantiles are too many, each is a series per summary: give at most \
                     {MAX_QUANTILES}, or use a distribution"
                );
            }
            Self::Window(window) => {
                return write!(
                    f,
                    "quantiles cannot be of a window of {window:?}: give a second to a day"
                );
            }
        };
        let many = if problems.len() == 1 {
            "problem"
        } else {
            "problems"
        };
        let count = problems.len();
        write!(f, "{count} {many} with showing the metrics to Prometheus:")?;
        problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for PrometheusError {}
