//! [`Load`] and [`Token`]: what a line says, in numbers, and what it stands for.

use std::ops::AddAssign;

use telemetry_metrics::Mark;

/// What a line or a datagram carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) lines: u64,
    /// How many recorded values are not in it one by one, because others stand for them.
    pub(crate) thinned: u64,
}

impl Load {
    pub(crate) fn lines(lines: u64) -> Self {
        Self { lines, thinned: 0 }
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.thinned = self.thinned.saturating_add(more.thinned);
    }
}

/// What is acknowledged when a line was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// What the aggregator has counted.
    Metric(Mark),
    /// An event or a service check, by its number.
    Note(u64),
}
