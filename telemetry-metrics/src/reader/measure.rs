//! Deltas: what a cell holds now, less what the cursor says was taken.

use super::cursor::{Cursor, PartKey, PendingPart, Taken, TakenValues, Then};
use super::delta::{DeltaData, Mark, Part};
use super::{Needs, Reader};
use crate::amount::Amount;
use crate::cells::{Cell, DistributionPart, Now, Shared, Values};
use crate::exponential::{Held, Index, mean};
use crate::metric::Kind;
use crate::unit::Dimension;
use crate::values::{SAMPLES, ValueStore};

impl Reader {
    pub(super) fn delta(&self, key: (u64, usize), now: &Now<'_>) -> Option<(DeltaData, Then)> {
        let Now {
            cell,
            words,
            shared,
            arena,
            row,
        } = *now;
        let dimension = cell.dimension;
        let cursor = self.cursors.get(&key);
        match (cell.kind, shared) {
            (Kind::Counter, _) => {
                let now = cell.count(words);
                let then = if let Some(Cursor::Counter(then)) = cursor {
                    *then
                } else {
                    0
                };
                let delta = now.wrapping_sub(then);
                (delta > 0).then_some((DeltaData::Counter(delta), Then::Move(Cursor::Counter(now))))
            }
            (Kind::Sum, _) => {
                let now = cell.total(words);
                let then = if let Some(Cursor::Sum(then)) = cursor {
                    *then
                } else {
                    Amount::zero(dimension)
                };
                let delta = now.since(then);
                (!delta.is_zero()).then_some((DeltaData::Sum(delta), Then::Move(Cursor::Sum(now))))
            }
            (Kind::LastValue, Some(Shared::LastValue(value))) => {
                let sets = cell.count(words);
                let then = if let Some(Cursor::LastValue(then)) = cursor {
                    *then
                } else {
                    0
                };
                (sets != then).then(|| {
                    let value = Amount::load(value, dimension);
                    let then = Then::Move(Cursor::LastValue(sets));
                    (DeltaData::LastValue(value), then)
                })
            }
            (Kind::Summary, Some(Shared::Summary(_))) if self.needs.has_exemplars() => {
                self.histogram(cursor, now)
            }
            (Kind::Distribution, _) if self.needs.has_exemplars() => self.histogram(cursor, now),
            (Kind::Summary, Some(Shared::Summary(part))) if self.needs == Needs::Values => {
                let now = by_key(&part.values);
                self.values(cursor, now, cell.total_now(arena, row))
            }
            (Kind::Summary, Some(Shared::Summary(part))) => {
                let count = part.values.held().iter().map(|held| held.count).sum();
                let sum = cell.total_now(arena, row);
                totals(cursor, dimension, count, sum, Vec::new())
            }
            (Kind::Distribution, shared) if self.needs == Needs::Values => {
                let part = match shared {
                    Some(Shared::Distribution(part)) => Some(part),
                    _ => None,
                };
                let now = distribution_by_key(cell, words, part);
                self.values(cursor, now, cell.total(words))
            }
            (Kind::Distribution, _) => {
                let buckets = cell.buckets(words).to_vec();
                let count = buckets.iter().sum();
                totals(cursor, dimension, count, cell.total(words), buckets)
            }
            // Of a row that has nothing of it yet.
            (Kind::LastValue | Kind::Summary, _) => None,
        }
    }

    fn values(
        &self,
        cursor: Option<&Cursor>,
        now: Vec<(PartKey, Taken)>,
        sum: Amount,
    ) -> Option<(DeltaData, Then)> {
        let nothing = TakenValues {
            sum: Some(sum.since(sum)),
            ..TakenValues::default()
        };
        let taken = if let Some(Cursor::Values(taken)) = cursor {
            taken
        } else {
            &nothing
        };
        let mut parts = Vec::new();
        let mut pending = Vec::new();
        for (key, now) in now {
            let left = match taken.parts.get(&key) {
                Some(then) => now.less(*then),
                None => now,
            };
            if left.count == 0 {
                continue;
            }
            let value = match key {
                Some(index) => mean(index, left.count, left.offsets),
                None => left.sum / left.count as f64,
            };
            let mark = Mark {
                scan: self.scan,
                pending: self.pending.len(),
                part: Some(parts.len()),
                count: left.count,
            };
            parts.push(Part {
                value,
                count: left.count,
                mark,
            });
            pending.push(PendingPart { key, left });
        }
        if let Some(then) = taken.sum {
            correct(&mut parts, &pending, sum.since(then).as_f64());
        }
        let then = Then::Values {
            parts: pending,
            sum,
        };
        (!parts.is_empty()).then_some((DeltaData::Values(parts), then))
    }
}

/// Corrects values of which more is known: what all of them add up to.
fn correct(parts: &mut [Part], pending: &[PendingPart], total: f64) {
    // A number alone is known as it is, unless another is in the total already and not yet in its
    // bucket.
    if let (
        [one],
        [
            PendingPart {
                key: Some(index), ..
            },
        ],
    ) = (&mut *parts, pending)
    {
        if one.count == 1 && Index::of(total) == *index {
            one.value = total;
            return;
        }
    }
    // The mean of a bucket is that of its first numbers. Where there are many more, they take the
    // difference among them.
    let is_full = |one: &PendingPart| one.left.count > SAMPLES;
    let full: u64 = pending
        .iter()
        .filter(|one| is_full(one))
        .map(|one| one.left.count)
        .sum();
    if full > 0 {
        let sum: f64 = parts
            .iter()
            .map(|part| part.value * part.count as f64)
            .sum();
        let more = (total - sum) / full as f64;
        for (part, pending) in parts.iter_mut().zip(pending) {
            if let Some(index) = pending.key.filter(|_| is_full(pending)) {
                part.value = index.clamp(part.value + more);
            }
        }
    }
}

fn by_key(values: &ValueStore) -> Vec<(PartKey, Taken)> {
    let by_key = |held: Held| {
        let taken = Taken {
            count: held.count,
            offsets: held.offsets,
            sum: 0.0,
        };
        (Some(held.index), taken)
    };
    values.held().into_iter().map(by_key).collect()
}

/// The values of a distribution, and as one more part what it counted before it kept values.
fn distribution_by_key(
    cell: &Cell,
    words: &[u64],
    part: Option<&DistributionPart>,
) -> Vec<(PartKey, Taken)> {
    // Buckets before values, and emitters write values before buckets: so everything that these
    // buckets count and that has a value is seen to have it, and what is left over is never too
    // much. (It may be too little while events come in, and is made up for later.)
    let count: u64 = cell.buckets(words).iter().sum();
    let sum = cell.total(words);
    let values = part.and_then(|part| part.values.get());
    let mut parts = values.map_or_else(Vec::new, |values| by_key(&values.store));
    let valued: u64 = parts.iter().map(|(_, taken)| taken.count).sum();
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
    let taken = Taken {
        count: left,
        offsets: 0,
        sum: mean * left as f64,
    };
    parts.push((None, taken));
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
                .map(|(now, then)| now.saturating_sub(*then))
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
