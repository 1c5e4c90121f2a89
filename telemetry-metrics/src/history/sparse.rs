//! Counts by bucket, as few as there are: lists of `(bucket, count)` in ascending order without
//! zeros, and their packed form, in which a bucket takes two bytes as a rule.

use std::borrow::Cow;
use std::cmp::Ordering;

use once_cell::sync::Lazy;

use super::varint::{put, skip, take};
use crate::exponential::Index;

/// A bucket as it is packed: one of a distribution by its place, or one of the value store.
pub(super) trait Bucket: Copy + Ord {
    /// Its number, which is at least `least`, and likely to be close to it.
    fn number(self, least: u64) -> u64;
    fn of_number(number: u64) -> Self;
    /// Where it stands among all, in a place that is close to those of its neighbours.
    fn place(self) -> i32;
    fn of_place(place: i32) -> Self;
}

impl Bucket for u32 {
    fn number(self, _: u64) -> u64 {
        self.into()
    }

    fn of_number(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }

    fn place(self) -> i32 {
        i32::try_from(self).unwrap_or(i32::MAX)
    }

    fn of_place(place: i32) -> Self {
        Self::try_from(place).unwrap_or(0)
    }
}

/// All buckets of the value store, ascending; one is packed as its place in here.
static INDICES: Lazy<Vec<Index>> = Lazy::new(|| {
    // The value store has 32 buckets to an octave, over 64 octaves to either side of one.
    let magnitudes = (-2048..2048).map(|n| ((f64::from(n) + 0.5) / 32.0).exp2());
    let positive: Vec<f64> = magnitudes.collect();
    let negative = positive.iter().rev().map(|magnitude| -magnitude);
    let zero = std::iter::once(0.0);
    let all = negative.chain(zero).chain(positive.iter().copied());
    all.map(Index::of).collect()
});

impl Bucket for Index {
    fn number(self, least: u64) -> u64 {
        let first = usize::try_from(least).unwrap_or(usize::MAX);
        let later = INDICES.get(first..).unwrap_or_default();
        let near = later.iter().take(8).position(|index| *index == self);
        let found = near.or_else(|| later.binary_search(&self).ok());
        least + found.unwrap_or(0) as u64
    }

    fn of_number(number: u64) -> Self {
        let last = INDICES.len() - 1;
        INDICES[usize::try_from(number).unwrap_or(last).min(last)]
    }

    fn place(self) -> i32 {
        self.0
    }

    fn of_place(place: i32) -> Self {
        Self(place)
    }
}

/// Appends a list; [`unpack`] finds its end.
pub(super) fn pack<B: Bucket>(bytes: &mut Vec<u8>, counts: &[(B, u64)]) {
    put(bytes, counts.len() as u64);
    let mut next = 0;
    for (bucket, count) in counts {
        let number = bucket.number(next);
        put(bytes, number.wrapping_sub(next));
        put(bytes, *count);
        next = number + 1;
    }
}

/// Takes a list off the front, and appends it to `counts`.
pub(super) fn unpack<B: Bucket>(bytes: &mut &[u8], counts: &mut Vec<(B, u64)>) {
    let mut next = 0u64;
    let length = take(bytes);
    counts.reserve(bytes.len().min(length as usize));
    for _ in 0..length {
        let number = next.wrapping_add(take(bytes));
        counts.push((B::of_number(number), take(bytes)));
        next = number.wrapping_add(1);
    }
}

/// Takes a list off the front unread.
pub(super) fn pass(bytes: &mut &[u8]) {
    let length = take(bytes);
    for _ in 0..length {
        if bytes.is_empty() {
            return;
        }
        skip(bytes);
        skip(bytes);
    }
}

/// The union of two lists, with what `count` makes of the two counts; without zeros.
fn union<B: Bucket>(
    left: &[(B, u64)],
    right: &[(B, u64)],
    count: impl Fn(u64, u64) -> u64,
) -> Vec<(B, u64)> {
    let mut united = Vec::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter(), right.iter());
    let (mut l, mut r) = (left.next(), right.next());
    loop {
        let (bucket, number) = match (l, r) {
            (None, None) => return united,
            (Some((bucket, number)), None) => {
                l = left.next();
                (*bucket, count(*number, 0))
            }
            (None, Some((bucket, number))) => {
                r = right.next();
                (*bucket, count(0, *number))
            }
            (Some((one, a)), Some((other, b))) => match one.cmp(other) {
                Ordering::Less => {
                    l = left.next();
                    (*one, count(*a, 0))
                }
                Ordering::Greater => {
                    r = right.next();
                    (*other, count(0, *b))
                }
                Ordering::Equal => {
                    (l, r) = (left.next(), right.next());
                    (*one, count(*a, *b))
                }
            },
        };
        if number > 0 {
            united.push((bucket, number));
        }
    }
}

/// What both have together.
pub(super) fn plus<B: Bucket>(left: &[(B, u64)], right: &[(B, u64)]) -> Vec<(B, u64)> {
    union(left, right, u64::saturating_add)
}

/// What was added since an earlier state.
pub(super) fn since<B: Bucket>(now: &[(B, u64)], then: &[(B, u64)]) -> Vec<(B, u64)> {
    union(now, then, u64::saturating_sub)
}

