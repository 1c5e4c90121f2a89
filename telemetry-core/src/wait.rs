//! Waiting until handlers that are detached run no more.
//!
//! Each thread has a record that says whether it is running handlers: how deep its events nest at
//! the moment, and how many dispatches that were not inside another it has ended. Nobody else writes
//! it, so a store is enough, and no locked instruction is needed. Whoever waits looks at all
//! records: a thread that is not in a dispatch, or has ended one since, has no call left that began
//! before.
//!
//! For this to be exact a thread's store has to be visible before it reads the handler list, which
//! takes a fence in every dispatch. That costs a sixth of what an observed event costs in all (see
//! `docs/design.md`), much more on processors whose stores drain slowly; here the one who waits pays
//! instead, with a millisecond, see `sync::heavy_fence`.

use std::sync::Arc;

use crate::sync::{AtomicU64, Ordering, heavy_fence, light_fence};

/// What one thread says about itself.
#[derive(Debug)]
// On a line of its own: another thread's record beside it would make both write one line.
#[repr(align(128))]
pub(crate) struct Record {
    /// The depth in the lowest bits, the count of ended dispatches above it.
    state: AtomicU64,
}

const DEPTH: u64 = 0b11_1111;
const ONE_ENDED: u64 = DEPTH + 1;

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
        }
    }

    pub(crate) fn depth(&self) -> u64 {
        self.state.load(Ordering::Relaxed) & DEPTH
    }

    /// A dispatch begins, unless it would be nested deeper than `most` (at most 63). What it
    /// answers is for [`end`](Self::end).
    #[inline(always)]
    pub(crate) fn begin(&self, most: u32) -> Option<u64> {
        let before = self.state.load(Ordering::Relaxed);
        if before & DEPTH >= u64::from(most) {
            return None;
        }
        // Release, for who sees by this that the one before has ended, see `end`.
        self.state.store(before + 1, Ordering::Release);
        light_fence();
        Some(before)
    }

    /// Whether it was the outermost.
    ///
    /// Release: who sees that the dispatch has ended sees what its handlers did.
    #[inline(always)]
    pub(crate) fn end(&self, before: u64) -> bool {
        let is_outermost = before & DEPTH == 0;
        if is_outermost {
            self.state
                .store(before.wrapping_add(ONE_ENDED), Ordering::Release);
        } else {
            self.state.store(before, Ordering::Release);
        }
        is_outermost
    }

    fn state(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }
}

/// Waits until every dispatch that is in progress on one of `records` has ended. `pause` is called
/// between two looks, and answers whether to go on.
pub(crate) fn quiesce(records: &[Arc<Record>], mut pause: impl FnMut() -> bool) -> bool {
    heavy_fence();
    records.iter().all(|record| {
        let seen = record.state();
        let was_running = seen & DEPTH != 0;
        while was_running && record.state() / ONE_ENDED == seen / ONE_ENDED {
            if !pause() {
                return false;
            }
        }
        true
    })
}
