//! [`Finding`]: one N+1, for people.

use std::fmt;
use std::time::{Duration, SystemTime};

use telemetry::SpanContext;

use super::advice;

/// Queries that could have been one; from [`NPlusOne::findings`](crate::NPlusOne::findings) and
/// from the [test helper](crate::testing).
///
/// `{}` prints it with its [advice](Self::advice).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The statement's [normal form](crate::normalise), at most 1 KiB; `…` stands for what was cut.
    pub statement: String,
    /// How often it ran.
    pub count: u64,
    /// How long that took in all: the sum of `total_time`, or of `duration` where that is absent.
    pub total_time: Duration,
    /// The name of the span that ran it again and again; `None` if that had not ended when this was
    /// found.
    pub parent: Option<&'static str>,
    /// The metadata `route` of the request's span.
    pub route: Option<String>,
    /// The query's `repo`.
    pub repo: Option<String>,
    /// The query's `source`, which is mostly a table.
    pub source: Option<String>,
    /// The query's `system`, such as `postgresql`. In `mysql` the normal form may have values in it: see
    /// [`normalise`](crate::normalise).
    pub system: Option<String>,
    /// The request's span; or the one right above the queries, if the request was not known.
    pub context: SpanContext,
    /// When it was found.
    pub at: SystemTime,
}

impl Finding {
    /// A short text that names the statement and the count, and says what to write instead: one query
    /// for all rows, grouped, joined or loaded beforehand, with the columns of this statement.
    ///
    /// It knows the text of the statement and nothing else, so take it for a hint.
    #[must_use]
    pub fn advice(&self) -> String {
        advice::of(self)
    }
}

/// The advice, and where.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("N+1")?;
        if let Some(parent) = self.parent {
            write!(f, " in `{parent}`")?;
        }
        if let Some(route) = &self.route {
            write!(f, " ({})", route.escape_debug())?;
        }
        write!(f, ": {}", self.advice())
    }
}
