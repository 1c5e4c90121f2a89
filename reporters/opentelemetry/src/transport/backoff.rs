//! How long to wait before the next attempt.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime};

/// The first wait, on average.
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The shortest wait of those who are in a hurry.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait, whether it was our idea or the receiver's. A receiver that wants to be left alone
/// for longer is asked twice a minute, which does it no harm, and an absurd wish does us none.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Waits that double each time, spread so that clients which failed together do not come back together.
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration) -> Backoff {
        Backoff { next: first }
    }

    /// The next wait; not shorter than what the receiver asked for.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let wait = self.next.mul_f64(0.5 + random());
        self.next = self.next.saturating_mul(2).min(LONGEST_WAIT);
        wait.max(asked.unwrap_or_default()).min(LONGEST_WAIT)
    }
}

/// From zero up to one. The standard library seeds its hash maps at random, which is enough for this.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The value of a `Retry-After`: seconds, or a date. What is neither says nothing.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is as long as it gets.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(FIRST_WAIT);
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff.wait(None).as_secs_f64();
            assert!((0.5 * expected..=1.5 * expected).contains(&wait), "{wait}");
            assert!(wait <= 30.0);
        }
    }

    #[test]
    fn waits_differ() {
        let waits: Vec<_> = (0..20)
            .map(|_| Backoff::new(FIRST_WAIT).wait(None))
            .collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }

    #[test]
    fn the_receiver_may_ask_for_more_but_not_for_hours() {
        let wait = |asked| Backoff::new(FIRST_WAIT).wait(Some(Duration::from_secs(asked)));
        assert_eq!(wait(7), Duration::from_secs(7));
        assert_eq!(wait(86_400), LONGEST_WAIT);
        assert_eq!(wait(u64::MAX), LONGEST_WAIT);
        assert!(wait(0) >= FIRST_WAIT / 2);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 16:00:00 GMT").unwrap();
        let read = |value| retry_after(value, now);
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read(" 12 "), Some(Duration::from_secs(12)));
        let huge = "99999999999999999999999999";
        assert_eq!(read(huge), Some(Duration::from_secs(u64::MAX)));
        let date = read("Sat, 21 Nov 2026 16:01:30 GMT");
        assert_eq!(date, Some(Duration::from_secs(90)));
        let past = read("Sat, 21 Nov 2020 16:01:30 GMT");
        assert_eq!(past, Some(Duration::ZERO));
        for nothing in ["", " ", "-1", "1.5", "soon", "Sat, 99 Nov"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
