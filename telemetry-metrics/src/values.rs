//! The value store: how often which number was seen, to within a bucket, and each bucket's mean.
//!
//! It serves quantiles, and reporters that need the numbers themselves. Threads share it, so what
//! counts is that a number costs one atomic addition: a bucket is **one word**, with the count in
//! its upper 28 bits, and in its lower 36 the sum of where in the bucket the first 2,048 of them
//! lay. From those follows the mean.
//!
//! 28 bits are few. Whoever reads a word that has its 2,048 moves it aside, where there is room for
//! all that will ever come, and where means are taken anew; and a thread that finds a word half full
//! does the same. What is set aside is kept under a lock that no emitter ever waits for.
//!
//! Memory is taken by octave, 256 bytes each, as octaves are hit: measurements spread over two
//! decades need seven or eight of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use once_cell::race::OnceBox;

use crate::exponential::{GROUPS, Held, Index, OCTAVES_PER_GROUP, PER_OCTAVE};

const COUNT_SHIFT: u32 = 36;
const ONE: u64 = 1 << COUNT_SHIFT;
const OFFSETS: u64 = ONE - 1;

/// So many numbers of a bucket make its mean. There is room for twice as many, because threads that
/// come at once cannot see each other.
pub(crate) const SAMPLES: u64 = 2_048;

/// A count that has come so far without being read is set aside by an emitter. The same again
/// has room in the word, for those that come meanwhile.
const HALF_FULL: u64 = 1 << 27;

type Octave = [AtomicU64; PER_OCTAVE];
type Group = [OnceBox<Octave>; OCTAVES_PER_GROUP];
type Half = [OnceBox<Group>; GROUPS];

/// The store of one series.
#[derive(Debug, Default)]
pub(crate) struct ValueStore {
    zero: AtomicU64,
    positive: Half,
    /// Most series never see a negative number.
    negative: OnceBox<Half>,
    aside: Mutex<Aside>,
}

/// What was taken out of the words.
type Aside = Option<Box<HashMap<Index, Folded>>>;

#[derive(Debug, Default, Clone, Copy)]
struct Folded {
    count: u64,
    offsets: u128,
}

impl Folded {
    fn of(word: u64) -> Self {
        let count = word >> COUNT_SHIFT;
        let offsets = u128::from(word & OFFSETS);
        Self {
            count,
            // Of as many as there are, if not all had theirs added.
            offsets: if count > SAMPLES {
                offsets * u128::from(count) / u128::from(SAMPLES)
            } else {
                offsets
            },
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            offsets: self.offsets.saturating_add(other.offsets),
        }
    }
}

impl ValueStore {
    /// Counts a finite number.
    #[inline]
    pub(crate) fn record(&self, value: f64) {
        let (index, offset) = Index::with_offset(value);
        if index.0 == 0 {
            self.zero.fetch_add(1, Ordering::Release);
            return;
        }
        let word = self.word(index);
        let has_samples = word.load(Ordering::Relaxed) >> COUNT_SHIFT >= SAMPLES;
        let more = if has_samples { ONE } else { ONE | offset };
        // Release: a reader who sees it counted sees what was written before.
        let before = word.fetch_add(more, Ordering::Release);
        if before >> COUNT_SHIFT >= HALF_FULL {
            self.set_aside(index, word);
        }
    }

    /// Counts a finite number so many times.
    pub(crate) fn record_many(&self, value: f64, count: u64) {
        let (index, offset) = Index::with_offset(value);
        if index.0 == 0 {
            self.zero.fetch_add(count, Ordering::Release);
        } else if count == 1 {
            self.record(value);
        } else {
            let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
            let aside = aside.get_or_insert_default().entry(index).or_default();
            *aside = aside.plus(Folded {
                count,
                offsets: u128::from(offset) * u128::from(count),
            });
            // Where readers look for buckets that hold something.
            self.word(index);
        }
    }

    #[inline(always)]
    fn word(&self, index: Index) -> &AtomicU64 {
        let half = if index.0 > 0 {
            &self.positive
        } else {
            self.negative.get_or_init(Box::default)
        };
        let magnitude = (index.0.abs() - 1) as usize;
        let (octave, within) = (magnitude / PER_OCTAVE, magnitude % PER_OCTAVE);
        &half[octave / OCTAVES_PER_GROUP].get_or_init(Box::default)[octave % OCTAVES_PER_GROUP]
            .get_or_init(Box::default)[within]
    }

    #[cold]
    fn set_aside(&self, index: Index, word: &AtomicU64) {
        // Whoever has the lock is reading, and sets it aside itself.
        if let Ok(mut aside) = self.aside.try_lock() {
            fold(&mut aside, index, word, word.load(Ordering::Relaxed));
        }
    }

    /// All buckets that hold anything, ascending.
    pub(crate) fn held(&self) -> Vec<Held> {
        let mut held = Vec::new();
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(negative) = self.negative.get() {
            let index = |magnitude| Index(-1 - magnitude);
            read(negative, &mut aside, index, &mut held);
            held.reverse();
        }
        let zeros = self.zero.load(Ordering::Acquire);
        if zeros > 0 {
            held.push(Held {
                index: Index(0),
                count: zeros,
                offsets: 0,
            });
        }
        let index = |magnitude| Index(1 + magnitude);
        read(&self.positive, &mut aside, index, &mut held);
        held
    }
}

