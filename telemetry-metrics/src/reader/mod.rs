//! [`Reader`]: what was counted since it was last *acknowledged*.
//!
//! State is cumulative, and a reader has its own cursor over it, so a reporter that is late, or
//! whose peer is away, simply gets a larger delta next time: nothing is queued and nothing is
//! lost. The cursor moves by [`take`](Reader::take), series by series, when the reporter knows that
//! a delta was delivered.

mod cursor;
mod delta;
mod measure;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use delta::{Delta, DeltaData, Mark, Part};

use crate::shared::Shared;
use cursor::{Cursor, Pending, Then};

static LAST_SCAN: AtomicU64 = AtomicU64::new(0);

/// What a reader wants to see of summaries and distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// Counts, sums, and the buckets of distributions.
    Totals,
    /// The numbers themselves, grouped so that each is at most 2.2 % off and their mean is right.
    /// From then on distributions keep them, which costs memory per series.
    Values,
}

/// Reads deltas; made by [`Aggregator::reader`](crate::Aggregator::reader).
///
/// ```
/// use telemetry_metrics::{Aggregator, DeltaData, Needs, counter};
///
/// let aggregator = Aggregator::builder().metrics([counter("reader.example.count")]).start()?;
/// let mut reader = aggregator.reader(Needs::Totals);
/// telemetry::execute!("reader.example");
///
/// let mut marks = Vec::new();
/// reader.scan(|delta| {
///     assert_eq!(delta.data, DeltaData::Counter(1));
///     marks.push(delta.mark);
/// });
/// marks.into_iter().for_each(|mark| reader.take(mark)); // delivered
/// reader.scan(|delta| unreachable!("{delta:?} was taken already"));
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
pub struct Reader {
    shared: Arc<Shared>,
    needs: Needs,
    /// By row and definition. A cursor starts at zero.
    cursors: HashMap<(u64, usize), Cursor>,
    /// What the last scan yielded; a mark is a place in it.
    pending: Vec<Pending>,
    scan: u64,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, needs: Needs) -> Self {
        if needs == Needs::Values {
            shared.values_wanted.store(true, Ordering::SeqCst);
        }
        Self {
            shared,
            needs,
            cursors: HashMap::new(),
            pending: Vec::new(),
            scan: 0,
        }
    }

    /// The tags that every series carries beside its own.
    #[must_use]
    pub fn constant_tags(&self) -> &[(String, String)] {
        &self.shared.constant_tags
    }

    /// Yields each series that counted something since it was last taken. Marks of earlier scans
    /// become void.
    pub fn scan(&mut self, mut each: impl FnMut(Delta<'_>)) {
        // Over all readers, so that a mark of another one is void here.
        self.scan = LAST_SCAN.fetch_add(1, Ordering::Relaxed) + 1;
        self.pending.clear();
        let shared = self.shared.clone();
        let rows: Vec<_> = shared.groups.iter().map(|group| group.rows.all()).collect();
        for (number, definition) in shared.definitions.iter().enumerate() {
            let (group, place) = shared.places[number];
            for row in &rows[group] {
                let key = (row.id, number);
                let Some((data, then)) = self.delta(key, definition, &row.cells[place]) else {
                    continue;
                };
                self.pending.push(Pending { key, then });
                each(Delta {
                    definition,
                    tags: &row.tags,
                    is_overflow: row.is_overflow,
                    started: row.started,
                    data,
                    mark: Mark {
                        scan: self.scan,
                        pending: self.pending.len() - 1,
                        part: None,
                        count: u64::MAX,
                    },
                });
            }
        }
    }

    /// Moves the cursor: what the mark stands for was delivered. To be called before the next
    /// scan; an older mark is ignored.
    pub fn take(&mut self, mark: Mark) {
        if mark.scan != self.scan {
            return;
        }
        let Some(pending) = self.pending.get_mut(mark.pending) else {
            return;
        };
        match &mut pending.then {
            Then::Move(cursor) => {
                self.cursors.insert(pending.key, cursor.clone());
            }
            Then::Values(parts) => {
                let cursor = self
                    .cursors
                    .entry(pending.key)
                    .or_insert_with(|| Cursor::Values(HashMap::new()));
                let Cursor::Values(taken) = cursor else {
                    return;
                };
                let chosen = match mark.part {
                    Some(part) => parts.get_mut(part..=part).unwrap_or_default(),
                    None => &mut parts[..],
                };
                for part in chosen {
                    part.take(mark.count, taken);
                }
            }
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
