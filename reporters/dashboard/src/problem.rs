//! [`DashboardError`]: why a dashboard does not start.

use std::fmt;

use telemetry_metrics::history::HistoryError;

/// Why a dashboard does not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum DashboardError {
    /// The past cannot be kept.
    History(HistoryError),
    /// A page of the host has an address that is taken or no address.
    Slug(String),
    /// There is no randomness to be had from the system.
    Random,
    /// A token that is too short or cannot be typed.
    Token,
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
            Self::Random => f.write_str("the system has no random numbers to make ids of"),
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
