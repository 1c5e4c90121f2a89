//! [`Due`]: since when a job could have been started.
//!
//! Within a process the monotonic clock tells how long a job has waited. A job that is stored, or
//! sent to another process, takes the time of day along instead: two machines agree on that only
//! roughly, and it comes from outside, so what does not make sense is bounded.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// No job waits longer: a time before that is taken for a broken clock.
const LONGEST: Duration = YEAR;

/// So far ahead, at most, lies the time at which a job becomes due.
const FARTHEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// May lie ahead.
    at: Instant,
    /// How long it had waited at that moment: elsewhere, by the clocks of the day.
    before: Duration,
}

impl Due {
    pub(crate) fn now() -> Self {
        Self::ahead(Instant::now(), Duration::ZERO)
    }

    pub(crate) fn after(delay: Duration) -> Self {
        Self::ahead(Instant::now(), delay)
    }

    fn ahead(now: Instant, delay: Duration) -> Self {
        Self {
            at: now.checked_add(delay.min(FARTHEST)).unwrap_or(now),
            before: Duration::ZERO,
        }
    }

    /// How long it has been due; zero as long as it is not.
    pub(crate) fn waited(&self) -> Duration {
        self.waited_at(Instant::now())
    }

    fn waited_at(&self, now: Instant) -> Duration {
        self.before + now.saturating_duration_since(self.at)
    }

    /// As microseconds since the Unix epoch.
    pub(crate) fn to_micros(self) -> u64 {
        self.to_micros_at(Instant::now(), system_time())
    }

    fn to_micros_at(self, now: Instant, today: Duration) -> u64 {
        let due = today
            .saturating_add(self.at.saturating_duration_since(now))
            .saturating_sub(self.waited_at(now));
        u64::try_from(due.as_micros()).unwrap_or(u64::MAX)
    }

    pub(crate) fn from_micros(micros: u64) -> Self {
        Self::from_micros_at(micros, Instant::now(), system_time())
    }

    fn from_micros_at(micros: u64, now: Instant, today: Duration) -> Self {
        let due = Duration::from_micros(micros);
        Self {
            before: today.saturating_sub(due).min(LONGEST),
            ..Self::ahead(now, due.saturating_sub(today))
        }
    }
}

fn system_time() -> Duration {
    // Before 1970 every clock is wrong.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Duration = Duration::from_secs(1_800_000_000);
    const SECOND: Duration = Duration::from_secs(1);

    fn micros(time: Duration) -> u64 {
        time.as_micros() as u64
    }

    #[test]
    fn a_job_waits_from_the_moment_at_which_it_is_due() {
        let now = Instant::now();
        let due = Due::ahead(now, 10 * SECOND);
        assert_eq!(due.waited_at(now), Duration::ZERO);
        assert_eq!(due.waited_at(now + 10 * SECOND), Duration::ZERO);
        assert_eq!(due.waited_at(now + 13 * SECOND), 3 * SECOND);
    }

    #[test]
    fn the_time_in_a_store_counts() {
        let now = Instant::now();
        let stored = Due::ahead(now, Duration::ZERO).to_micros_at(now + SECOND, TODAY + SECOND);
        assert_eq!(stored, micros(TODAY));
        let elsewhere = Due::from_micros_at(stored, now, TODAY + 60 * SECOND);
        assert_eq!(elsewhere.waited_at(now + SECOND), 61 * SECOND);
        // And through a second store.
        assert_eq!(
            elsewhere.to_micros_at(now + SECOND, TODAY + 61 * SECOND),
            stored
        );
    }

    #[test]
    fn what_is_not_due_yet_stays_so_in_a_store() {
        let now = Instant::now();
        let stored = Due::ahead(now, 30 * SECOND).to_micros_at(now, TODAY);
        assert_eq!(stored, micros(TODAY + 30 * SECOND));
        let elsewhere = Due::from_micros_at(stored, now, TODAY + 10 * SECOND);
        assert_eq!(elsewhere.waited_at(now + 20 * SECOND), Duration::ZERO);
        assert_eq!(elsewhere.waited_at(now + 21 * SECOND), SECOND);
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_negative_time() {
        let now = Instant::now();
        let due = Due::from_micros_at(micros(TODAY + SECOND), now, TODAY);
        assert_eq!(due.waited_at(now), Duration::ZERO);
    }

    #[test]
    fn times_that_make_no_sense_are_bounded() {
        let now = Instant::now();
        assert_eq!(Due::from_micros_at(0, now, TODAY).waited_at(now), LONGEST);
        let never = Due::from_micros_at(u64::MAX, now, TODAY);
        assert_eq!(never.waited_at(now + LONGEST), Duration::ZERO);
        assert!(never.to_micros_at(now, TODAY) <= micros(TODAY + FARTHEST));
        let never = Due::ahead(now, Duration::MAX);
        assert_eq!(never.waited_at(now + LONGEST), Duration::ZERO);
    }
}
