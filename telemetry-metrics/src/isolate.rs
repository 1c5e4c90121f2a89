//! Running code of users where it must not reach the emitter.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returns, or `None` if it panicked.
pub(crate) fn isolated<T>(work: impl FnOnce() -> T) -> Option<T> {
    // Unwind safety: nothing of ours is in an intermediate state while code of users runs.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload is code of users, too, and its destructor may panic again. That one is
            // leaked.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            None
        }
    }
}
