//! [`Bucket`]: how many events are let through, decided by one word that all threads share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// So many a second, and as many at once.
pub(super) const PER_SECOND: u64 = 100;

/// Nanoseconds until there is room for one more.
const EVERY: u64 = 1_000_000_000 / PER_SECOND;

/// A bucket of tokens, kept as the moment at which it is full again. Who is refused has read one
/// word and written nothing.
#[derive(Debug)]
pub(super) struct Bucket {
    zero: Instant,
    full_at: AtomicU64,
}

impl Bucket {
    pub(super) fn new() -> Self {
        Self {
            zero: Instant::now(),
            full_at: AtomicU64::new(0),
        }
    }

    pub(super) fn take(&self) -> bool {
        let now = u64::try_from(self.zero.elapsed().as_nanos());
        self.take_at(now.unwrap_or(u64::MAX / 2))
    }

    /// Takes a token at `now`, nanoseconds after the bucket was made.
    fn take_at(&self, now: u64) -> bool {
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let from = full_at.max(now);
            if from - now > EVERY * (PER_SECOND - 1) {
                return false;
            }
            let change = self.full_at.compare_exchange_weak(
                full_at,
                from + EVERY,
                // Nothing else is published by it.
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match change {
                Ok(_) => return true,
                Err(is) => full_at = is,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn taken(bucket: &Bucket, now: u64) -> usize {
        (0..1_000).filter(|_| bucket.take_at(now)).count()
    }

    #[test]
    fn it_is_full_at_first_and_fills_evenly() {
        let bucket = Bucket::new();
        assert_eq!(taken(&bucket, 5 * SECOND), 100);
        assert_eq!(taken(&bucket, 5 * SECOND), 0);
        assert_eq!(taken(&bucket, 5 * SECOND + SECOND / 2), 50);
        assert_eq!(
            taken(&bucket, 3_600 * SECOND),
            100,
            "no more than once full"
        );
        // A thread that has read the clock earlier, and comes later.
        assert_eq!(taken(&bucket, 3_599 * SECOND), 0);
    }

    #[test]
    fn threads_share_it() {
        let bucket = Bucket::new();
        let all: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| taken(&bucket, SECOND)))
                .collect();
            threads.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(all, 100);
    }
}
