//! When to poll: the arithmetic of a fixed rate, without a clock.
//!
//! Tick `n` is at `first + n × period`, computed anew each time, so that errors do not add up. Of
//! the ticks that have passed only the latest is taken, and after a poll the next one is always in
//! the future; those in between are missed, and counted.

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
        self.skip_to(self.after(now).saturating_sub(1));
        let tick = self.next;
        self.next = tick.saturating_add(1);
        Some(tick)
    }

    /// A poll ended at `now`: the ticks that passed meanwhile are missed.
    pub(crate) fn finish(&mut self, now: Instant) {
        self.skip_to(self.after(now));
    }

    fn skip_to(&mut self, tick: u64) {
        self.missed = self.missed.saturating_add(tick.saturating_sub(self.next));
        self.next = self.next.max(tick);
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
    fn quick_polls_and_late_wake_ups_do_not_move_the_ticks() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        for n in 0..1000 {
            let woken = start + ms(n * 100 + 7);
            assert_eq!(ticks.take(woken), Some(n));
            ticks.finish(woken + ms(60));
            assert_eq!(ticks.next_at(), Some(start + ms((n + 1) * 100)));
        }
        assert_eq!(ticks.missed(), 0);
    }

    #[test]
    fn a_slow_poll_misses_ticks_and_the_next_is_in_the_future() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        assert_eq!(ticks.take(start), Some(0));
        ticks.finish(start + ms(250));
        assert_eq!(ticks.next_at(), Some(start + ms(300)));
        assert_eq!(ticks.take(start + ms(250)), None, "no burst");
        assert_eq!(ticks.missed(), 2);
    }

    #[test]
    fn a_wake_up_that_is_late_by_periods_polls_once() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, Duration::ZERO, PERIOD);
        assert_eq!(ticks.take(start), Some(0));
        ticks.finish(start);
        assert_eq!(ticks.take(start + ms(370)), Some(3));
        ticks.finish(start + ms(371));
        assert_eq!(ticks.missed(), 2);
        assert_eq!(ticks.next_at(), Some(start + ms(400)));
    }

    #[test]
    fn a_poll_outside_the_ticks_moves_nothing() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, ms(500), PERIOD);
        ticks.finish(start + ms(10));
        assert_eq!(
            (ticks.next_at(), ticks.missed()),
            (Some(start + ms(500)), 0)
        );
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
