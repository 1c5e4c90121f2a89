//! Expiry: how a series that nothing counts in any more goes away.
//!
//! A series costs memory and a place under the limit for as long as it is there. With
//! [`expire_after`](crate::AggregatorBuilder::expire_after) one that was not counted in for so long
//! is let go, in steps that lose nothing:
//!
//! 1. It is taken out of the map. An event with its tags begins a new series from now on, with a new
//!    start time. Snapshots do not show it any more; readers still do.
//! 2. When the map has let go of it, nobody can be about to count in it, and its numbers are final.
//! 3. When every reader that was registered at step 1 has found nothing untaken in it, its place is
//!    zeroed and given to whoever comes next.
//!
//! Whoever reads sweeps, so there is no thread for it. A reader that has stopped reading must not
//! hold all that up: after ten times as long it is let go, and that is counted. If it comes again it
//! is as good as any, but what it had not taken of series that are gone is lost to it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cells::{Cell, Shared};
use crate::metric::Kind;
use crate::readers::Readers;
use crate::row::Row;
use crate::rows::Rows;

/// Sweeps so many times within the time after which a series expires.
const SWEEPS: u32 = 4;

/// As many threads may look up a row at one moment without the map keeping what was taken out of it
/// for longer.
const LOOK_UPS: usize = 64;

/// A reader that has not read for so many times as long is let go.
pub(crate) const PATIENCE: u32 = 10;

/// What a group knows of rows that may go, or are about to.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    swept: Option<Instant>,
    /// By row: how often it had been counted in, and when that was last seen to have changed.
    seen: HashMap<u64, (u64, Instant)>,
    leaving: Vec<Leaving>,
}

#[derive(Debug)]
struct Leaving {
    row: Arc<Row>,
    /// Whether its numbers are final.
    is_final: bool,
    /// The readers that may have to take something yet.
    waiting: Vec<u64>,
}

impl Expiry {
    /// How many rows are about to go.
    pub(crate) fn leaving(&self) -> usize {
        self.leaving.len()
    }
}

/// The rows that a reader sees.
pub(crate) struct ForReader {
    /// In the order in which they were met, the overflow row, and then those on their way out.
    pub(crate) all: Vec<Arc<Row>>,
    /// So many at the end are on their way out.
    pub(crate) leaving: usize,
    /// So many at the end are, and their numbers are final.
    pub(crate) last: usize,
}

impl Rows {
    /// Lets rows go that were not counted in for so long. Returns how many were taken out of the
    /// map.
    pub(crate) fn sweep(&self, now: Instant, after: Duration, readers: &Readers) -> u64 {
        if self.only().is_some() {
            return 0;
        }
        let mut made = self.made();
        self.list_all(&mut made);
        let due = made
            .expiry
            .swept
            .is_none_or(|swept| now.saturating_duration_since(swept) >= after / SWEEPS);
        if !due && made.expiry.leaving.is_empty() {
            return 0;
        }
        // Under the lock: a reader that came while this waited for it may have let rows go, and they
        // wait for it.
        let readers = readers.all();
        let mut gone = 0;
        if due {
            made.expiry.swept = Some(now);
            let totals = self.totals(&made.in_order);
            let mut seen = std::mem::take(&mut made.expiry.seen);
            let mut left = Vec::new();
            made.in_order.retain(|row| {
                let count = count(&self.cells, row, totals.of(row.place()).unwrap_or_default());
                let (before, since) = *seen.entry(row.id).or_insert((count, now));
                if before != count {
                    seen.insert(row.id, (count, now));
                    return true;
                }
                // One reference is this list's and one the map's. Whoever has another may count.
                let idle = now.saturating_duration_since(since);
                if idle < after || Arc::strong_count(row) > 2 {
                    return true;
                }
                seen.remove(&row.id);
                left.push(row.clone());
                false
            });
            made.expiry.seen = seen;
            gone = left.len() as u64;
            self.unlist(&left);
            self.push_out(LOOK_UPS, || {
                left.iter().all(|row| Arc::strong_count(row) == 1)
            });
            let leaving = left.into_iter().map(|row| Leaving {
                row,
                is_final: false,
                waiting: readers.clone(),
            });
            made.expiry.leaving.extend(leaving);
        }
        let mut leaving = std::mem::take(&mut made.expiry.leaving);
        leaving.retain_mut(|one| {
            one.waiting.retain(|reader| readers.contains(reader));
            // The only reference: neither the map nor a thread that looked there has another. This
            // acquires what all those did who had one, unlike a look at the count.
            let Some(row) = Arc::get_mut(&mut one.row) else {
                return true;
            };
            one.is_final = true;
            if one.waiting.is_empty() {
                self.free(&mut made, row);
            }
            !one.waiting.is_empty()
        });
        if leaving.iter().any(|one| !one.is_final) {
            // Should the first time not have been enough.
            self.push_out(1, || false);
        }
        made.expiry.leaving = leaving;
        self.note_len(&made);
        gone
    }

    /// All rows for a reader.
    pub(crate) fn all_for_reader(&self) -> ForReader {
        let made = self.made();
        let mut all = self.with_overflow(&made.in_order);
        let leaving = &made.expiry.leaving;
        let (last, open): (Vec<_>, Vec<_>) = leaving.iter().partition(|one| one.is_final);
        all.extend(open.iter().chain(&last).map(|one| one.row.clone()));
        ForReader {
            all,
            leaving: leaving.len(),
            last: last.len(),
        }
    }

    /// This reader has nothing to take any more from these rows, whose numbers are final.
    pub(crate) fn are_done(&self, reader: u64, rows: &HashSet<u64>) {
        let mut made = self.made();
        let leaving = made.expiry.leaving.iter_mut();
        for one in leaving.filter(|one| rows.contains(&one.row.id)) {
            one.waiting.retain(|waiting| *waiting != reader);
        }
    }
}

/// A number that changes whenever the row is counted in.
fn count(cells: &[Cell], row: &Row, words: &[u64]) -> u64 {
    let of_cell = |(at, cell): (usize, &Cell)| match (cell.kind, row.shared_of(at)) {
        (Kind::Distribution, _) => cell.buckets(words).iter().sum(),
        (Kind::Summary, Some(Shared::Summary(part))) => {
            part.values.held().iter().map(|held| held.count).sum()
        }
        (Kind::Summary, _) => 0,
        (Kind::Counter | Kind::Sum | Kind::LastValue, _) => cell.count(words),
    };
    cells
        .iter()
        .enumerate()
        .map(of_cell)
        .fold(0, u64::wrapping_add)
}
