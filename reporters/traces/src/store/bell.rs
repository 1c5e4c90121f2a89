//! [`Bell`]: tells those who wait for a span.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Bell {
    waiting: AtomicUsize,
    /// How often it has rung.
    rung: Mutex<u64>,
    rings: Condvar,
}

impl Bell {
    /// Something has come. If nobody waits, this is one load.
    ///
    /// Relaxed: who waits says so before it looks at a shard, under the lock of that. If it has not
    /// seen the span there, the span came under the lock later, so what it said is seen here.
    pub(super) fn ring(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            *self.lock() += 1;
            self.rings.notify_all();
        }
    }

    /// Looks until there is something to be seen, again after each ring, and once more at the deadline.
    pub(super) fn wait<T>(
        &self,
        deadline: Instant,
        mut look: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let _waiting = Waiting::new(&self.waiting);
        loop {
            let before = *self.lock();
            let is_over = Instant::now() >= deadline;
            let seen = look();
            if seen.is_some() || is_over {
                return seen;
            }
            let mut rung = self.lock();
            while *rung == before {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let waited = self.rings.wait_timeout(rung, left);
                rung = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Waiting<'b>(&'b AtomicUsize);

impl<'b> Waiting<'b> {
    fn new(count: &'b AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

/// Also if what looks panics, as a test's assertion does.
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
