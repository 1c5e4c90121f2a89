//! [`DashboardError`]: why a dashboard does not start, and what exactly is wrong.

use std::fmt;

use telemetry_metrics::history::HistoryError;

/// So many characters of an address that cannot be one are shown.
const SHOWN: usize = 40;

/// Why a dashboard does not start.
#[non_exhaustive]
pub enum DashboardError {
    /// The past cannot be kept: [`history_memory`](crate::DashboardBuilder::history_memory) or
    /// [`history_length`](crate::DashboardBuilder::history_length) make no sense, or the system refused
    /// a thread.
    History(HistoryError),
    /// The [slug](crate::Page::slug) of a page of the host is taken or can be no address.
    Slug {
        /// As the page gave it.
        slug: String,
        /// What is wrong with it.
        fault: SlugFault,
    },
    /// [`Access::token`](crate::Access::token) was given what is too short for a secret or cannot be
    /// typed. It is not said what.
    Token(TokenFault),
}

/// What is wrong with the address of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlugFault {
    /// It has to be 1 to 32 lower-case letters, digits and hyphens, with no hyphen at either end.
    Form,
    /// The dashboard has this address itself.
    Reserved,
    /// An earlier page has it.
    Twice,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFault {
    /// There is none.
    Empty,
    /// It has so few characters.
    Short(usize),
    /// It has so many bytes.
    Long(usize),
    /// At this byte, from 1 on, begins what is no visible ASCII character: a blank, a line's end, `ü`.
    Invisible(usize),
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
            Self::Slug { slug, fault } => {
                let cut: String = slug.chars().take(SHOWN).collect();
                let dots = if cut.len() < slug.len() { "…" } else { "" };
                let slug = format!("`{}{dots}`", cut.escape_debug());
                match fault {
                    SlugFault::Form => write!(
                        f,
                        "a page cannot have the address {slug}: lower-case letters, digits and hyphens only, 32 \
                         at most, and no hyphen at either end"
                    ),
                    SlugFault::Reserved => write!(
                        f,
                        "a page cannot have the address {slug}, which is an address of the dashboard itself"
                    ),
                    SlugFault::Twice => write!(f, "two pages have the address {slug}"),
                }
            }
            Self::Token(fault) => write!(f, "the token {fault}"),
        }
    }
}

/// The end of a sentence that begins with the token.
impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "is empty: if it comes from a variable, leave that unset and use another access, or give 16 \
                 characters at least",
            ),
            Self::Short(1) => f.write_str("has 1 character: it takes 16 at least"),
            Self::Short(count) => write!(f, "has {count} characters: it takes 16 at least"),
            Self::Long(count) => write!(f, "has {count} bytes: 512 at most"),
            Self::Invisible(byte) => write!(
                f,
                "has a character at byte {byte} that is not visible ASCII: letters, digits and signs only, such \
                 as the output of `openssl rand -hex 16`"
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