fn read(half: &Half, aside: &mut Aside, index: impl Fn(i32) -> Index, held: &mut Vec<Held>) {
    for (at, group) in half.iter().enumerate() {
        let Some(group) = group.get() else { continue };
        for (octave, words) in group.iter().enumerate() {
            let Some(words) = words.get() else { continue };
            let first = (at * OCTAVES_PER_GROUP + octave) * PER_OCTAVE;
            for (within, word) in words.iter().enumerate() {
                let index = index((first + within) as i32);
                // Acquire, against the release in `record`.
                let now = word.load(Ordering::Acquire);
                let all = if now >> COUNT_SHIFT >= SAMPLES {
                    fold(aside, index, word, now)
                } else {
                    let before = aside.as_ref().and_then(|aside| aside.get(&index));
                    before.copied().unwrap_or_default().plus(Folded::of(now))
                };
                if all.count > 0 {
                    held.push(Held {
                        index,
                        count: all.count,
                        offsets: all.offsets,
                    });
                }
            }
        }
    }
}

/// Takes out of the word what was seen there. What has come since stays.
fn fold(aside: &mut Aside, index: Index, word: &AtomicU64, seen: u64) -> Folded {
    let aside = aside.get_or_insert_default().entry(index).or_default();
    *aside = aside.plus(Folded::of(seen));
    word.fetch_sub(seen, Ordering::Relaxed);
    *aside
}

#[cfg(test)]
mod tests {
    use std::thread::ScopedJoinHandle;

    use super::*;
    use crate::exponential;

    fn quantile(held: &[Held], q: f64, min: f64, max: f64) -> Option<f64> {
        exponential::quantile(held.iter().map(Held::counted), q, min, max)
    }

    fn count(store: &ValueStore) -> u64 {
        store.held().iter().map(|held| held.count).sum()
    }

    #[test]
    fn nothing_finite_is_out_of_range() {
        let store = ValueStore::default();
        let odd = [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            0.0,
            -0.0,
            1.0,
        ];
        for value in odd {
            store.record(value);
        }
        assert_eq!(count(&store), odd.len() as u64);
        let held = store.held();
        assert!(
            held.windows(2)
                .all(|pair| pair[0].index.middle() <= pair[1].index.middle())
        );
        assert!(held.iter().all(|held| held.mean().is_finite()));
    }

    #[test]
    fn quantiles_of_ten_thousand_numbers_are_within_1_083_percent() {
        let store = ValueStore::default();
        for n in 1..=10_000 {
            store.record(f64::from(n));
        }
        let held = store.held();
        for (q, truth) in [(0.0, 1.0), (0.5, 5_000.0), (0.95, 9_500.0), (1.0, 10_000.0)] {
            let answer = quantile(&held, q, 1.0, 10_000.0).unwrap();
            assert!((answer - truth).abs() <= truth * 0.010831, "{q}: {answer}");
        }
        assert_eq!(quantile(&[], 0.5, 0.0, 0.0), None);
    }

    #[test]
    fn one_number_is_reported_exactly() {
        let store = ValueStore::default();
        store.record(1_234_567.0);
        let held = store.held();
        assert_eq!(
            quantile(&held, 0.99, 1_234_567.0, 1_234_567.0),
            Some(1_234_567.0)
        );
        assert_eq!(held[0].mean(), 1_234_567.0);
    }

    #[test]
    fn nothing_is_lost_when_words_are_set_aside_while_threads_count() {
        let store = ValueStore::default();
        let (threads, each) = (4, 50_000_u64);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        (0..each).for_each(|n| store.record(100.0 + (n % 2) as f64 / 2.0));
                    })
                })
                .collect();
            let mut before = 0;
            while !threads.iter().all(ScopedJoinHandle::is_finished) {
                let now = count(&store);
                assert!(now >= before, "{now} after {before}");
                before = now;
            }
        });
        let held = store.held();
        assert_eq!(
            held.iter().map(|held| held.count).sum::<u64>(),
            threads * each
        );
        assert!((held[0].mean() - 100.25).abs() < 0.1, "{}", held[0].mean());
    }

    #[test]
    fn a_word_that_nobody_reads_is_set_aside_before_it_is_full() {
        let store = ValueStore::default();
        store.record(100.0);
        let word = store.word(Index::of(100.0));
        word.fetch_add(HALF_FULL << COUNT_SHIFT, Ordering::Relaxed);
        store.record(100.0);
        assert_eq!(word.load(Ordering::Relaxed), 0);
        assert_eq!(count(&store), HALF_FULL + 2);
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let (one_by_one, at_once) = (ValueStore::default(), ValueStore::default());
        for (value, count) in [(100.0, 1_000), (0.0, 3), (-5.0, 2), (7.5, 1)] {
            (0..count).for_each(|_| one_by_one.record(value));
            at_once.record_many(value, count);
        }
        assert_eq!(one_by_one.held(), at_once.held());
        at_once.record_many(1.0, u64::MAX);
        at_once.record_many(1.0, u64::MAX);
        assert!(at_once.held().iter().any(|held| held.count == u64::MAX));
    }
}
