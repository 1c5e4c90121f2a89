//! What is true of all answers together, and what buckets can say of it.

use std::time::Duration;

/// All durations of all instances, in seconds and in order.
pub(super) struct Truth(Vec<f64>);

impl Truth {
    pub(super) fn of(durations: impl Iterator<Item = Duration>) -> Self {
        let mut micros: Vec<u128> = durations.map(|duration| duration.as_micros()).collect();
        micros.sort_unstable();
        let seconds = micros.into_iter().map(|micros| micros as f64 / 1e6);
        Self(seconds.collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest number that at least this share is not above.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        let rank = (quantile * self.0.len() as f64).ceil() as usize;
        self.0[rank.max(1) - 1]
    }

    /// How many are at most `bound`.
    pub(super) fn up_to(&self, bound: f64) -> usize {
        self.0.partition_point(|value| *value <= bound)
    }

    /// The bucket of these bounds in which the quantile is: where it begins, where it ends, and what
    /// a straight line through it says.
    pub(super) fn bucket(&self, bounds: &[f64], quantile: f64) -> Bucket {
        let rank = quantile * self.0.len() as f64;
        let at = bounds
            .iter()
            .position(|bound| self.up_to(*bound) as f64 >= rank)
            .expect("the quantile is below the last bound");
        let (from, before) = match at.checked_sub(1) {
            Some(below) => (bounds[below], self.up_to(bounds[below])),
            None => (0.0, 0),
        };
        let (to, within) = (bounds[at], self.up_to(bounds[at]) - before);
        let share = (rank - before as f64) / within as f64;
        Bucket {
            from,
            to,
            line: from + (to - from) * share,
        }
    }
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) line: f64,
}
