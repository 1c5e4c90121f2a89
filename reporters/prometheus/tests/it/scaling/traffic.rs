//! What three instances of a service were asked to do: the same numbers in every run, known to the
//! instances and to the test.

use std::f64::consts::TAU;
use std::time::Duration;

/// SplitMix64: a seed gives the same numbers everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above zero, at most one.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// Log-normal, in whole microseconds.
    fn latency(&mut self, median_ms: f64, spread: f64) -> Duration {
        let normal = (-2.0 * self.share().ln()).sqrt() * (TAU * self.share()).cos();
        let micros = median_ms * 1_000.0 * (spread * normal).exp();
        Duration::from_micros(micros.round() as u64)
    }
}

/// How an instance answers.
pub(super) struct Profile {
    pub(super) name: &'static str,
    pub(super) requests: usize,
    /// How many of ten are of the second kind.
    slow_of_ten: u64,
    /// Median in milliseconds, and spread, of the two kinds.
    kinds: [(f64, f64); 2],
    /// What waits in its queue at the end.
    pub(super) waiting: u64,
}

/// Near its users and quick; with a cache that one request in ten misses; small and far away.
pub(super) const PROFILES: [Profile; 3] = [
    Profile {
        name: "quick",
        requests: 60_000,
        slow_of_ten: 0,
        kinds: [(18.0, 0.5), (18.0, 0.5)],
        waiting: 3,
    },
    Profile {
        name: "two humps",
        requests: 30_000,
        slow_of_ten: 1,
        kinds: [(45.0, 0.4), (420.0, 0.3)],
        waiting: 11,
    },
    Profile {
        name: "slow",
        requests: 10_000,
        slow_of_ten: 0,
        kinds: [(160.0, 0.9), (160.0, 0.9)],
        waiting: 240,
    },
];

impl Profile {
    /// Duration and size of each answer.
    pub(super) fn answers(&self, seed: u64) -> Vec<(Duration, u64)> {
        let mut random = Random::new(seed);
        let answers = (0..self.requests).map(|_| {
            let slow = random.next() % 10 < self.slow_of_ten;
            let (median, spread) = self.kinds[usize::from(slow)];
            let duration = random.latency(median, spread);
            (duration, 200 + random.next() % 20_000)
        });
        answers.collect()
    }
}
