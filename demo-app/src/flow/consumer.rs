//! What a reader does with events: [`Consumer`], and how it may fail.

use telemetry::Span;

use super::Transaction;
use super::event::{Kind, StoredEvent};

/// Why an event could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is not the event's fault: the database is away, or too much is going on. It is tried again
    /// for as long as it takes.
    Later(&'static str),
    /// It may be the event. It is tried a few times more, and set aside then.
    Poison(&'static str),
}

impl Failure {
    /// A word for tags.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Later(reason) | Self::Poison(reason) => reason,
        }
    }
}

/// Classes of PostgreSQL's errors that no event is to blame for.
const ABOVE_IT_ALL: [&str; 7] = ["08", "25", "40", "53", "55", "57", "58"];

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(error) = error else {
            return match error {
                sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => {
                    Self::Poison("database")
                }
                // No connection, or a broken one.
                _ => Self::Later("database"),
            };
        };
        // PostgreSQL has five characters, of which two are the class; SQLite has a number.
        match error.code().as_deref() {
            // A connection, a state that does not allow it, a conflict with others, resources, an
            // operator, the system.
            Some(code)
                if code.len() == 5 && ABOVE_IT_ALL.iter().any(|class| code.starts_with(class)) =>
            {
                Self::Later("database")
            }
            // Busy, locked, no memory, read-only, I/O, full, cannot open: with their extended codes.
            Some(code) => match code.parse::<u32>().map(|code| code & 0xff) {
                Ok(5..=8 | 10 | 13 | 14) => Self::Later("database"),
                _ => Self::Poison("database"),
            },
            None => Self::Poison("database"),
        }
    }
}

/// What a reader does with events.
pub(super) trait Consumer: Send + Sync + 'static {
    /// Under which its position is kept, and a tag.
    const NAME: &'static str;

    /// Whether events of this kind are of use. The others are passed over.
    fn wants(kind: Kind) -> bool;

    /// The span of one attempt: below the span in which the event was stored.
    fn span(event: &StoredEvent) -> Span;

    /// What is to be done before the position moves on, without a connection. It may be done again
    /// for the same event, if the application ends in between.
    fn before(&self, _event: &StoredEvent) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }

    /// What is changed together with the position, once and no more.
    fn apply(
        &self,
        _transaction: &mut Transaction,
        _event: &StoredEvent,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }
}
