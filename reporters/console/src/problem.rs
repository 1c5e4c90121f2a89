//! What can be wrong with a console's settings. A builder reports all of it in one error.

use std::fmt;

use telemetry::AttachError;

use crate::events::MIN_BACKGROUND;
use crate::metrics::MIN_WIDTH;

/// Something wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// What was given is neither a name nor a pattern.
    Pattern(String),
    /// A unit was given for something that is not an event's name, a dot and a key.
    Measurement(String),
    /// No byte of a text may be shown.
    MaxText,
    /// The queue has hardly room for a line.
    Background(usize),
    /// The interval is zero.
    Interval,
    /// The table may have no row.
    MaxRows,
    /// The table has no room.
    Width(usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => write!(
                f,
                "`{}` is not a pattern: write a name, `shop.stop`, or `shop.*` for those below \
                 `shop`, or `*`",
                pattern.escape_debug()
            ),
            Self::Measurement(name) => write!(
                f,
                "`{}` is not a measurement: write the event's name, a dot and the measurement's \
                 key, `vm.memory.total`",
                name.escape_debug()
            ),
            Self::MaxText => f.write_str("`max_text(0)` would show nothing of any text"),
            Self::Background(bytes) => write!(
                f,
                "a queue of {bytes} bytes has no room for lines: give it at least \
                 {MIN_BACKGROUND}, and better a million"
            ),
            Self::Interval => f.write_str("the interval is zero"),
            Self::MaxRows => f.write_str("`max_rows(0)` leaves nothing of the table"),
            Self::Width(width) => write!(
                f,
                "a table of {width} characters has no room for numbers: give it at least {MIN_WIDTH}"
            ),
        }
    }
}

/// Why a console did not start.
#[non_exhaustive]
pub enum ConsoleError {
    /// Something is wrong with the settings; all of it is listed.
    Settings(Vec<Problem>),
    /// The handler could not be attached.
    Attach(AttachError),
    /// The system refused a thread.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ConsoleError {
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
                    "{} {many} in the settings of the console:",
                    problems.len()
                )?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Attach(error) => write!(f, "the console could not be attached: {error}"),
            Self::Thread(error) => {
                write!(f, "the system refused a thread for the console: {error}")
            }
        }
    }
}

impl std::error::Error for ConsoleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attach(error) => Some(error),
            Self::Thread(error) => Some(error),
            Self::Settings(_) => None,
        }
    }
}
