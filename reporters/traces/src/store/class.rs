//! [`Class`]: what a trace is kept as.

use std::fmt;

/// What a trace is kept as. A trace may rise to a later one, and never falls.
///
/// Each class has its own share of the memory, which the others cannot take from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// A span is awaited that others are below of: it is still running.
    InProgress,
    /// All that was begun has ended, quickly and well, as far as is known.
    Ordinary,
    /// A span took long, and none failed.
    Slow,
    /// A span ended by an error or a panic.
    Failed,
}

impl Class {
    pub(super) const ALL: [Self; 4] = [Self::InProgress, Self::Ordinary, Self::Slow, Self::Failed];

    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Whether it is one of those that are kept longer: slow or failed.
    #[must_use]
    pub const fn is_kept(self) -> bool {
        matches!(self, Self::Slow | Self::Failed)
    }

    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            Self::Ordinary => "ordinary",
            Self::Slow => "slow",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
