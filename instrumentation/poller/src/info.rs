//! What is known about how a measurement fares.

use std::time::Instant;

/// A row of [`Poller::list_measurements`](crate::Poller::list_measurements).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeasurementInfo {
    /// The name given when adding it.
    pub name: String,
    /// How many of its runs have ended, well or not.
    pub runs: u64,
    /// How many runs have panicked, returned an error or taken longer than the timeout. One that
    /// times out is counted at that moment, and once.
    pub failures: u64,
    /// How many of the failures took longer than the timeout.
    pub timeouts: u64,
    /// How often it has failed since it last succeeded; 0 if all is well.
    pub failures_in_a_row: u32,
    /// At how many of its ticks it was left out, because it was resting after a failure. Ticks
    /// that the whole poller was late for are not in here, see
    /// [`Poller::missed_ticks`](crate::Poller::missed_ticks).
    pub skipped: u64,
    /// At how many of its ticks it was left out, because the run before had not ended.
    pub missed: u64,
    /// Since when it has been running, if it is running now.
    pub running_since: Option<Instant>,
    /// Whether it runs now, and for longer than its timeout. It is not started again before it
    /// returns; the others do not wait for it.
    pub hanging: bool,
    /// What the last failure said, in one line of at most 200 characters. It stays when the
    /// measurement succeeds again.
    pub last_error: Option<String>,
}

impl MeasurementInfo {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            runs: 0,
            failures: 0,
            timeouts: 0,
            failures_in_a_row: 0,
            skipped: 0,
            missed: 0,
            running_since: None,
            hanging: false,
            last_error: None,
        }
    }
}
