//! What can be wrong with a reporter's settings. A builder reports all of it in one error.

use std::fmt;

use telemetry_metrics::Kind;

use crate::start::{MAX_MTU, MIN_MTU};
use telemetry_metrics::KNOWN_OPTIONS;

/// Something wrong with a setting, or with a definition as StatsD would have to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The address is neither `host:port` nor a Unix socket's.
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The prefix has an empty segment, or a character that would end a name.
    Prefix(String),
    /// A datagram may not have this size.
    Mtu(usize),
    /// The interval is zero.
    Interval,
    /// No value may be sent at all.
    MaxValues,
    /// A setting that means nothing in plain StatsD.
    DatadogOnly(&'static str),
    /// An environment variable that the builder was told to read cannot be used.
    Environment {
        /// Its name.
        variable: &'static str,
        /// What it says, or what was made of it.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A name, with its prefix, that begins with `_sc` or `_e{`: an agent takes such lines for service
    /// checks and events.
    NotAMetric(String),
    /// No reporter knows this option.
    UnknownOption {
        /// The definition.
        metric: String,
        /// The option's key.
        key: String,
    },
    /// `report_as` has another value than `counter`.
    ReportAs {
        /// The definition.
        metric: String,
        /// What was given.
        value: String,
    },
    /// `report_as` on a metric that is not a sum.
    ReportAsOn {
        /// The definition.
        metric: String,
        /// What it is.
        kind: Kind,
    },
    /// A sum that may fall, reported as a plain StatsD counter.
    FallingCounter {
        /// The definition.
        metric: String,
    },
    /// Two definitions would send under one name.
    SameName {
        /// The name.
        metric: String,
        /// The kind of the first.
        first: Kind,
        /// The kind of the second.
        second: Kind,
    },
    /// Two tags of one definition would have the same key.
    SameTag {
        /// The definition.
        metric: String,
        /// The key as it would be sent.
        tag: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { address, why } => write!(
                f,
                "`{address}` is not an address: {why}; write `127.0.0.1:8125`, `[::1]:8125`, \
                 `statsd.example.com:8125` or `unix:///run/statsd.socket`"
            ),
            Self::Prefix(prefix) => write!(
                f,
                "`{prefix}` cannot be a prefix: give segments joined by dots, without `:`, `|`, \
                 `@`, `#` and white space, such as `shop.web`"
            ),
            Self::Mtu(mtu) => {
                write!(
                    f,
                    "the MTU is {mtu} bytes, and must be {MIN_MTU} to {MAX_MTU}"
                )
            }
            Self::Interval => f.write_str("the flush interval is zero"),
            Self::MaxValues => f.write_str("`max_values(0)` leaves no timer to be sent"),
            Self::DatadogOnly(setting) => write!(
                f,
                "plain StatsD has no place for what `{setting}` says; leave it out, or choose \
                 `Format::Datadog`"
            ),
            Self::Environment {
                variable,
                value,
                why,
            } => write!(
                f,
                "the environment variable {variable} cannot be used: `{value}`: {why}; change it, \
                 or leave it out"
            ),
            Self::NotAMetric(metric) => write!(
                f,
                "`{metric}`: a Datadog agent takes a line that begins with `_sc` for a service \
                 check, and one with `_e{{` for an event; rename it, or choose another prefix"
            ),
            Self::UnknownOption { metric, key } => write!(
                f,
                "`{metric}`: no reporter knows the option `{key}`; there are: {}",
                KNOWN_OPTIONS.join(", ")
            ),
            Self::ReportAs { metric, value } => write!(
                f,
                "`{metric}`: cannot be reported as `{value}`; write `.option(\"report_as\", \
                 \"counter\")`, or leave it out"
            ),
            Self::ReportAsOn { metric, kind } => {
                write!(f, "`{metric}`: `report_as` is for sums, not for a {kind}")
            }
            Self::FallingCounter { metric } => write!(
                f,
                "`{metric}`: a sum that is `up_down` may fall, and a StatsD counter may not: \
                 leave out `report_as`"
            ),
            Self::SameName {
                metric,
                first,
                second,
            } => write!(
                f,
                "`{metric}`: a {first} and a {second} would be sent under this one name; rename \
                 one of them, and point it at the event with `.event(..)` and `.measurement(..)`"
            ),
            Self::SameTag { metric, tag } => {
                write!(
                    f,
                    "`{metric}`: two of its tags would be sent as `{tag}`; rename one"
                )
            }
        }
    }
}

/// Why a reporter did not start.
#[non_exhaustive]
pub enum StatsdError {
    /// Something is wrong with the settings or the definitions; all of it is listed.
    Settings(Vec<Problem>),
    /// The system refused a thread.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for StatsdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StatsdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(problems) => {
                let many = if problems.len() == 1 {
                    "problem"
                } else {
                    "problems"
                };
                write!(
                    f,
                    "{} {many} in the settings of the StatsD reporter:",
                    problems.len()
                )?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Thread(error) => {
                write!(
                    f,
                    "the system refused a thread for the StatsD reporter: {error}"
                )
            }
        }
    }
}

impl std::error::Error for StatsdError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Settings(_) => None,
        }
    }
}
