//! Waiting until handlers that are detached run no more.
//!
//! Each thread has a record that says whether it is running handlers: a count of its dispatches
//! (those that are not inside another), odd while one is in progress. The thread alone writes it,
//! with plain stores. Whoever waits looks at all records: a thread that is not in a dispatch, or has
//! begun another one since, has no call left that began before.
//!
//! For this to be exact a thread's store has to be visible before it reads the handler list, which
//! takes a fence in every dispatch. That fence costs an observed event about half of what it costs
//! in all (see `docs/design.md`); here the one who waits pays instead, with a millisecond, see
//! `sync::heavy_fence`.

use std::sync::Arc;

use crate::sync::{AtomicU64, Ordering, heavy_fence, light_fence};

/// What one thread says about itself.
#[derive(Debug)]
pub(crate) struct Record {
    turns: AtomicU64,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            turns: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn begin(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Relaxed);
        light_fence();
    }

    /// Release: who sees that the dispatch has ended sees what its handlers did.
    #[inline(always)]
    pub(crate) fn end(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Release);
    }

    fn turns(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }
}

/// Waits until every dispatch that is in progress on one of `records` has ended. `pause` is called
/// between two looks, and answers whether to go on.
pub(crate) fn quiesce(records: &[Arc<Record>], mut pause: impl FnMut() -> bool) -> bool {
    heavy_fence();
    records.iter().all(|record| {
        let seen = record.turns();
        while seen % 2 == 1 && record.turns() == seen {
            if !pause() {
                return false;
            }
        }
        true
    })
}
