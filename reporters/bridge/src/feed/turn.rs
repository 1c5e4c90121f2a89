//! Turns: who is fed first.
//!
//! Numbers of histograms are recorded one by one, and there may be millions. Where a feed ended for
//! lack of time, the next one begins with what is a single call, and goes on with the histograms
//! behind the one at which that one stopped, so that everybody gets a turn.

use telemetry_metrics::{Delta, DeltaData};

/// Which deltas are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    All,
    /// Those that are a single call.
    Singles,
    /// Those of histograms from this one on, and those before it.
    From(usize),
    Before(usize),
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    turn: Turn,
    /// How many histograms this turn has met.
    histograms: usize,
    /// The first that there was no time for, in this feed.
    stopped_at: Option<usize>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turn: Turn::All,
            histograms: 0,
            stopped_at: None,
        }
    }
}

impl Turns {
    /// Those of the next feed.
    pub(super) fn of_next(&mut self) -> Vec<Turn> {
        match self.stopped_at.take() {
            None => vec![Turn::All],
            Some(at) => vec![Turn::Singles, Turn::From(at), Turn::Before(at)],
        }
    }

    pub(super) fn begin(&mut self, turn: Turn) {
        self.turn = turn;
        self.histograms = 0;
    }

    /// The delta's number among the histograms, if it is its turn.
    pub(super) fn is_of(&mut self, delta: &Delta<'_>) -> Option<usize> {
        let at = self.histograms;
        let is_single = !matches!(delta.data, DeltaData::Values(_));
        self.histograms += usize::from(!is_single);
        let is_its_turn = match self.turn {
            Turn::All => true,
            Turn::Singles => is_single,
            Turn::From(from) => !is_single && at >= from,
            Turn::Before(end) => !is_single && at < end,
        };
        is_its_turn.then_some(at)
    }

    /// There is no time for the delta of this number, nor for those behind it.
    pub(super) fn stop(&mut self, at: usize) {
        self.stopped_at.get_or_insert(at);
    }
}
