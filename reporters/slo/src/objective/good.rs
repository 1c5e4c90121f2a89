//! Which events are good unless an objective says it itself.

use std::fmt::Write;

use telemetry::{Event, Value};
use telemetry_metrics::signals::Failure;

/// The metadata in which a status may stand.
const STATUS: [&str; 2] = ["status", "status_code"];

/// Whether nothing about the event says that it failed.
pub(super) fn is_good(event: &Event<'_>) -> bool {
    let is = |failure: Failure<'_>, key| {
        event
            .metadata(key)
            .is_some_and(|value| fails(failure, value))
    };
    let failed = event.name().ends_with(".exception")
        || is(Failure::Outcome("outcome"), "outcome")
        || STATUS.iter().any(|key| is(Failure::Status(key), key));
    !failed
}

fn fails(failure: Failure<'_>, value: Value<'_>) -> bool {
    if let Some(text) = value.as_str() {
        return failure.is_failure(text);
    }
    // What is longer is no word that means a failure.
    let mut text = Short::default();
    let is_whole = write!(text, "{value}").is_ok();
    is_whole && failure.is_failure(text.as_str())
}

/// A text of few bytes, since an event should not cost an allocation.
#[derive(Default)]
struct Short {
    bytes: [u8; 16],
    len: usize,
}

impl Short {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }
}

impl Write for Short {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.len + part.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_that_mean_a_failure_are_known_however_they_are_given() {
        let outcome = Failure::Outcome("outcome");
        for word in ["error", "panic", "exception", "timeout"] {
            assert!(fails(outcome, Value::Str(word)));
            assert!(fails(outcome, telemetry::display(&word)));
        }
        assert!(!fails(outcome, Value::Str("ok")) && !fails(outcome, Value::Str("cancelled")));
        let status = Failure::Status("status");
        for number in [500u64, 503, 599] {
            assert!(fails(status, Value::Unsigned(number)));
            assert!(fails(status, telemetry::display(&number)));
            assert!(fails(status, Value::Str(&number.to_string())));
        }
        for number in [-500i64, 0, 200, 404, 499, 600, 5_000] {
            assert!(!fails(status, Value::Signed(number)), "{number}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_no_failure() {
        let long = format!("error{}", " ".repeat(20));
        assert!(!fails(
            Failure::Outcome("outcome"),
            telemetry::display(&long)
        ));
    }
}
