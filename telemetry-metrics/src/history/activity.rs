//! [`Activity`]: how much happens in a series lately.

use std::time::Duration;

/// After so long, what happened counts for 1/e of what happens now.
const LATELY: f64 = 60.0;

/// Per second, averaged over about the last minute. It costs nothing while nothing happens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Activity {
    rate: f64,
    /// When it was that.
    at: u64,
}

impl Activity {
    /// So many events from one tick to another.
    pub(super) fn add(&mut self, events: u64, after: u64, tick: u64, interval: Duration) {
        let time = seconds(tick.saturating_sub(after).max(1), interval);
        let weight = 1.0 - (-time / LATELY).exp();
        self.rate = self.at(tick, interval) + events as f64 / time * weight;
        self.at = tick;
    }

    pub(super) fn at(self, tick: u64, interval: Duration) -> f64 {
        if self.rate == 0.0 {
            return 0.0;
        }
        let since = seconds(tick.saturating_sub(self.at), interval);
        self.rate * (-since / LATELY).exp()
    }
}

fn seconds(ticks: u64, interval: Duration) -> f64 {
    ticks as f64 * interval.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_becomes_the_rate_and_fades_when_nothing_happens() {
        for interval in [SECOND / 100, SECOND, SECOND * 10] {
            let mut activity = Activity::default();
            let per_minute = (60.0 / interval.as_secs_f64()) as u64;
            for tick in 1..=5 * per_minute {
                activity.add(7, tick - 1, tick, interval);
            }
            let rate = 7.0 / interval.as_secs_f64();
            let now = activity.at(5 * per_minute, interval);
            assert!((now - rate).abs() < rate * 0.01, "{now} of {rate}");
            let later = activity.at(6 * per_minute, interval);
            assert!((later - rate / std::f64::consts::E).abs() < rate * 0.01);
        }
    }

    #[test]
    fn what_came_in_a_long_step_is_spread_over_it() {
        let mut activity = Activity::default();
        activity.add(36_000, 0, 3_600, SECOND);
        let now = activity.at(3_600, SECOND);
        assert!((now - 10.0).abs() < 0.01, "{now}");
    }
}
