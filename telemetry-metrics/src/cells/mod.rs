//! Cells: how the numbers of one metric lie in a row, and how an event is counted in them.
//!
//! What adds up lies in the row's words (see `arena.rs`): counts, sums, buckets. What does not, the
//! newest value and the value store, belongs to the row and is shared by all threads.

mod bounds;
mod record;
mod shared;
mod wanted;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use record::Target;
pub(crate) use shared::{DistributionPart, Shared, Values};
pub(crate) use wanted::Wanted;

use crate::amount::Amount;
use crate::arena::Arena;
use crate::definition::Definition;
use crate::metric::Kind;
use crate::reading::Reading;
use crate::row::Row;
use crate::unit::Dimension;
use bounds::Bounds;

/// The cell of one metric of a group: where its words are, the same in each row.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) dimension: Dimension,
    /// How its number is read from an event.
    pub(crate) reading: Reading,
    /// Its first word.
    first: usize,
    /// The word that is its total, if it has one.
    total: usize,
    /// Whether it was ever given a number below zero.
    went_down: AtomicBool,
    bounds: Bounds,
}

/// What the metrics of a group keep in a row.
pub(crate) struct LaidOut {
    pub(crate) cells: Vec<Cell>,
    /// What each word of a row holds.
    pub(crate) columns: Box<[Dimension]>,
}

/// Counts add up as integers do.
const COUNT: Dimension = Dimension::Bytes;

/// Lays out the cells of these metrics, one behind the other.
pub(crate) fn lay_out(metrics: &[Arc<Definition>]) -> LaidOut {
    let mut columns = Vec::new();
    let mut cells = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let dimension = metric.dimension();
        cells.push(Cell {
            kind: metric.kind(),
            dimension,
            went_down: AtomicBool::new(false),
            reading: Reading::new(metric),
            first: columns.len(),
            total: columns.len()
                + match metric.kind() {
                    Kind::Distribution => metric.stored_bounds.len() + 1,
                    Kind::Sum => 1,
                    Kind::Counter | Kind::LastValue | Kind::Summary => 0,
                },
            bounds: Bounds::new(metric),
        });
        match metric.kind() {
            // A last value's word counts how often it was set.
            Kind::Counter | Kind::LastValue => columns.push(COUNT),
            // How often it was added to, which tells a sum of zero from none, and the total. Here as
            // below what is written first is read last: who sees a count sees what was counted.
            Kind::Sum => columns.extend([COUNT, dimension]),
            Kind::Summary => columns.push(dimension),
            // One bucket more than there are bounds, and the total. How many numbers there are is
            // the sum of the buckets, so that it always agrees.
            Kind::Distribution => {
                columns.extend((0..=metric.stored_bounds.len()).map(|_| COUNT));
                columns.push(dimension);
            }
        }
    }
    LaidOut {
        cells,
        columns: columns.into(),
    }
}

/// What a row holds of one metric.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) cell: &'a Cell,
    pub(crate) words: &'a [u64],
    pub(crate) shared: Option<&'a Shared>,
    pub(crate) arena: &'a Arena,
    pub(crate) row: &'a Row,
}

impl Cell {
    /// What it keeps in each row beside its words.
    pub(crate) fn shared(&self) -> Shared {
        Shared::new(self.kind)
    }

    /// Whether rows need what is shared from the beginning.
    pub(crate) fn always_shares(&self) -> bool {
        matches!(self.kind, Kind::LastValue | Kind::Summary)
    }

    /// Of a row's totals: how many events a counter, sum or last value has seen.
    pub(crate) fn count(&self, words: &[u64]) -> u64 {
        words[self.first]
    }

    /// Of a row's totals: the total of a sum, summary or distribution, for differences.
    ///
    /// Integers begin again when 64 bits are full, so that nothing ever ends the counting: ten
    /// thousand requests at once are 292 years after eleven days. Differences are right all along.
    pub(crate) fn total(&self, words: &[u64]) -> Amount {
        Amount::from_bits(self.dimension, words[self.total])
    }

    /// The total of a summary, as it is now: to be asked for after its values.
    pub(crate) fn total_now(&self, arena: &Arena, row: &Row) -> Amount {
        let word = arena.total_of(row.place(), self.total);
        Amount::from_bits(self.dimension, word)
    }

    /// A total as it is shown. One that only grows begins again at zero, as a counter does that is
    /// started anew.
    pub(crate) fn shown(&self, total: Amount) -> Amount {
        match total {
            Amount::Integer(n) if !self.went_down.load(Ordering::Relaxed) => {
                Amount::Integer(n & i64::MAX)
            }
            total => total,
        }
    }

    /// To be told of each number below zero.
    #[inline(always)]
    fn goes_down(&self) {
        if !self.went_down.load(Ordering::Relaxed) {
            self.went_down.store(true, Ordering::Relaxed);
        }
    }

    /// Of a row's totals: how many numbers each bucket of a distribution holds.
    pub(crate) fn buckets<'w>(&self, words: &'w [u64]) -> &'w [u64] {
        &words[self.first..=self.first + self.bounds.len()]
    }
}
