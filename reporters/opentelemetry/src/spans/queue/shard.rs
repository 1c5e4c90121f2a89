//! [`Shard`]: what some of the threads append to.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Spans, one after the other.
#[derive(Debug, Default)]
pub(super) struct Spans {
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
}

// Two lines of the cache apart: processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Shard {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    spans: Spans,
    is_closed: bool,
}

impl Shard {
    /// `false` if the queue is closed.
    #[inline]
    pub(super) fn append(&self, encoded: &[u8]) -> bool {
        let mut inside = lock(&self.inside);
        if inside.is_closed {
            return false;
        }
        inside.spans.bytes.extend_from_slice(encoded);
        inside.spans.count += 1;
        true
    }

    /// What is there, and `instead`, which is empty, in its place. If nothing is there, each keeps the
    /// memory that it has: threads that are busy have it, and others need none.
    pub(super) fn swap(&self, instead: &mut Spans) {
        let mut inside = lock(&self.inside);
        if inside.spans.count > 0 {
            std::mem::swap(&mut inside.spans, instead);
        }
    }

    /// Takes no more, and forgets what it had: so many spans and bytes.
    pub(super) fn close(&self) -> (usize, usize) {
        let mut inside = lock(&self.inside);
        inside.is_closed = true;
        let spans = std::mem::take(&mut inside.spans);
        (spans.count, spans.bytes.len())
    }
}

/// Nothing is left half-done by a panic here: what is locked is appended to, swapped and cut.
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
