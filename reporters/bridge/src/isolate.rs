//! Running code of others where it must not take our thread, or the emitter, with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returns, or `None` if it panicked.
pub(crate) fn isolated<T>(work: impl FnOnce() -> T) -> Option<T> {
    // Unwind safety: no state of ours is half changed while code of others runs, and theirs is theirs.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload's destructor is code of others, too. If it panics again, that is leaked.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any("again, on purpose");
        }
    }

    #[test]
    fn a_panic_ends_here_even_if_its_payload_panics() {
        assert_eq!(isolated(|| 1), Some(1));
        assert_eq!(isolated(|| -> u8 { std::panic::panic_any(Bomb) }), None);
    }
}
