//! [`Reader`]: what was counted since it was last *acknowledged*.
//!
//! State is cumulative, and a reader has its own cursor over it, so a reporter that is late, or
//! whose peer is away, simply gets a larger delta next time: nothing is queued and nothing is
//! lost. The cursor moves by [`take`](Reader::take), series by series, when the reporter knows that
//! a delta was delivered.

mod cursor;
mod delta;
mod histogram;
mod measure;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

pub use delta::{Delta, DeltaData, HistogramDelta, Mark, Part};

use crate::arena::Totals;
use crate::cells::Now;
use crate::group::Group;
use crate::row::Row;
use crate::shared::Shared;
use cursor::{Cursor, Pending, TakenValues, Then};

static LAST_SCAN: AtomicU64 = AtomicU64::new(0);
static LAST_READER: AtomicU64 = AtomicU64::new(0);

/// What a reader wants to see of summaries and distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// Counts, sums, and the buckets of distributions.
    Totals,
    /// Counts, sums, the buckets of distributions and the exponential ones of summaries, and
    /// examples of distributions, if [they are kept](crate::Aggregator::keep_exemplars).
    Buckets,
    /// The same, and exponential buckets of distributions as well. From then on these keep values,
    /// which costs memory per series.
    Exponential,
    /// The numbers themselves, grouped so that each is at most 2.2 % off, and their mean is right if
    /// all of them are taken. Magnitudes below 2^-64 count as 2^-64, those beyond 2^64 as 2^64; a
    /// number alone is as it was. From then on distributions keep them, which costs memory per series.
    Values,
}

impl Needs {
    fn has_exemplars(self) -> bool {
        matches!(self, Self::Buckets | Self::Exponential)
    }
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
    id: u64,
    needs: Needs,
    /// By row and definition. A cursor starts at zero.
    cursors: HashMap<(u64, usize), Cursor>,
    /// What the last scan yielded; a mark is a place in it.
    pending: Vec<Pending>,
    scan: u64,
    /// Rows that the last scan saw on their way out.
    leaving: Vec<u64>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, needs: Needs) -> Self {
        if matches!(needs, Needs::Values | Needs::Exponential) {
            shared.wanted.want_values();
        }
        let id = LAST_READER.fetch_add(1, Ordering::Relaxed) + 1;
        shared.readers.is_reading(id, Instant::now());
        Self {
            shared,
            id,
            needs,
            cursors: HashMap::new(),
            pending: Vec::new(),
            scan: 0,
            leaving: Vec::new(),
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
        // One moment for both, so that it cannot let itself go.
        let now = Instant::now();
        let is_new = shared.readers.is_reading(self.id, now);
        shared.sweep_at(now);
        let late = shared.late.all();
        let added: Vec<_> = late.iter().map(|one| one.definition()).collect();
        let groups = shared.groups.iter().map(|group| &**group);
        let groups = groups.chain(late.iter().map(|one| &one.group));
        let groups: Vec<_> = groups.map(Scanned::new).collect();
        self.forget_gone(&groups, is_new);
        // Of rows on their way out, those in which there is something to take yet.
        let mut has_delta = HashSet::new();
        let from_start = shared.definitions.iter().zip(shared.places.iter().copied());
        let first_added = shared.groups.len();
        let added = added.iter().enumerate();
        let added = added.map(|(at, definition)| (definition, (first_added + at, 0)));
        let wants_values = self.needs == Needs::Exponential;
        for (number, (definition, (group, place))) in from_start.chain(added).enumerate() {
            let Scanned {
                group,
                rows,
                totals,
                leaving,
                ..
            } = &groups[group];
            for (at, row) in rows.iter().enumerate() {
                let Some(words) = totals.of(row.place()) else {
                    continue;
                };
                let now = Now {
                    cell: &group.rows.cells[place],
                    words,
                    shared: row.shared_to_read(&group.rows.cells, place, wants_values),
                    arena: &group.rows.arena,
                    row,
                };
                let key = (row.id, number);
                let Some((data, then)) = self.delta(key, &now) else {
                    continue;
                };
                if at >= rows.len() - leaving {
                    has_delta.insert(row.id);
                }
                self.pending.push(Pending { key, then });
                each(Delta {
                    definition,
                    tags: &row.tags,
                    is_overflow: row.is_overflow,
                    series: key,
                    started: row.started(),
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
        for Scanned {
            group, rows, last, ..
        } in &groups
        {
            let last = rows[rows.len() - last..].iter().map(|row| row.id);
            let done: HashSet<u64> = last.filter(|row| !has_delta.contains(row)).collect();
            if !done.is_empty() {
                group.rows.are_done(self.id, &done);
            }
        }
        if self.needs.has_exemplars() {
            // Whoever reads the next delta sees other examples.
            shared.wanted.next_epoch();
        }
    }

    /// Forgets the cursors of rows that are gone.
    fn forget_gone(&mut self, groups: &[Scanned<'_>], is_new: bool) {
        if is_new && !self.cursors.is_empty() {
            // Rows did not wait for this reader, so they may have gone without its seeing them go.
            let rows = groups.iter().flat_map(|one| &one.rows);
            let there: HashSet<u64> = rows.map(|row| row.id).collect();
            self.cursors.retain(|(row, _), _| there.contains(row));
        }
        let now: HashSet<u64> = groups.iter().flat_map(Scanned::leaving).collect();
        let gone: HashSet<u64> = self
            .leaving
            .drain(..)
            .filter(|row| !now.contains(row))
            .collect();
        if !gone.is_empty() {
            self.cursors.retain(|(row, _), _| !gone.contains(row));
        }
        self.leaving.extend(now);
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
            Then::Values { parts, sum } => {
                let cursor = self
                    .cursors
                    .entry(pending.key)
                    .or_insert_with(|| Cursor::Values(TakenValues::default()));
                let Cursor::Values(taken) = cursor else {
                    return;
                };
                let chosen = match mark.part {
                    Some(part) => parts.get_mut(part..=part).unwrap_or_default(),
                    None => &mut parts[..],
                };
                for part in chosen {
                    part.take(mark.count, &mut taken.parts);
                }
                let all = parts.iter().all(|part| part.left.count == 0);
                taken.sum = all.then_some(*sum);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.readers.forget(self.id);
    }
}

/// The rows of a group, and what they held a moment later.
struct Scanned<'a> {
    group: &'a Group,
    rows: Vec<Arc<Row>>,
    /// So many at the end are on their way out and have their final numbers.
    last: usize,
    /// So many at the end, those included, are on their way out.
    leaving: usize,
    totals: Totals,
}

impl<'a> Scanned<'a> {
    fn new(group: &'a Group) -> Self {
        let rows = group.rows.all_for_reader();
        let totals = group.rows.totals(&rows.all);
        Self {
            group,
            rows: rows.all,
            last: rows.last,
            leaving: rows.leaving,
            totals,
        }
    }

    fn leaving(&self) -> impl Iterator<Item = u64> {
        self.rows[self.rows.len() - self.leaving..]
            .iter()
            .map(|row| row.id)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
