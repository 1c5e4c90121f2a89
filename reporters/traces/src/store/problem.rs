//! [`TracesError`]: why a store was not started.

use std::fmt;

use telemetry::AttachError;

/// Why a store was not started.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum TracesError {
    /// The memory is too small for texts of the length that is allowed.
    Memory {
        /// What was given.
        bytes: usize,
        /// What is needed at least.
        least: usize,
    },
    /// A limit is zero, or too large.
    Limit {
        /// Which, as the builder's method is called.
        setting: &'static str,
        /// What was given.
        given: usize,
        /// What may be given at most.
        most: usize,
    },
    /// A ratio or share is not between 0 and 1.
    Ratio {
        /// Which, as the builder's method is called.
        setting: &'static str,
        /// What was given.
        given: f64,
    },
    /// A text is neither the name of a span nor a pattern.
    Pattern {
        /// What was given.
        pattern: String,
    },
    /// The handler could not be attached.
    Attach(AttachError),
}

impl fmt::Display for TracesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { bytes, least } => write!(
                f,
                "`memory({bytes})` is too little: give at least {least} bytes, or allow shorter \
                 texts by `max_text`"
            ),
            Self::Limit {
                setting,
                given,
                most,
            } => write!(f, "`{setting}({given})`: give 1 to {most}"),
            Self::Ratio { setting, given } => {
                write!(f, "`{setting}({given})`: give 0.0 to 1.0")
            }
            Self::Pattern { pattern } => write!(
                f,
                "`{pattern}` is neither the name of a span nor a pattern: `shop.*` stands for all \
                 spans below `shop`, `*` for all"
            ),
            Self::Attach(error) => fmt::Display::fmt(error, f),
        }
    }
}

/// As it is displayed: it is what a `main` that returns it prints.
impl fmt::Debug for TracesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TracesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attach(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AttachError> for TracesError {
    fn from(error: AttachError) -> Self {
        Self::Attach(error)
    }
}
