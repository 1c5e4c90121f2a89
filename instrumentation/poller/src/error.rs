//! What can go wrong when starting a poller, when adding to it, and when asking it for a poll.

use std::{fmt, io};

use telemetry::NameError;

/// Why a poller could not be started, or a measurement not be added. What was asked for then does
/// not run; a poller that runs is as it was.
#[non_exhaustive]
pub enum PollerError {
    /// The period is zero.
    ZeroPeriod,
    /// A timeout is zero: that of the poller, or of one measurement.
    ZeroTimeout,
    /// A measurement is to run at every zeroth tick.
    ZeroEvery {
        /// Its name.
        name: String,
    },
    /// Two measurements have one name.
    DuplicateMeasurement {
        /// The name.
        name: String,
    },
    /// An asynchronous measurement was made outside of any tokio runtime, and not told which.
    NoRuntime {
        /// Its name.
        name: String,
    },
    /// A prefix of events is not a name.
    Prefix {
        /// The prefix.
        prefix: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The poller was stopped.
    Stopped,
    /// The thread's name contains a zero byte.
    ThreadName {
        /// The name.
        name: String,
    },
    /// The operating system gave no thread.
    Spawn {
        /// What it said.
        error: io::Error,
    },
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for PollerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PollerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroPeriod => f.write_str("the period is zero: give a positive one"),
            Self::ZeroTimeout => {
                f.write_str("a timeout is zero: give a positive one, or `Duration::MAX` for none")
            }
            Self::ZeroEvery { name } => write!(
                f,
                "measurement `{name}` is to run at every zeroth tick: give at least 1 to `every`"
            ),
            Self::NoRuntime { name } => write!(
                f,
                "measurement `{name}` is asynchronous and has no runtime: make it inside of one, \
                 or name one with `on`"
            ),
            Self::Prefix { prefix, error } => {
                write!(f, "{prefix:?} cannot be the prefix of events: {error}")
            }
            Self::Stopped => f.write_str("the poller is stopped: start another one"),
            Self::DuplicateMeasurement { name } => write!(
                f,
                "there are two measurements called `{name}`: rename one (`vm()` adds all built-in \
                 ones, so leave out those that you add by hand)"
            ),
            Self::ThreadName { name } => {
                write!(f, "{name:?} cannot name a thread: it contains a zero byte")
            }
            Self::Spawn { error } => write!(
                f,
                "the operating system gave the poller no thread: {error}; check the limits on \
                 threads and memory"
            ),
        }
    }
}

impl std::error::Error for PollerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn { error } => Some(error),
            Self::Prefix { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why [`Poller::poll_now`](crate::Poller::poll_now) did not see a whole poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollNowError {
    /// The time ran out. The poll still happens when the poller gets to it.
    TimedOut,
    /// The poller was stopped.
    Stopped,
    /// It was called by a measurement of this poller, and would wait for itself.
    InsideMeasurement,
}

impl fmt::Display for PollNowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => {
                "the poll did not finish in time: wait longer, or look for a measurement that \
                 hangs with `list_measurements`"
            }
            Self::Stopped => "the poller is stopped: start another one",
            Self::InsideMeasurement => {
                "a measurement cannot wait for a poll of its own poller: call `poll_now` from \
                 another thread"
            }
        })
    }
}

impl std::error::Error for PollNowError {}
