//! [`StatsdReport`]: what became of it all, in one look.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a reporter has sent and not sent so far; made by [`Statsd::report`](crate::Statsd::report).
///
/// All but `thinned` are lines. All but `late` are those of the account in
/// [`Aggregator::health`](telemetry_metrics::Aggregator::health), where events and service checks
/// that were refused by the queue are counted as dropped as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatsdReport {
    /// Lines that were delivered, as far as can be known.
    pub sent: u64,
    /// Lines that could not be delivered. All but the late ones went or go with a later flush.
    pub failed: u64,
    /// Of those, lines of which it was known too late: what they said may be lost. By UDP from
    /// another machine, those of the last datagram before the refusal; by a stream whose daemon
    /// ended with something unread, those of the last flush (the system does not say how much it
    /// was).
    pub late: u64,
    /// Lines that were given up: too long, not finite, or torn by a peer that went away.
    pub dropped: u64,
    /// Recorded values that were not sent one by one, because there were more than
    /// [`max_values`](crate::StatsdBuilder::max_values): others stand for them, by their rate.
    pub thinned: u64,
}

/// The report as it grows.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sent: AtomicU64,
    failed: AtomicU64,
    late: AtomicU64,
    dropped: AtomicU64,
    thinned: AtomicU64,
}

impl Tally {
    pub(crate) fn sent(&self, lines: u64, thinned: u64) {
        self.sent.fetch_add(lines, Ordering::Relaxed);
        self.thinned.fetch_add(thinned, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, lines: u64) {
        self.failed.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn late(&self, lines: u64) {
        self.late.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self, lines: u64) {
        self.dropped.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn report(&self) -> StatsdReport {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        StatsdReport {
            sent: get(&self.sent),
            failed: get(&self.failed),
            late: get(&self.late),
            dropped: get(&self.dropped),
            thinned: get(&self.thinned),
        }
    }
}
