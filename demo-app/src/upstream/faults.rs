//! When the service fails, and how.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::spread::Percent;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Answers 500.
    Status,
    /// Answers when nobody waits any more.
    Late,
    /// Answers half, and closes the connection.
    HangUp,
}

/// Evenly spread whether, and in turns how.
#[derive(Debug)]
pub(super) struct Faults {
    percent: Percent,
    ways: &'static [Fault],
    // A count only: relaxed.
    met: AtomicUsize,
}

impl Faults {
    pub(super) const ALL: &[Fault] = &[Fault::Status, Fault::Late, Fault::HangUp];

    /// So many of a hundred answers fail.
    pub(super) fn new(percent: u8) -> Self {
        Self {
            percent: Percent::new(percent),
            ways: Self::ALL,
            met: AtomicUsize::new(0),
        }
    }

    /// Whether the next answer fails.
    pub(super) fn next(&self) -> Option<Fault> {
        if !self.percent.next() {
            return None;
        }
        let nth = self.met.fetch_add(1, Ordering::Relaxed);
        self.ways.get(nth % self.ways.len()).copied()
    }
}

#[cfg(test)]
impl Faults {
    /// Always in this way.
    pub(super) fn always(way: &'static [Fault]) -> Self {
        Self {
            ways: way,
            ..Self::new(100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_never_and_always_takes_turns() {
        let never = Faults::new(0);
        assert!((0..1000).all(|_| never.next().is_none()));
        let always = Faults::new(100);
        let all: Vec<_> = (0..6).filter_map(|_| always.next()).collect();
        assert_eq!(all, [Faults::ALL, Faults::ALL].concat());
    }

    #[test]
    fn now_and_then_is_neither() {
        let faults = Faults::new(50);
        let met = (0..1000).filter(|_| faults.next().is_some()).count();
        assert!((499..=501).contains(&met), "{met}");
    }
}
