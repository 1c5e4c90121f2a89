//! [`Reader`]: what was counted since it was last *acknowledged*.
//!
//! State is cumulative, and a reader has its own cursor over it, so a reporter that is late, or
//! whose peer is away, simply gets a larger delta next time: nothing is queued and nothing is
//! lost. The cursor moves by [`take`](Reader::take), series by series, when the reporter knows that
//! a delta was delivered.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use crate::amount::Amount;
use crate::cells::{Cell, DistributionCell, load};
use crate::definition::Definition;
use crate::exponential::{Held, Index, ValueStore};
use crate::shared::Shared;
use crate::snapshot::present;
use crate::unit::Dimension;

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

/// Up to where one series was taken.
#[derive(Debug, Clone)]
enum Cursor {
    Counter(u64),
    Sum(Amount),
    /// How often the value had been set.
    LastValue(u64),
    Totals {
        count: u64,
        sum: Amount,
        buckets: Vec<u64>,
    },
    Values(HashMap<PartKey, (u64, Amount)>),
}

/// A bucket of the value store; `None` is what a distribution counted before it kept values.
type PartKey = Option<Index>;

#[derive(Debug)]
struct Pending {
    key: (u64, usize),
    then: Then,
}

/// Where the cursor goes if the mark is taken.
#[derive(Debug)]
enum Then {
    Move(Cursor),
    Values(Vec<PendingPart>),
}

#[derive(Debug)]
struct PendingPart {
    key: PartKey,
    left: u64,
    sum_left: Amount,
    value: f64,
}

/// Stands for a delta, or a part of it, until it is known to have been delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a mark that is not taken is part of the next delta"]
pub struct Mark {
    scan: u64,
    pending: usize,
    part: Option<usize>,
    count: u64,
}

impl Mark {
    /// Stands for only `count` of the numbers of a [`Part`].
    pub fn of(mut self, count: u64) -> Self {
        self.count = self.count.min(count);
        self
    }
}

/// What one series counted since it was last taken.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delta<'s> {
    /// What the numbers mean.
    pub definition: &'s Arc<Definition>,
    /// The tags' texts in the order of [`Definition::tags`]; empty where the tag is absent.
    pub tags: &'s [Box<str>],
    /// Whether this is where events beyond the limit of series are counted.
    pub is_overflow: bool,
    /// Since when the series has been counted.
    pub started: SystemTime,
    /// The numbers.
    pub data: DeltaData,
    /// Stands for all of it.
    pub mark: Mark,
}

impl<'s> Delta<'s> {
    /// The tags that are there, with their keys.
    pub fn tags(&self) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
        present(self.definition, self.tags)
    }
}

/// The numbers of a [`Delta`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DeltaData {
    /// How many events; never zero.
    Counter(u64),
    /// What was added; never zero.
    Sum(Amount),
    /// The newest value. It was set since it was last taken, maybe to the same.
    LastValue(Amount),
    /// A summary's or distribution's numbers, for [`Needs::Values`]; never empty.
    Values(Vec<Part>),
    /// A summary's or distribution's totals, for [`Needs::Totals`].
    Totals {
        /// How many numbers; never zero.
        count: u64,
        /// Their total.
        sum: Amount,
        /// For a distribution, how many fell into each bucket; for a summary empty.
        buckets: Vec<u64>,
    },
}

