//! Which part of the past.

use std::fmt;
use std::time::Duration;

/// A moment of the history: the number of sampling intervals since it began.
///
/// It is the same moment as long as the process runs, whatever the wall clock does, and is good
/// as the id of a server-sent event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub(super) u64);

impl Tick {
    /// The moment of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A part of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range(Bounds);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounds {
    Last(Duration),
    Between(Tick, Tick),
}

impl Range {
    /// So long up to the newest sample.
    #[must_use]
    pub fn last(time: Duration) -> Self {
        Self(Bounds::Last(time))
    }

    /// From a moment to the newest sample. A moment that is not there yet is one of an earlier
    /// process: everything, then.
    #[must_use]
    pub fn since(tick: Tick) -> Self {
        Self(Bounds::Between(tick, Tick(u64::MAX)))
    }

    /// From one moment to another.
    #[must_use]
    pub fn between(begin: Tick, end: Tick) -> Self {
        Self(Bounds::Between(begin, end))
    }

    /// All of it.
    #[must_use]
    pub fn all() -> Self {
        Self::since(Tick(0))
    }

    /// After which tick it begins and with which it ends, of those that are there.
    pub(super) fn resolve(self, interval: Duration, begin: u64, newest: u64) -> (u64, u64) {
        let (after, to) = match self.0 {
            Bounds::Last(time) => {
                // To the nearest, so that ten seconds are ten seconds.
                let interval = interval.as_nanos().max(1);
                let ticks = time.as_nanos().saturating_add(interval / 2) / interval;
                let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
                (newest.saturating_sub(ticks), newest)
            }
            Bounds::Between(Tick(after), _) if after > newest => (begin, newest),
            Bounds::Between(Tick(after), Tick(to)) => (after, to.min(newest)),
        };
        let after = after.max(begin).min(newest);
        (after, to.max(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_the_history_does() {
        let resolve = |range: Range| range.resolve(Duration::from_secs(1), 100, 200);
        assert_eq!(resolve(Range::last(Duration::from_secs(10))), (190, 200));
        assert_eq!(
            resolve(Range::last(Duration::from_millis(9_999))),
            (190, 200)
        );
        assert_eq!(resolve(Range::last(Duration::MAX)), (100, 200));
        assert_eq!(resolve(Range::last(Duration::ZERO)), (200, 200));
        assert_eq!(resolve(Range::since(Tick(150))), (150, 200));
        assert_eq!(resolve(Range::since(Tick(200))), (200, 200));
        assert_eq!(resolve(Range::since(Tick(7_000))), (100, 200));
        assert_eq!(resolve(Range::between(Tick(0), Tick(150))), (100, 150));
        assert_eq!(resolve(Range::between(Tick(150), Tick(120))), (150, 150));
        assert_eq!(resolve(Range::all()), (100, 200));
    }
}
