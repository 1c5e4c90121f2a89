//! [`StoredTicket`]: a ticket as a short text, for queues that live outside of the process.
//!
//! The text comes back from a database or a broker, so from outside. Neither the queue's name nor
//! the worker's are in it: those become tags, and the program that restores the ticket knows them.

use std::fmt;
use std::str::FromStr;

use telemetry::SpanContext;

/// What [`Ticket::store`](crate::Ticket::store) makes of a ticket: a small value with a text form,
/// to be kept beside the job.
///
/// The text holds the time at which the job is due (of the Unix epoch, by the enqueuer's clock),
/// the number of the next attempt, and the `traceparent` of the enqueuer. It is ASCII without
/// blanks, quotes and commas, and at most [`MAX_LEN`](Self::MAX_LEN) bytes long.
///
/// ```
/// use telemetry_jobs::StoredTicket;
///
/// let text = "1.1763730000123456.2.00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let stored: StoredTicket = text.parse()?;
/// assert_eq!(stored.attempt(), 2);
/// assert_eq!(stored.to_string(), text);
///
/// // A job runs, whatever its ticket is.
/// let stored: StoredTicket = "garbage".parse().unwrap_or_default();
/// assert_eq!((stored.attempt(), stored.context()), (1, None));
/// # Ok::<(), telemetry_jobs::ParseTicketError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredTicket {
    /// Microseconds since the Unix epoch; `None` if nobody knows.
    due: Option<u64>,
    attempt: u32,
    context: Option<SpanContext>,
}

impl StoredTicket {
    /// The longest text, in bytes, that [`Display`](fmt::Display) writes.
    pub const MAX_LEN: usize = "1.".len() + 20 + ".".len() + 10 + ".".len() + 55;

    pub(crate) fn new(due: u64, attempt: u32, context: Option<SpanContext>) -> Self {
        // Through its text, so that it is the same now and after it was read.
        let context =
            context.and_then(|context| SpanContext::from_traceparent(context.traceparent()).ok());
        Self {
            due: Some(due),
            attempt,
            context,
        }
    }

    pub(crate) fn due(&self) -> Option<u64> {
        self.due
    }

    /// The number of the attempt that is to come; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The span in which the job was enqueued.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.context
    }
}

/// The ticket of a job that came without one: its first attempt, of which nobody knows when and
/// where it was enqueued.
impl Default for StoredTicket {
    fn default() -> Self {
        Self {
            due: None,
            attempt: 1,
            context: None,
        }
    }
}

/// What is not there is written as a dash.
impl fmt::Display for StoredTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1.")?;
        match self.due {
            Some(due) => write!(f, "{due}")?,
            None => f.write_str("-")?,
        }
        write!(f, ".{}.", self.attempt)?;
        match self.context {
            Some(context) => f.write_str(context.traceparent().as_str()),
            None => f.write_str("-"),
        }
    }
}

/// Why a text is not a [`StoredTicket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseTicketError {
    /// It does not begin with `1.`: another version, or another thing.
    Version,
    /// It has not four parts with dots between them, or is too long.
    Shape,
    /// The time is neither microseconds since the Unix epoch nor a dash.
    Time,
    /// The number of the attempt is not one from 1 to `u32::MAX`.
    Attempt,
    /// The context is neither a `traceparent` nor a dash.
    Context,
}

impl fmt::Display for ParseTicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => {
                "not a job's ticket of version 1; use `StoredTicket::default()` for a job without one"
            }
            Self::Shape => "a ticket is `1.time.attempt.traceparent`, with nothing left out or added",
            Self::Time => "a ticket's time is microseconds since the Unix epoch, or `-`",
            Self::Attempt => "a ticket's attempt is a number from 1 on",
            Self::Context => "a ticket's context is a W3C traceparent, or `-`",
        })
    }
}

impl std::error::Error for ParseTicketError {}

impl FromStr for StoredTicket {
    type Err = ParseTicketError;

