//! How many tasks wait for a connection of a pool.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Shared by the handles to one pool. Relaxed throughout: the numbers publish nothing else.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    now: AtomicU32,
    /// Somebody has asked. Until then, statements that nobody observes are left to sqlx, whose own
    /// wait cannot be seen from here.
    asked: AtomicBool,
}

impl Waiting {
    /// One more, as long as the guard lives.
    pub(crate) fn enter(&self) -> OneMore<'_> {
        self.now.fetch_add(1, Ordering::Relaxed);
        OneMore(self)
    }

    pub(crate) fn ask(&self) -> u32 {
        if !self.is_asked_for() {
            self.asked.store(true, Ordering::Relaxed);
        }
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn is_asked_for(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Counted until dropped, also by a task that gives up.
pub(crate) struct OneMore<'w>(&'w Waiting);

impl Drop for OneMore<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}
