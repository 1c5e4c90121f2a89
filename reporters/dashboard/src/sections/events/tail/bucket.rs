//! [`Bucket`]: how many events are let through, decided by one word that all threads share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many a second, and as many at once.
pub(super) const PER_SECOND: u64 = 100;

/// Until there is room for one more.
const EVERY: Duration = Duration::from_nanos(1_000_000_000 / PER_SECOND);

/// A bucket of tokens. Whoever reads the events fills it again: so those who are refused have read one
/// word, which nobody writes while there is a flood, and no clock.
///
/// On a cache line of its own: what else is counted in a flood is not to disturb it.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Bucket(AtomicU64);

/// How far the bucket was filled.
#[derive(Debug)]
pub(super) struct Filled(Instant);

impl Bucket {
    /// A full one.
    pub(super) fn new() -> (Self, Filled) {
        (Self(AtomicU64::new(PER_SECOND)), Filled(Instant::now()))
    }

    pub(super) fn take(&self) -> bool {
        let less = |tokens: u64| tokens.checked_sub(1);
        // Nothing else is published by it.
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// What has come together since it was filled last.
    pub(super) fn fill(&self, filled: &mut Filled, now: Instant) {
        let passed = now.saturating_duration_since(filled.0);
        let earned = u64::try_from(passed.as_nanos() / EVERY.as_nanos()).unwrap_or(u64::MAX);
        if earned == 0 {
            return;
        }
        // What is not yet a whole token counts next time, unless it is full.
        filled.0 = match u32::try_from(earned) {
            Ok(earned) if u64::from(earned) < PER_SECOND => filled.0 + EVERY * earned,
            _ => now,
        };
        let more = |tokens: u64| Some(tokens.saturating_add(earned).min(PER_SECOND));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken(bucket: &Bucket) -> usize {
        (0..1_000).filter(|_| bucket.take()).count()
    }

    #[test]
    fn it_is_full_at_first_and_fills_evenly() {
        let (bucket, mut filled) = Bucket::new();
        let start = filled.0;
        assert_eq!(taken(&bucket), 100);
        bucket.fill(&mut filled, start);
        assert_eq!(taken(&bucket), 0);
        bucket.fill(&mut filled, start + SECOND / 2);
        assert_eq!(taken(&bucket), 50);
        // Three quarters of a token, twice.
        bucket.fill(&mut filled, start + SECOND / 2 + EVERY * 3 / 4);
        assert_eq!(taken(&bucket), 0);
        bucket.fill(&mut filled, start + SECOND / 2 + EVERY * 6 / 4);
        assert_eq!(taken(&bucket), 1);
        bucket.fill(&mut filled, start + 3_600 * SECOND);
        bucket.fill(&mut filled, start + 3_600 * SECOND);
        assert_eq!(taken(&bucket), 100, "no more than once full");
        // A clock that goes back.
        bucket.fill(&mut filled, start);
        assert_eq!(taken(&bucket), 0);
        bucket.fill(&mut filled, start + 3_601 * SECOND);
        assert_eq!(taken(&bucket), 100);
    }

    #[test]
    fn threads_share_it() {
        let (bucket, _) = Bucket::new();
        let all: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| taken(&bucket))).collect();
            threads.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(all, 100);
    }
}
