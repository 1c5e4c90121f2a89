//! Keeping what measurements do wrong away from the poller: panics, endless errors, destructors.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much of an error is kept and shown, in characters.
const ERROR_CHARS: usize = 200;

thread_local! {
    /// Which poller's measurement runs on this thread; 0 is none.
    static INSIDE: Cell<u64> = const { Cell::new(0) };
}

/// Whether a measurement of this poller runs on this thread.
pub(crate) fn is_inside(poller: u64) -> bool {
    INSIDE.with(Cell::get) == poller
}

/// Calls user code for this poller; a panic becomes an error in one line.
pub(crate) fn guarded<R>(poller: u64, call: impl FnOnce() -> R) -> Result<R, String> {
    let before = INSIDE.with(|inside| inside.replace(poller));
    // Unwind safety: the function's state is its own business. It is called again after a panic,
    // which the builder's documentation says.
    let result = catch_unwind(AssertUnwindSafe(call));
    INSIDE.with(|inside| inside.set(before));
    result.map_err(|payload| {
        let error = one_line(panic_message(&*payload));
        discard(payload);
        error
    })
}

/// Drops what may have a destructor that panics.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Its destructor may panic, too. Enough is enough: this one is leaked.
        std::mem::forget(payload);
    }
}

/// Errors quote what came from outside. They stay short, and cannot forge lines in a log.
pub(crate) fn one_line(text: &str) -> String {
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

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without a message"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
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
    fn panics_become_text() {
        let run = |call: fn()| guarded(7, call);
        assert_eq!(run(|| ()), Ok(()));
        assert_eq!(run(|| panic!("lite\nral")), Err("lite ral".into()));
        assert_eq!(run(|| panic!("number {}", 7)), Err("number 7".into()));
        let odd = "a panic without a message";
        assert_eq!(run(|| std::panic::panic_any(7)), Err(odd.into()));
        assert_eq!(run(|| std::panic::panic_any(Bomb)), Err(odd.into()));
    }

    #[test]
    fn destructors_that_panic_are_contained() {
        discard(Bomb);
        discard(Box::new(Bomb));
    }

    #[test]
    fn whose_measurement_runs_is_known_also_after_a_panic_and_nested() {
        assert!(!is_inside(7));
        let _ = guarded(7, || {
            assert!(is_inside(7));
            let _ = guarded(8, || {
                assert!(is_inside(8) && !is_inside(7));
                panic!("inner");
            });
            assert!(is_inside(7));
        });
        assert!(!is_inside(7));
    }
}
