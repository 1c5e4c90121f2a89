//! [`Limiter`]: how often a wrong token may be tried.
//!
//! All who try share it: whoever guesses has many addresses, and a proxy makes all of them one. While
//! it is spent nobody can log in, the right token included, as otherwise it would limit nothing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many wrong tokens at once.
const MOST: u32 = 10;

/// After which there is another one.
const EACH: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Wrong ones that count, at `since`.
    wrong: u32,
    since: Option<Instant>,
}

impl Limiter {
    /// Whether a token may be tried; if not, in how many seconds.
    pub(super) fn check(&self, now: Instant) -> Result<(), u32> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        if state.wrong < MOST {
            return Ok(());
        }
        let passed = state.since.map_or(EACH, |since| now.duration_since(since));
        let left = EACH.saturating_sub(passed).as_secs() + 1;
        Err(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// One was wrong.
    pub(super) fn wrong(&self, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state.wrong = (state.wrong + 1).min(MOST);
    }
}

impl State {
    fn advance(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.duration_since(since).as_secs() / EACH.as_secs();
        let forgiven = u32::try_from(passed).unwrap_or(u32::MAX).min(self.wrong);
        self.wrong -= forgiven;
        self.since = match self.wrong {
            0 => Some(now),
            _ => Some(since + EACH * forgiven),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_wrong_ones_there_is_one_at_a_time() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        for _ in 0..MOST {
            assert_eq!(limiter.check(now), Ok(()));
            limiter.wrong(now);
        }
        assert_eq!(limiter.check(now), Err(6));
        assert_eq!(limiter.check(at(4)), Err(2));
        assert_eq!(limiter.check(at(5)), Ok(()));
        limiter.wrong(at(5));
        assert_eq!(limiter.check(at(5)), Err(6));
        assert_eq!(limiter.check(at(10)), Ok(()));
        // After long enough all is forgotten, and not more than that.
        for _ in 0..MOST {
            assert_eq!(limiter.check(at(1_000)), Ok(()));
            limiter.wrong(at(1_000));
        }
        assert!(limiter.check(at(1_000)).is_err());
    }

    #[test]
    fn wrong_ones_beyond_the_limit_make_it_no_longer() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        for _ in 0..1_000 {
            limiter.wrong(now);
        }
        assert_eq!(limiter.check(now + EACH), Ok(()));
    }
}