/// Numbers so close together that one stands for all.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// Their mean, as stored (nanoseconds, bytes or ones).
    pub value: f64,
    /// How many there are.
    pub count: u64,
    /// Stands for all of them; [`Mark::of`] for some.
    pub mark: Mark,
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
        self.scan += 1;
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

    fn delta(
        &self,
        key: (u64, usize),
        definition: &Definition,
        cell: &Cell,
    ) -> Option<(DeltaData, Then)> {
        let dimension = definition.dimension();
        let cursor = self.cursors.get(&key);
        match cell {
            Cell::Counter(count) => {
                let now = count.load(Ordering::Relaxed);
                let then = if let Some(Cursor::Counter(then)) = cursor {
                    *then
                } else {
                    0
                };
                let delta = now.wrapping_sub(then);
                (delta > 0).then_some((DeltaData::Counter(delta), Then::Move(Cursor::Counter(now))))
            }
            Cell::Sum(cell) => {
                let now = load(&cell.total, dimension);
                let zero = Amount::zero(dimension);
                let then = if let Some(Cursor::Sum(then)) = cursor {
                    *then
                } else {
                    zero
                };
                let delta = now.since(then);
                (!delta.is_zero()).then_some((DeltaData::Sum(delta), Then::Move(Cursor::Sum(now))))
            }
            Cell::LastValue(cell) => {
                let sets = cell.sets.load(Ordering::Acquire);
                let then = if let Some(Cursor::LastValue(then)) = cursor {
                    *then
                } else {
                    0
                };
                (sets != then).then(|| {
                    let value = load(&cell.value, dimension);
                    (
                        DeltaData::LastValue(value),
                        Then::Move(Cursor::LastValue(sets)),
                    )
                })
            }
            Cell::Summary(cell) if self.needs == Needs::Values => {
                self.values(cursor, held_by_key(&cell.values, dimension))
            }
            Cell::Summary(cell) => {
                let count = cell
                    .values
                    .held(dimension)
                    .iter()
                    .map(|held| held.count)
                    .sum();
                let sum = load(&cell.sum, dimension);
                totals(cursor, dimension, count, sum, Vec::new())
            }
            Cell::Distribution(cell) if self.needs == Needs::Values => {
                self.values(cursor, distribution_by_key(cell, dimension))
            }
            Cell::Distribution(cell) => {
                let buckets = load_buckets(cell);
                let count = buckets.iter().sum();
                totals(
                    cursor,
                    dimension,
                    count,
                    load(&cell.sum, dimension),
                    buckets,
                )
            }
        }
    }

    fn values(
        &self,
        cursor: Option<&Cursor>,
        now: Vec<(PartKey, u64, Amount)>,
    ) -> Option<(DeltaData, Then)> {
        let nothing = HashMap::new();
        let taken = if let Some(Cursor::Values(taken)) = cursor {
            taken
        } else {
            &nothing
        };
        let mut parts = Vec::new();
        let mut pending = Vec::new();
        for (key, count, sum) in now {
            let (delta, added) = match taken.get(&key) {
                Some((then, sum_then)) => (count.saturating_sub(*then), sum.since(*sum_then)),
                None => (count, sum),
            };
            if delta == 0 {
                continue;
            }
            let mean = added.as_f64() / delta as f64;
            // A number in flight may be in the sum and not yet in the count.
            let value = key.map_or(mean, |index| index.clamp(mean));
            let mark = Mark {
                scan: self.scan,
                pending: self.pending.len(),
                part: Some(parts.len()),
                count: delta,
            };
            parts.push(Part {
                value,
                count: delta,
                mark,
            });
            pending.push(PendingPart {
                key,
                left: delta,
                sum_left: added,
                value,
            });
        }
        (!parts.is_empty()).then_some((DeltaData::Values(parts), Then::Values(pending)))
    }
}

impl PendingPart {
    fn take(&mut self, count: u64, taken: &mut HashMap<PartKey, (u64, Amount)>) {
        let count = count.min(self.left);
        let sum = if count == self.left {
            self.sum_left
        } else {
            match self.sum_left {
                Amount::Integer(_) => Amount::Integer((self.value * count as f64).round() as i64),
                Amount::Real(_) => Amount::Real(self.value * count as f64),
            }
        };
        self.left -= count;
        self.sum_left = self.sum_left.since(sum);
        let entry = taken.entry(self.key).or_insert((0, sum.since(sum)));
        *entry = (entry.0 + count, entry.1.plus(sum));
    }
}

fn held_by_key(values: &ValueStore, dimension: Dimension) -> Vec<(PartKey, u64, Amount)> {
    let by_key = |held: Held| (Some(held.index), held.count, held.sum);
    values.held(dimension).into_iter().map(by_key).collect()
}

/// The values of a distribution, and as one more part what it counted before it kept values.
fn distribution_by_key(
    cell: &DistributionCell,
    dimension: Dimension,
) -> Vec<(PartKey, u64, Amount)> {
    // Buckets before values, and emitters write values before buckets: so everything that these
    // buckets count and that has a value is seen to have it, and what is left over is never too
    // much. (It may be too little while events come in, and is made up for later.)
    let count: u64 = load_buckets(cell).iter().sum();
    let sum = load(&cell.sum, dimension);
    let mut parts = match cell.values.get() {
        Some(values) => held_by_key(values, dimension),
        None => Vec::new(),
    };
    let valued: u64 = parts.iter().map(|(_, count, _)| count).sum();
    if count > valued {
        let left = parts.iter().fold(sum, |left, (_, _, sum)| left.since(*sum));
        parts.push((None, count - valued, left));
    }
    parts
}

fn load_buckets(cell: &DistributionCell) -> Vec<u64> {
    // Acquire, against the release of emitters; see above.
    cell.buckets
        .iter()
        .map(|bucket| bucket.load(Ordering::Acquire))
        .collect()
}

fn totals(
    cursor: Option<&Cursor>,
    dimension: Dimension,
    count: u64,
    sum: Amount,
    buckets: Vec<u64>,
) -> Option<(DeltaData, Then)> {
    let data = match cursor {
        Some(Cursor::Totals {
            count: then,
            sum: sum_then,
            buckets: buckets_then,
        }) => {
            let since = buckets
                .iter()
                .zip(buckets_then)
                .map(|(now, then)| now - then)
                .collect();
            (count.saturating_sub(*then), sum.since(*sum_then), since)
        }
        _ => (count, sum.since(Amount::zero(dimension)), buckets.clone()),
    };
    let (delta, added, since) = data;
    (delta > 0).then_some((
        DeltaData::Totals {
            count: delta,
            sum: added,
            buckets: since,
        },
        Then::Move(Cursor::Totals {
            count,
            sum,
            buckets,
        }),
    ))
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
