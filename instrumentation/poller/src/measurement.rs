//! One measurement: a function, and what is known about how it fares.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// How much of an error is kept and shown, in characters.
const ERROR_CHARS: usize = 200;

/// A row of [`Poller::list_measurements`](crate::Poller::list_measurements).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeasurementInfo {
    /// The name given when adding it.
    pub name: String,
    /// How often it has run to its end, well or not.
    pub runs: u64,
    /// How often it has panicked or returned an error.
    pub failures: u64,
    /// How often it has failed since it last succeeded; 0 if all is well.
    pub failures_in_a_row: u32,
    /// At how many ticks it was left out, because it was resting after a failure. Ticks that the
    /// whole poller missed are not in here, see [`Poller::missed_ticks`](crate::Poller::missed_ticks).
    pub skipped: u64,
    /// Since when it has been running, if it is running now. An old one hangs.
    pub running_since: Option<Instant>,
    /// What the last failure said, in one line of at most 200 characters. It stays when the
    /// measurement succeeds again.
    pub last_error: Option<String>,
}

impl MeasurementInfo {
    fn new(name: String) -> Self {
        Self {
            name,
            runs: 0,
            failures: 0,
            failures_in_a_row: 0,
            skipped: 0,
            running_since: None,
            last_error: None,
        }
    }
}

/// A function to run, and its name.
pub(crate) struct Measurement {
    name: String,
    function: Box<dyn FnMut() -> Result<(), String> + Send>,
    /// The first tick at which it runs again.
    pub(crate) resting_until: u64,
}

impl Measurement {
    pub(crate) fn new<E: fmt::Display>(
        name: impl Into<String>,
        mut function: impl FnMut() -> Result<(), E> + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            function: Box::new(move || function().map_err(|error| error.to_string())),
            resting_until: 0,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn info(&self) -> MeasurementInfo {
        MeasurementInfo::new(self.name.clone())
    }

    /// Runs the function; whatever it does, if it returns, this returns.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        // Unwind safety: the function's state is its own business. It is called again after a
        // panic, which the builder's documentation says.
        let error = match catch_unwind(AssertUnwindSafe(|| (self.function)())) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => one_line(&error),
            Err(payload) => {
                let error = one_line(panic_message(&*payload));
                discard(payload);
                error
            }
        };
        Err(error)
    }

    /// Drops the function, whose captures may have destructors that panic.
    pub(crate) fn discard(self) {
        discard(self.function);
    }
}

/// For how many periods to skip a measurement that has failed `in_a_row` times.
pub(crate) fn rest(in_a_row: u32, max: u32) -> u64 {
    let doubled = 1u64
        .checked_shl(in_a_row.saturating_sub(1))
        .unwrap_or(u64::MAX);
    doubled.min(max.into())
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without a message"
    }
}

/// Errors quote what came from outside. They stay short, and cannot forge lines in a log.
fn one_line(text: &str) -> String {
    let mut chars = text.chars();
    let mut line: String = chars
        .by_ref()
        .take(ERROR_CHARS)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if chars.next().is_some() {
        // The last character makes room, so that the promised length holds.
        line.pop();
        line.push('…');
    }
    line
}

fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Its destructor may panic, too. Enough is enough: this one is leaked.
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_the_cap() {
        let rests: Vec<u64> = (1..=7).map(|n| rest(n, 20)).collect();
        assert_eq!(rests, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(rest(1, 0), 0, "no rest at all");
        assert_eq!(rest(u32::MAX, u32::MAX), u64::from(u32::MAX));
    }

    #[test]
    fn errors_are_short_single_lines() {
        assert_eq!(one_line("a\nb\tc\u{1b}[31m"), "a b c [31m");
        assert_eq!(one_line(&"é".repeat(ERROR_CHARS)), "é".repeat(ERROR_CHARS));
        let long = one_line(&"é".repeat(10_000));
        assert_eq!(long.chars().count(), ERROR_CHARS);
        assert!(long.ends_with("é…"), "{long}");
    }

    #[test]
    fn panics_and_errors_become_text() {
        let run = |result: fn() -> Result<(), String>| Measurement::new("m", result).run();
        assert_eq!(run(|| Ok(())), Ok(()));
        assert_eq!(run(|| Err("no\nanswer".into())), Err("no answer".into()));
        assert_eq!(run(|| panic!("literal")), Err("literal".into()));
        assert_eq!(run(|| panic!("number {}", 7)), Err("number 7".into()));
        let odd = run(|| std::panic::panic_any(7));
        assert_eq!(odd, Err("a panic without a message".into()));
    }

    #[test]
    fn destructors_that_panic_are_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in a destructor");
            }
        }
        let mut payload = Measurement::new("m", || -> Result<(), String> {
            std::panic::panic_any(Bomb)
        });
        assert_eq!(payload.run(), Err("a panic without a message".into()));
        let bomb = Bomb;
        Measurement::new("m", move || {
            let _captured = &bomb;
            Ok::<(), String>(())
        })
        .discard();
    }
}
