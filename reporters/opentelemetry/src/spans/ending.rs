//! How a span ended, and what is told of one that failed.

use telemetry::Value;

use super::attribute::{self, ERROR_TYPE};
use super::convention::Rules;
use crate::proto::common::text_attribute;
use crate::proto::writer::{bytes, fixed64, message, uint};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Error,
    Panic,
    /// `cancelled`, which is no failure, and whatever else there may be.
    Other,
}

impl Outcome {
    #[inline]
    pub(super) fn of(value: Option<&Value<'_>>) -> Self {
        match value {
            Some(Value::Str("ok")) => Self::Ok,
            Some(Value::Str("error")) => Self::Error,
            Some(Value::Str("panic")) => Self::Panic,
            _ => Self::Other,
        }
    }

    #[inline]
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Panic)
    }

    #[inline]
    pub(super) fn is_told_by_status(self) -> bool {
        self != Self::Other
    }
}

/// A span that failed.
#[derive(Debug)]
pub(super) struct Failure<'e> {
    pub(super) rules: Rules,
    pub(super) is_panic: bool,
    pub(super) reason: Option<Value<'e>>,
    /// Of HTTP.
    pub(super) status: Option<u64>,
    /// It has its own `error.type`.
    pub(super) has_type: bool,
    /// In nanoseconds since the Unix epoch.
    pub(super) end: u64,
}

/// An error that has no name.
const OTHER: &str = "_OTHER";

impl Failure<'_> {
    /// Status, type of the error, and the event `exception`.
    #[inline(never)]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut printed = Vec::new();
        let reason = match &self.reason {
            Some(Value::Str(text)) => text,
            Some(other) => {
                attribute::print(&mut printed, other);
                // It is one: it was written by way of `fmt::Write`.
                std::str::from_utf8(&printed).unwrap_or_default()
            }
            None => "",
        };
        let reason = crate::proto::common::cut(reason);
        if !self.has_type {
            self.write_type(out, reason);
        }
        // What the status of HTTP says already is not to be repeated.
        let description = match self.is_said_by_status(reason) {
            true => "",
            false => reason,
        };
        message(out, 15, |out| {
            bytes(out, 2, description.as_bytes());
            uint(out, 3, 2);
        });
        if self.is_panic || (self.rules == Rules::Plain && !reason.is_empty()) {
            message(out, 11, |out| {
                fixed64(out, 1, self.end);
                bytes(out, 2, b"exception");
                if self.is_panic {
                    text_attribute(out, 3, "exception.type", "panic");
                }
                text_attribute(out, 3, "exception.message", reason);
            });
        }
    }

    fn write_type(&self, out: &mut Vec<u8>, reason: &str) {
        let key = &*ERROR_TYPE;
        let status = self.status.filter(|status| match self.rules {
            Rules::Client => *status >= 400,
            _ => *status >= 500,
        });
        if self.is_panic {
            return attribute::text(out, key, "panic");
        }
        match (self.rules, status) {
            // An error's text is no type: there would be too many.
            (Rules::Plain, _) => {}
            (Rules::Server | Rules::Client, Some(status)) => {
                attribute::as_text(out, key, &Value::Unsigned(status));
            }
            (Rules::Client | Rules::Query | Rules::Transaction, _) if is_word(reason) => {
                attribute::text(out, key, reason);
            }
            _ => attribute::text(out, key, OTHER),
        }
    }

    fn is_said_by_status(&self, reason: &str) -> bool {
        let Some(status) = self.status else {
            return false;
        };
        let begin = reason.split(' ').next().unwrap_or_default();
        match self.rules {
            Rules::Server => begin.parse() == Ok(status),
            Rules::Client => reason == "status" || begin.parse() == Ok(status),
            _ => false,
        }
    }
}

/// Whether it is one of a few words, as the crates tell that know what failed.
fn is_word(reason: &str) -> bool {
    (1..=64).contains(&reason.len())
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
