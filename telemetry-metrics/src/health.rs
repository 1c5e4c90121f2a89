//! How reporters fare: what each has sent, failed to send, and given up.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A reporter's own account of itself; made by
/// [`Aggregator::register_health`](crate::Aggregator::register_health).
///
/// What is counted is the reporter's to say: lines, scrapes, requests. The account stays after the
/// reporter is gone.
#[derive(Debug, Clone)]
pub struct Health {
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    reporter: String,
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    thinned: AtomicU64,
    /// Milliseconds since the epoch; 0 is never.
    last_success: AtomicU64,
}

impl Health {
    /// So many were delivered, as far as can be known.
    pub fn sent(&self, count: u64) {
        self.account.sent.fetch_add(count, Ordering::Relaxed);
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.account.last_success.store(now, Ordering::Relaxed);
    }

    /// So many could not be delivered; they are part of the next delta.
    pub fn failed(&self, count: u64) {
        self.account.failed.fetch_add(count, Ordering::Relaxed);
    }

    /// So many were given up for good.
    pub fn dropped(&self, count: u64) {
        self.account.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// So many numbers were not sent themselves: others stand for them, by a rate.
    pub fn thinned(&self, count: u64) {
        self.account.thinned.fetch_add(count, Ordering::Relaxed);
    }

    /// The account as it stands.
    #[must_use]
    pub fn report(&self) -> HealthReport {
        let account = &self.account;
        let last = account.last_success.load(Ordering::Relaxed);
        HealthReport {
            reporter: account.reporter.clone(),
            sent: account.sent.load(Ordering::Relaxed),
            failed: account.failed.load(Ordering::Relaxed),
            dropped: account.dropped.load(Ordering::Relaxed),
            thinned: account.thinned.load(Ordering::Relaxed),
            last_success: (last > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(last)),
        }
    }
}

/// How a reporter fares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthReport {
    /// The reporter's name, `statsd`.
    pub reporter: String,
    /// How many lines, scrapes or requests were delivered, as far as can be known.
    pub sent: u64,
    /// How many could not be delivered, and were or are part of a later delta.
    pub failed: u64,
    /// How many were given up for good.
    pub dropped: u64,
    /// How many numbers were not sent themselves, because others stand for them.
    pub thinned: u64,
    /// When something was last delivered.
    pub last_success: Option<SystemTime>,
}

/// All accounts of one aggregator.
#[derive(Debug, Default)]
pub(crate) struct Board {
    accounts: Mutex<Vec<Health>>,
}

impl Board {
    /// A second reporter of the same name is told apart by a number, `statsd-2`.
    pub(crate) fn register(&self, reporter: &str) -> Health {
        let mut accounts = self.lock();
        let taken: HashSet<&str> = accounts.iter().map(|one| &*one.account.reporter).collect();
        let name = std::iter::once(reporter.to_owned())
            .chain((2..).map(|n: u64| format!("{reporter}-{n}")))
            .find(|name| !taken.contains(&**name))
            .unwrap_or_default();
        let health = Health {
            account: Arc::new(Account {
                reporter: name,
                sent: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
                thinned: AtomicU64::new(0),
                last_success: AtomicU64::new(0),
            }),
        };
        accounts.push(health.clone());
        health
    }

    pub(crate) fn reports(&self) -> Vec<HealthReport> {
        self.lock().iter().map(Health::report).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Health>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reporters_of_one_name_have_accounts_of_their_own() {
        let board = Board::default();
        let (one, two) = (board.register("statsd"), board.register("statsd"));
        one.sent(3);
        two.failed(1);
        two.dropped(2);
        two.thinned(7);
        let reports = board.reports();
        assert_eq!(reports[0].reporter, "statsd");
        assert_eq!((reports[0].sent, reports[0].failed), (3, 0));
        assert!(reports[0].last_success.is_some());
        assert_eq!(reports[1].reporter, "statsd-2");
        assert_eq!(
            (
                reports[1].failed,
                reports[1].dropped,
                reports[1].thinned,
                reports[1].last_success
            ),
            (1, 2, 7, None)
        );
    }
}
