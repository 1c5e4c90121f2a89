//! How far a reader has come, for whoever looks at it from outside.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::event::{self, StoredEvent};

/// How far a reader has come. Written by its task alone; relaxed, because each number is looked at by
/// itself.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) reader: &'static str,
    reached: AtomicI64,
    /// When the event was stored that it is at; 0 if it waits for one.
    at_event_of: AtomicI64,
}

impl Progress {
    pub(super) fn new(reader: &'static str, reached: i64) -> Self {
        Self {
            reader,
            reached: AtomicI64::new(reached),
            at_event_of: AtomicI64::new(0),
        }
    }

    pub(super) fn reached(&self) -> i64 {
        self.reached.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self, event: &StoredEvent) {
        self.at_event_of.store(event.created_at, Ordering::Relaxed);
    }

    pub(super) fn end(&self, position: i64) {
        self.reached.store(position, Ordering::Relaxed);
        self.at_event_of.store(0, Ordering::Relaxed);
    }

    /// How long ago the event was stored that it is at.
    pub(super) fn age(&self) -> Duration {
        match self.at_event_of.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => event::since(since),
        }
    }
}
