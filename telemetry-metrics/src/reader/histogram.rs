//! Deltas by buckets, for reporters that send histograms.

use super::cursor::{Cursor, Then};
use super::delta::{DeltaData, HistogramDelta};
use super::{Needs, Reader};
use crate::amount::Amount;
use crate::cells::{Now, Shared};
use crate::exponential_buckets::ExponentialBuckets;
use crate::metric::Kind;

impl Reader {
    /// What a summary or distribution counted since the cursor.
    pub(super) fn histogram(
        &self,
        cursor: Option<&Cursor>,
        now: &Now<'_>,
    ) -> Option<(DeltaData, Then)> {
        let Now {
            cell,
            words,
            shared,
            arena,
            row,
        } = *now;
        let mut exemplars = Vec::new();
        let (count, sum, buckets, exponential) = match (cell.kind, shared) {
            (Kind::Summary, Some(Shared::Summary(part))) => {
                // Before the total: who sees a number sees it there, too.
                let exponential = ExponentialBuckets::of_summary(&part.values);
                let sum = cell.total_now(arena, row);
                (exponential.count(), sum, Vec::new(), Some(exponential))
            }
            (Kind::Distribution, shared) => {
                let part = match shared {
                    Some(Shared::Distribution(part)) => Some(part),
                    _ => None,
                };
                let buckets = cell.buckets(words).to_vec();
                exemplars.extend(part.into_iter().flat_map(|part| part.exemplars.newest()));
                let exponential = (self.needs == Needs::Exponential)
                    .then(|| ExponentialBuckets::of_distribution(cell, words, part));
                (
                    buckets.iter().sum(),
                    cell.total(words),
                    buckets,
                    exponential,
                )
            }
            _ => return None,
        };
        let mut delta = HistogramDelta {
            count,
            sum: sum.since(Amount::zero(cell.dimension)),
            buckets: buckets.clone(),
            exponential: exponential.clone(),
            exemplars: exemplars.into_iter().flatten().collect(),
        };
        if let Some(Cursor::Histogram {
            count: count_then,
            sum: sum_then,
            buckets: buckets_then,
            exponential: exponential_then,
        }) = cursor
        {
            delta.count = count.saturating_sub(*count_then);
            delta.sum = sum.since(*sum_then);
            for (bucket, then) in delta.buckets.iter_mut().zip(buckets_then) {
                *bucket = bucket.saturating_sub(*then);
            }
            if let (Some(delta), Some(then)) = (&mut delta.exponential, exponential_then) {
                *delta = delta.since(then);
            }
        }
        let has_exponential = delta
            .exponential
            .as_ref()
            .is_some_and(|all| all.count() > 0);
        (delta.count > 0 || has_exponential).then_some((
            DeltaData::Histogram(delta),
            Then::Move(Cursor::Histogram {
                count,
                sum,
                buckets,
                exponential,
            }),
        ))
    }
}
