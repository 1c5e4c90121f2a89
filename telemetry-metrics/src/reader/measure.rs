//! Deltas: what a cell holds now, less what the cursor says was taken.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::cursor::{Cursor, PartKey, PendingPart, Then};
use super::delta::{DeltaData, Mark, Part};
use super::{Needs, Reader};
use crate::amount::Amount;
use crate::cells::{Cell, DistributionCell, Values, load};
use crate::definition::Definition;
use crate::exponential::{Held, Index, ValueStore};
use crate::unit::Dimension;

impl Reader {
    pub(super) fn delta(
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
                let buckets = cell.counts();
                let count = buckets.iter().sum();
                totals(cursor, dimension, count, cell.total(), buckets)
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
    let count: u64 = cell.counts().iter().sum();
    let sum = cell.total();
    let values = cell.values.get();
    let mut parts = values.map_or_else(Vec::new, |values| held_by_key(&values.store, dimension));
    let valued: u64 = parts.iter().map(|(_, count, _)| count).sum();
    if count <= valued {
        return parts;
    }
    let left = count - valued;
    let mean = match values {
        None => sum.as_f64() / count as f64,
        // What is left of the sum would be off by what is in flight, so the mean was taken when
        // the first value came.
        Some(Values {
            mean_before: Some(mean),
            ..
        }) => *mean,
        // Nothing but what was in flight at that moment: as good as any value.
        Some(_) => parts
            .first()
            .and_then(|(key, ..)| *key)
            .map_or(0.0, Index::middle),
    };
    parts.push((None, left, sum.like(mean * left as f64)));
    parts
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