    fn from_str(text: &str) -> Result<Self, ParseTicketError> {
        let rest = text.strip_prefix("1.").ok_or(ParseTicketError::Version)?;
        if text.len() > Self::MAX_LEN {
            return Err(ParseTicketError::Shape);
        }
        let mut parts = rest.split('.');
        let (Some(due), Some(attempt), Some(context), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ParseTicketError::Shape);
        };
        Ok(Self {
            due: match due {
                "-" => None,
                due => Some(number(due).ok_or(ParseTicketError::Time)?),
            },
            attempt: number(attempt)
                .and_then(|attempt| u32::try_from(attempt).ok())
                .filter(|attempt| *attempt > 0)
                .ok_or(ParseTicketError::Attempt)?,
            context: match context {
                "-" => None,
                context => Some(context.parse().map_err(|_| ParseTicketError::Context)?),
            },
        })
    }
}

/// Digits only: `parse` alone would take a plus sign as well.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(())?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use telemetry::{SpanId, TraceId};

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn error(text: &str) -> ParseTicketError {
        text.parse::<StoredTicket>().unwrap_err()
    }

    #[test]
    fn each_part_that_is_wrong_has_its_error() {
        use ParseTicketError::{Attempt, Context, Shape, Time, Version};
        for (text, expected) in [
            ("", Version),
            ("garbage", Version),
            ("2.1.1.-", Version),
            ("1.", Shape),
            ("1.5.1", Shape),
            ("1.5.1.-.", Shape),
            ("1..1.-", Time),
            ("1.+5.1.-", Time),
            ("1.-5.1.-", Time),
            ("1.18446744073709551616.1.-", Time),
            ("1.5.0.-", Attempt),
            ("1.5.4294967296.-", Attempt),
            ("1.5.-.-", Attempt),
            ("1.5.1.", Context),
            ("1.5.1.00-0-0-0", Context),
            ("1.5.1.é", Context),
        ] {
            assert_eq!(error(text), expected, "{text:?}");
        }
        assert_eq!(error(&format!("1.{}", "5".repeat(1 << 20))), Shape);
    }

    #[test]
    fn the_longest_text_is_as_long_as_is_said() {
        let stored = StoredTicket::new(u64::MAX, u32::MAX, PARENT.parse().ok());
        assert_eq!(stored.to_string().len(), StoredTicket::MAX_LEN);
        assert_eq!(stored.to_string().parse(), Ok(stored));
    }

    #[test]
    fn a_ticket_that_says_nothing_has_a_text_too() {
        let nothing = StoredTicket::default();
        assert_eq!(nothing.to_string(), "1.-.1.-");
        assert_eq!("1.-.1.-".parse(), Ok(nothing));
    }

    fn context() -> impl Strategy<Value = Option<SpanContext>> {
        proptest::option::of((1..=u128::MAX, 1..=u64::MAX, any::<bool>()).prop_map(
            |(trace, span, sampled)| {
                SpanContext::new(
                    TraceId::new(trace).unwrap(),
                    SpanId::new(span).unwrap(),
                    sampled,
                )
            },
        ))
    }

    proptest! {
        #[test]
        fn what_was_stored_comes_back(due: u64, attempt in 1..=u32::MAX, context in context()) {
            let stored = StoredTicket::new(due, attempt, context);
            let text = stored.to_string();
            prop_assert!(text.len() <= StoredTicket::MAX_LEN);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'));
            prop_assert_eq!(text.parse::<StoredTicket>(), Ok(stored));
            prop_assert_eq!(stored.context(), context);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<StoredTicket>();
        }

        #[test]
        fn nothing_that_looks_like_a_ticket_panics(text in "1\\.[-+0-9a-fé.]{0,90}") {
            if let Ok(stored) = text.parse::<StoredTicket>() {
                // Whatever was taken is one that could have been written.
                prop_assert_eq!(stored.to_string().parse::<StoredTicket>(), Ok(stored));
            }
        }
    }
}
