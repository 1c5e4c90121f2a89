//! When to poll: the arithmetic of a fixed rate, without a clock.
//!
//! Tick `n` is at `first + n × period`, computed anew each time, so that errors do not add up. Of
//! the ticks that have passed only the latest is taken; those before it are missed, and counted.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Ticks {
    /// `None` if it is beyond what the clock can say, which is the same as never.
    first: Option<Instant>,
    period: Duration,
    next: u64,
    missed: u64,
}

impl Ticks {
    /// `period` must not be zero; the builder sees to it.
    pub(crate) fn new(start: Instant, init_delay: Duration, period: Duration) -> Self {
        Self {
            first: start.checked_add(init_delay),
            period,
            next: 0,
            missed: 0,
        }
    }

    /// When the next tick is; `None` is never.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.first?.checked_add(times(self.period, self.next)?)
    }

    /// Takes the tick that is due at `now`, if there is one: the latest that has come.
    pub(crate) fn take(&mut self, now: Instant) -> Option<u64> {
        if self.next_at()? > now {
            return None;
        }
        let tick = self.after(now).saturating_sub(1).max(self.next);
        self.missed = self.missed.saturating_add(tick - self.next);
        self.next = tick.saturating_add(1);
        Some(tick)
    }

    /// The tick that was taken is missed after all.
    pub(crate) fn miss(&mut self) {
        self.missed = self.missed.saturating_add(1);
    }

    /// The first tick after `now`.
    pub(crate) fn after(&self, now: Instant) -> u64 {
        match self
            .first
            .and_then(|first| now.checked_duration_since(first))
        {
            Some(since) => {
                let passed = since.as_nanos() / self.period.as_nanos().max(1);
                u64::try_from(passed).unwrap_or(u64::MAX).saturating_add(1)
            }
            None => 0,
        }
    }

    /// How many ticks have been missed.
    pub(crate) fn missed(&self) -> u64 {
        self.missed
    }
}

/// `Duration`'s own multiplication takes a `u32`, which a period of a millisecond outlives in
/// fifty days.
fn times(period: Duration, n: u64) -> Option<Duration> {
    const NANOS_PER_SEC: u128 = 1_000_000_000;
    let nanos = period.as_nanos().checked_mul(u128::from(n))?;
    let secs = u64::try_from(nanos / NANOS_PER_SEC).ok()?;
    let rest = u32::try_from(nanos % NANOS_PER_SEC).ok()?;
    Some(Duration::new(secs, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(100);

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn the_first_tick_is_right_at_the_start_or_after_the_initial_delay() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        assert_eq!(ticks.take(start), Some(0));
        assert_eq!(ticks.take(start), None);

        let mut ticks = Ticks::new(start, ms(30), PERIOD);
        assert_eq!(ticks.take(start + ms(29)), None);
        assert_eq!(ticks.take(start + ms(30)), Some(0));
        assert_eq!(ticks.next_at(), Some(start + ms(130)));
    }

    #[test]
    fn late_wake_ups_do_not_move_the_ticks() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        for n in 0..1000 {
            assert_eq!(ticks.take(start + ms(n * 100 + 7)), Some(n));
            assert_eq!(ticks.next_at(), Some(start + ms((n + 1) * 100)));
        }
        assert_eq!(ticks.missed(), 0);
    }

    #[test]
    fn a_wake_up_that_is_late_by_periods_takes_the_latest_tick_only() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        assert_eq!(ticks.take(start), Some(0));
        assert_eq!(ticks.take(start + ms(370)), Some(3));
        assert_eq!(ticks.take(start + ms(370)), None, "no burst");
        assert_eq!(ticks.missed(), 2);
        assert_eq!(ticks.next_at(), Some(start + ms(400)));
        ticks.miss();
        assert_eq!(ticks.missed(), 3);
    }

    #[test]
    fn times_beyond_the_clock_are_never() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::MAX, PERIOD);
        assert_eq!((ticks.next_at(), ticks.take(start + ms(1))), (None, None));
        let mut ticks = Ticks::new(start, Duration::ZERO, Duration::MAX);
        assert_eq!(ticks.take(start), Some(0));
        assert_eq!((ticks.next_at(), ticks.take(start + ms(1))), (None, None));
    }

    #[test]
    fn a_short_period_keeps_its_rate_for_years() {
        let start = Instant::now();
        let years = Duration::from_secs(10 * 365 * 86_400);
        let mut ticks = Ticks::new(start, Duration::ZERO, Duration::from_millis(1));
        let n = u64::try_from(years.as_millis()).unwrap();
        assert_eq!(ticks.take(start + years), Some(n));
        assert_eq!(ticks.next_at(), Some(start + years + ms(1)));
    }
}