/// Where many lists are added up.
#[derive(Debug, Clone)]
pub(super) struct Pile<B> {
    counts: Vec<(B, u64)>,
    /// How many of them are in order.
    ordered: usize,
}

impl<B> Default for Pile<B> {
    fn default() -> Self {
        Self {
            counts: Vec::new(),
            ordered: 0,
        }
    }
}

impl<B: Bucket> Pile<B> {
    pub(super) fn add(&mut self, counts: &[(B, u64)]) {
        if self.counts.is_empty() {
            self.counts.extend_from_slice(counts);
            self.ordered = counts.len();
            return;
        }
        self.counts.extend_from_slice(counts);
        if self.counts.len() > 2 * self.ordered + 256 {
            self.order();
        }
    }

    /// All together, in order.
    pub(super) fn counts(&self) -> Cow<'_, [(B, u64)]> {
        if self.ordered == self.counts.len() {
            return Cow::Borrowed(&self.counts);
        }
        let mut all = self.clone();
        all.order();
        Cow::Owned(all.counts)
    }

    /// Nothing follows: what is asked now need not put it in order each time.
    pub(super) fn settle(&mut self) {
        if self.ordered != self.counts.len() {
            self.order();
        }
    }

    fn order(&mut self) {
        self.counts.sort_unstable_by_key(|(bucket, _)| *bucket);
        self.counts.dedup_by(|(bucket, count), (kept, total)| {
            let same = bucket == kept;
            if same {
                *total = total.saturating_add(*count);
            }
            same
        });
        self.ordered = self.counts.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn list(map: &BTreeMap<u32, u64>) -> Vec<(u32, u64)> {
        map.iter()
            .map(|(bucket, count)| (*bucket, *count))
            .collect()
    }

    fn lists() -> impl Strategy<Value = BTreeMap<u32, u64>> {
        proptest::collection::btree_map(0u32..40, 1u64..1_000, 0..20)
    }

    #[test]
    fn every_bucket_of_the_value_store_has_a_number_of_its_own() {
        assert!(INDICES.windows(2).all(|pair| pair[0] < pair[1]));
        for (number, index) in INDICES.iter().enumerate() {
            for least in [0, number / 2, number.saturating_sub(9), number] {
                assert_eq!(index.number(least as u64), number as u64);
            }
            assert_eq!(Index::of_number(number as u64), *index);
        }
        // None beyond: the outermost buckets are those of what does not fit.
        assert_eq!(INDICES.last(), Some(&Index::of(f64::MAX)));
        assert_eq!(INDICES.first(), Some(&Index::of(f64::MIN)));
    }

    #[test]
    fn neighbouring_buckets_take_two_bytes() {
        let counts: Vec<_> = [5.0, 5.1, 5.2, 5.4]
            .map(|value| (Index::of(value), 3))
            .to_vec();
        let mut bytes = Vec::new();
        pack(&mut bytes, &counts);
        // One for how many there are, and one more because the first is far from zero.
        assert_eq!(bytes.len(), 2 * counts.len() + 2);
    }

    #[test]
    fn a_pile_of_many_lists_stays_small() {
        let mut pile = Pile::default();
        for n in 0..10_000u32 {
            pile.add(&[(n % 7, 1), (100 + n % 3, 2)]);
            assert!(pile.counts.len() <= 2 * 10 + 258);
        }
        let total: u64 = pile.counts().iter().map(|(_, count)| count).sum();
        assert_eq!((pile.counts().len(), total), (10, 30_000));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(map in lists(), values: Vec<(f64, u64)>) {
            let counts = list(&map);
            let finite = values.iter().filter(|(value, _)| value.is_finite());
            let by_index: BTreeMap<_, _> =
                finite.map(|(value, count)| (Index::of(*value), *count)).collect();
            let by_index: Vec<_> = by_index.into_iter().collect();
            let mut bytes = Vec::new();
            pack(&mut bytes, &counts);
            pack(&mut bytes, &by_index);
            let mut left = &bytes[..];
            let (mut one, mut other) = (Vec::new(), Vec::new());
            unpack(&mut left, &mut one);
            unpack(&mut left, &mut other);
            prop_assert!(left.is_empty());
            prop_assert_eq!(one, counts);
            prop_assert_eq!(other, by_index);
        }

        #[test]
        fn adding_and_taking_away_are_what_maps_would_do(a in lists(), b in lists()) {
            let mut sum = a.clone();
            for (bucket, count) in &b {
                *sum.entry(*bucket).or_default() += count;
            }
            prop_assert_eq!(plus(&list(&a), &list(&b)), list(&sum));
            let mut pile = Pile::default();
            pile.add(&list(&a));
            pile.add(&list(&b));
            prop_assert_eq!(&*pile.counts(), list(&sum));
            pile.settle();
            prop_assert_eq!(&*pile.counts(), list(&sum));
            prop_assert_eq!(since(&list(&sum), &list(&a)), list(&b));
            prop_assert_eq!(since(&list(&a), &list(&sum)), Vec::new());
        }
    }
}
