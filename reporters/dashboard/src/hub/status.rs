//! [`HubStatus`]: how the dashboard itself fares.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How the dashboard itself fares; counts are since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HubStatus {
    /// Who looks now.
    pub(crate) viewers: usize,
    /// How many may.
    pub(crate) viewers_limit: usize,
    /// How many different sections are kept up to date for them, or just were.
    pub(crate) sections: usize,
    /// How many may be.
    pub(crate) sections_limit: usize,
    /// How many streams were refused, because there were too many.
    pub(crate) refused: u64,
    /// How many viewers were ended because they did not take what they were sent.
    pub(crate) ended: u64,
    /// How often sections were brought up to date.
    pub(crate) ticks: u64,
    /// How long it took last.
    pub(crate) newest_tick: Duration,
    /// How long it took at worst.
    pub(crate) slowest_tick: Duration,
    /// How many sections panicked when they were.
    pub(crate) panics: u64,
    /// How many messages were handed over to viewers' connections.
    pub(crate) messages: u64,
    /// How many bytes.
    pub(crate) bytes: u64,
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    refused: AtomicU64,
    ended: AtomicU64,
    ticks: AtomicU64,
    newest_tick: AtomicU64,
    slowest_tick: AtomicU64,
    panics: AtomicU64,
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Counts {
    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn tick(&self, took: Duration) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.ticks.fetch_add(1, Ordering::Relaxed);
        self.newest_tick.store(took, Ordering::Relaxed);
        self.slowest_tick.fetch_max(took, Ordering::Relaxed);
    }

    pub(super) fn message(&self) {
        self.messages.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// All but the viewers, the sections and their limits.
    pub(super) fn read(&self) -> HubStatus {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        HubStatus {
            refused: read(&self.refused),
            ended: read(&self.ended),
            ticks: read(&self.ticks),
            newest_tick: Duration::from_nanos(read(&self.newest_tick)),
            slowest_tick: Duration::from_nanos(read(&self.slowest_tick)),
            panics: read(&self.panics),
            messages: read(&self.messages),
            bytes: read(&self.bytes),
            ..HubStatus::default()
        }
    }
}
