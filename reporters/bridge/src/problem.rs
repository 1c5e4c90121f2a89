//! What can be wrong when a bridge is started.

use std::fmt;

/// Why a bridge was not started.
#[non_exhaustive]
pub enum BridgeError {
    /// Settings or definitions that do not go; all of them, a sentence each.
    Settings(Vec<String>),
    /// The exporter did not let itself be made.
    Exporter(String),
    /// The system refused a thread.
    Thread(std::io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(problems) => f.write_str(&problems.join("\n")),
            Self::Exporter(why) => write!(f, "the exporter cannot be made: {why}"),
            Self::Thread(error) => write!(f, "cannot start the bridge's thread: {error}"),
        }
    }
}

impl std::error::Error for BridgeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}
