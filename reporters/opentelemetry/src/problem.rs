//! What can be wrong with a reporter's settings. A builder reports all of it in one error.

use std::fmt;

/// Something wrong with a setting, or with a definition as OpenTelemetry would have to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing can be sent there.
    Endpoint {
        /// What was given, without what may be secret.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A header that cannot be sent.
    Header {
        /// Its name. Its value is nobody's business.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A setting has a value that makes no sense.
    Setting {
        /// The method of the builder.
        setting: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// An environment variable that the builder was told to read cannot be used.
    Environment {
        /// Its name.
        variable: &'static str,
        /// What is wrong with what it says. Values that may be secret are not repeated.
        why: String,
    },
    /// Connections cannot be made with these settings: certificates, for example.
    Connection(String),
    /// Spans cannot be observed as they should be.
    Spans(String),
    /// A definition cannot be shown as it is.
    Metric {
        /// The definition.
        metric: String,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { url, why } => write!(
                f,
                "`{url}` is no endpoint: {why}; write `http://localhost:4318`, `http://[::1]:4318` or \
                 `https://otlp.example.com`"
            ),
            Self::Header { name, why } => write!(f, "the header `{name}` cannot be sent: {why}"),
            Self::Setting { setting, why } => write!(f, "`{setting}`: {why}"),
            Self::Environment { variable, why } => write!(
                f,
                "the environment variable {variable} cannot be used: {why}; change it, or leave it out"
            ),
            Self::Connection(why) => write!(f, "no connection can be made: {why}"),
            Self::Spans(why) => write!(f, "spans cannot be observed: {why}"),
            Self::Metric { metric, why } => write!(f, "`{metric}`: {why}"),
        }
    }
}

/// Why a reporter did not start.
#[non_exhaustive]
pub enum OpenTelemetryError {
    /// Something is wrong with the settings or the definitions; all of it is listed.
    Settings(Vec<Problem>),
    /// The system refused a thread, or what a thread needs to wait for the network.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for OpenTelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for OpenTelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(problems) => {
                let many = if problems.len() == 1 {
                    "problem"
                } else {
                    "problems"
                };
                let count = problems.len();
                write!(
                    f,
                    "{count} {many} in the settings of the OpenTelemetry reporter:"
                )?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Thread(error) => write!(
                f,
                "the system refused a thread for the OpenTelemetry reporter: {error}"
            ),
        }
    }
}

impl std::error::Error for OpenTelemetryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Settings(_) => None,
        }
    }
}
