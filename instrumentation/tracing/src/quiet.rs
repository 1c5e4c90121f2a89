//! Code of others that may panic where nobody could do anything about it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of others of which nobody here needs to know whether it panics.
///
/// Unwind safety: what it may leave half done is a text that is written half, or what belongs to
/// whoever panicked.
pub(crate) fn quietly(work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        // Its destructor may panic as well. Enough is enough: the second one is leaked.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
    }
}
