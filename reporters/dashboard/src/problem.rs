//! [`DashboardError`]: why a dashboard does not start.

use std::fmt;

use telemetry_metrics::history::HistoryError;

/// Why a dashboard does not start.
#[non_exhaustive]
pub enum DashboardError {
    /// The past cannot be kept: [`history_memory`](crate::DashboardBuilder::history_memory) or
    /// [`history_length`](crate::DashboardBuilder::history_length) make no sense, or the system refused
    /// a thread.
    History(HistoryError),
    /// The [slug](crate::Page::slug) of a page of the host is taken or can be no address.
    Slug(String),
    /// [`Access::token`](crate::Access::token) was given what is too short for a secret or cannot be
    /// typed. It is not said what.
    Token,
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for DashboardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DashboardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(error) => write!(f, "the past cannot be kept: {error}"),
            Self::Slug(slug) => write!(
                f,
                "a page cannot have the address `{slug}`: give it lower-case letters, digits and hyphens, \
                 32 at most, that no other page has"
            ),
            Self::Token => f.write_str(
                "the token is no secret: give 16 to 512 visible ASCII characters, such as the output of \
                 `openssl rand -hex 16`",
            ),
        }
    }
}

impl std::error::Error for DashboardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => Some(error),
            _ => None,
        }
    }
}

impl From<HistoryError> for DashboardError {
    fn from(error: HistoryError) -> Self {
        Self::History(error)
    }
}
