//! [`TracesStats`]: what a store holds, and what it had to let go.

use super::class::Class;

/// Counted under a shard's lock, where it costs next to nothing.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) traces: u64,
    pub(super) spans: u64,
    pub(super) left_out: u64,
    pub(super) no_room: u64,
    pub(super) evicted: [Evicted; Class::ALL.len()],
}

/// How many traces had to go, with their spans.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evicted {
    /// Traces.
    pub traces: u64,
    /// Their spans.
    pub spans: u64,
}

/// What a store holds, and what it had to let go since it was started; from
/// [`Traces::stats`](super::Traces::stats).
///
/// While spans arrive, the numbers are not all of one moment.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracesStats {
    /// How many bytes it may take.
    pub memory: usize,
    /// How many bytes it takes.
    pub bytes: usize,
    /// What it holds by class, in the order of [`Class`].
    pub holds: [ClassStats; Class::ALL.len()],
    /// Traces of which a span has come, those included that came again after they had been evicted.
    pub traces_taken: u64,
    /// Spans that were taken.
    pub spans_taken: u64,
    /// Spans for which their traces had no room.
    pub spans_left_out: u64,
    /// Spans for which there was no room at all; only if the memory is small, and many threads
    /// emit at once.
    pub spans_dropped: u64,
}

/// A part of [`TracesStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassStats {
    /// The class.
    pub class: Class,
    /// Traces that are there.
    pub traces: usize,
    /// Their spans.
    pub spans: usize,
    /// What they take, in bytes.
    pub bytes: usize,
    /// What had to go to make room.
    pub evicted: Evicted,
}

impl Default for ClassStats {
    fn default() -> Self {
        Self {
            class: Class::InProgress,
            traces: 0,
            spans: 0,
            bytes: 0,
            evicted: Evicted::default(),
        }
    }
}

impl TracesStats {
    /// The traces that are there.
    #[must_use]
    pub fn traces(&self) -> usize {
        self.holds.iter().map(|class| class.traces).sum()
    }

    /// The spans that are there.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.holds.iter().map(|class| class.spans).sum()
    }

    /// What had to go to make room, of all classes.
    #[must_use]
    pub fn evicted(&self) -> Evicted {
        let mut all = Evicted::default();
        for class in &self.holds {
            all.traces += class.evicted.traces;
            all.spans += class.evicted.spans;
        }
        all
    }

    /// The part of one class.
    #[must_use]
    pub fn class(&self, class: Class) -> ClassStats {
        self.holds[class.index()]
    }
}
