//! Who reads deltas, and whether they still do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The readers of an aggregator.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    /// By their numbers, and when each last read.
    known: Mutex<Vec<(u64, Instant)>>,
    let_go: AtomicU64,
}

impl Readers {
    /// Notes that this one reads `now`. One that was let go, or is new, is registered; whether that
    /// was so.
    pub(crate) fn is_reading(&self, reader: u64, now: Instant) -> bool {
        let mut known = self.known();
        match known.iter_mut().find(|(id, _)| *id == reader) {
            Some((_, last)) => {
                *last = now;
                false
            }
            None => {
                known.push((reader, now));
                true
            }
        }
    }

    /// This one is gone.
    pub(crate) fn forget(&self, reader: u64) {
        self.known().retain(|(id, _)| *id != reader);
    }

    /// Lets those go that have not read within `patience`.
    pub(crate) fn let_silent_go(&self, now: Instant, patience: Duration) {
        let mut known = self.known();
        let before = known.len();
        known.retain(|(_, last)| now.saturating_duration_since(*last) <= patience);
        self.let_go
            .fetch_add((before - known.len()) as u64, Ordering::Relaxed);
    }

    /// The others.
    pub(crate) fn all(&self) -> Vec<u64> {
        self.known().iter().map(|(id, _)| *id).collect()
    }

    /// How many were let go because they had stopped reading.
    pub(crate) fn let_go(&self) -> u64 {
        self.let_go.load(Ordering::Relaxed)
    }

    fn known(&self) -> MutexGuard<'_, Vec<(u64, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
