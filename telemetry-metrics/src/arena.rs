//! Arenas: the words that emitters write.
//!
//! Each metric of a row group takes some words of a row, and all of a row's words lie together.
//! Rows are kept in chunks, of 64 if they are not very wide, and there is a chunk **per stripe** (see `lease.rs`), made when a
//! thread of that stripe first touches one of these rows. So a series costs 8 bytes per word, and
//! as much again for each further thread that counts in it, never a padded line; and reading all of
//! them is a linear pass over a few arrays.
//!
//! All words are things that add up: the total of a word is its sum over the stripes. That is what
//! lets a stripe be continued by another thread, and a reader add without stopping anybody.
//!
//! A row's place is given to another series only when nothing can write to it any more. Its words
//! are zeroed then, those of all stripes: they belong to threads that have no way to them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::amount::Amount;
use crate::lease::{Lease, STRIPES};
use crate::unit::Dimension;

/// The most rows in a chunk.
const MOST_ROWS: usize = 64;
/// The most words, unless one row has more: a thread that touches one row pays for its chunk.
const MOST_WORDS: usize = 8_192;
/// Unused words at both ends of a chunk, so that two threads never write to one cache line.
const PAD: usize = 8;

type Chunk = OnceLock<Box<[AtomicU64]>>;

/// The words of one group, of all stripes.
#[derive(Debug)]
pub(crate) struct Arena {
    /// What each word of a row holds.
    columns: Box<[Dimension]>,
    /// Whether all of that adds up as integers do.
    is_integers: bool,
    /// How many rows there may ever be.
    rows: usize,
    /// A chunk has two to the power of this.
    shift: u32,
    stripes: Box<[OnceLock<Box<[Chunk]>>]>,
}

impl Arena {
    /// For so many rows. `columns` is what each word of a row holds; a count is
    /// [`Dimension::Bytes`], as integers add up.
    pub(crate) fn new(columns: Box<[Dimension]>, rows: usize) -> Self {
        Self {
            shift: (MOST_WORDS / columns.len().max(1))
                .clamp(1, MOST_ROWS)
                .ilog2(),
            is_integers: columns.iter().all(|column| *column != Dimension::None),
            columns,
            rows,
            stripes: (0..*STRIPES).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The words of the row at `place`, for the thread with this lease to write.
    #[inline(always)]
    pub(crate) fn words(&self, place: usize, lease: Lease) -> Words<'_> {
        let stripe = lease.stripe();
        let (chunk, row) = self.at(place);
        let words = match self.stripes[stripe].get() {
            Some(chunks) => match chunks[chunk].get() {
                Some(words) => words,
                None => self.first_touch(stripe, chunk),
            },
            None => self.first_touch(stripe, chunk),
        };
        let width = self.columns.len();
        let start = PAD + row * width;
        Words {
            words: &words[start..start + width],
            is_shared: stripe == 0,
        }
    }

    /// Rows in a chunk.
    fn per_chunk(&self) -> usize {
        1 << self.shift
    }

    /// The chunk of a place, and its row there.
    #[inline(always)]
    fn at(&self, place: usize) -> (usize, usize) {
        (place >> self.shift, place & ((1 << self.shift) - 1))
    }

    #[cold]
    #[inline(never)]
    fn first_touch(&self, stripe: usize, chunk: usize) -> &[AtomicU64] {
        let chunks = self.stripes[stripe].get_or_init(|| {
            (0..self.rows.div_ceil(self.per_chunk()))
                .map(|_| OnceLock::new())
                .collect()
        });
        chunks[chunk].get_or_init(|| {
            let rows = self.per_chunk().min(self.rows - chunk * self.per_chunk());
            let words = 2 * PAD + rows * self.columns.len();
            (0..words).map(|_| AtomicU64::new(0)).collect()
        })
    }

    /// The totals of the first `rows` rows, one row behind the other.
    pub(crate) fn totals(&self, rows: usize) -> Totals {
        let width = self.columns.len();
        let mut totals = vec![0; rows * width];
        let per_chunk = self.per_chunk() * width;
        if per_chunk > 0 {
            for chunks in self.stripes.iter().filter_map(OnceLock::get) {
                for (chunk, totals) in chunks.iter().zip(totals.chunks_mut(per_chunk)) {
                    if let Some(words) = chunk.get() {
                        self.add(&words[PAD..], totals);
                    }
                }
            }
        }
        Totals {
            words: totals,
            width,
        }
    }

    /// The total of one word of one row.
    pub(crate) fn total_of(&self, place: usize, word: usize) -> u64 {
        let mut total = 0;
        self.each(place, |words| {
            total = sum(
                self.columns[word],
                total,
                words[word].load(Ordering::Acquire),
            );
        });
        total
    }

    /// The totals of one row.
    pub(crate) fn totals_of(&self, place: usize) -> Box<[u64]> {
        let width = self.columns.len();
        let mut totals = vec![0; width].into_boxed_slice();
        self.each(place, |words| self.add(words, &mut totals));
        totals
    }

    /// Zeroes a row, for the next series that takes its place. Nothing may be able to write to it
    /// any more.
    pub(crate) fn clear(&self, place: usize) {
        self.each(place, |words| {
            for word in words {
                word.store(0, Ordering::Relaxed);
            }
        });
    }

    fn each(&self, place: usize, mut each: impl FnMut(&[AtomicU64])) {
        let (chunk, row) = self.at(place);
        let start = PAD + row * self.columns.len();
        for chunks in self.stripes.iter().filter_map(OnceLock::get) {
            if let Some(words) = chunks[chunk].get() {
                each(&words[start..start + self.columns.len()]);
            }
        }
    }

    fn add(&self, words: &[AtomicU64], totals: &mut [u64]) {
        // Acquire, against the release of emitters: what was written before this is seen.
        if self.is_integers {
            for (word, total) in words.iter().zip(totals) {
                *total = sum_of_integers(*total, word.load(Ordering::Acquire));
            }
            return;
        }
        let width = self.columns.len();
        for (words, totals) in words.chunks(width).zip(totals.chunks_mut(width)) {
            let columns = words.iter().zip(totals).zip(&self.columns);
            for ((word, total), dimension) in columns {
                *total = sum(*dimension, *total, word.load(Ordering::Acquire));
            }
        }
    }
}

/// Two stripes' totals as one. A plain number that fits in each and not together is the largest there
/// is.
fn sum(dimension: Dimension, a: u64, b: u64) -> u64 {
    match dimension {
        Dimension::None => {
            let total = f64::from_bits(a) + f64::from_bits(b);
            total.clamp(f64::MIN, f64::MAX).to_bits()
        }
        Dimension::Time | Dimension::Bytes => sum_of_integers(a, b),
    }
}

#[inline(always)]
fn sum_of_integers(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Totals of rows, read at one moment per word.
#[derive(Debug)]
pub(crate) struct Totals {
    words: Vec<u64>,
    width: usize,
}

impl Totals {
    /// The words of the row at `place`; none if it came later than the reading.
    pub(crate) fn of(&self, place: usize) -> Option<&[u64]> {
        let start = place * self.width;
        self.words.get(start..start + self.width)
    }
}

/// The words of one row, for one thread to add to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    words: &'a [AtomicU64],
    /// Whether others write to them, too.
    is_shared: bool,
}

impl Words<'_> {
    /// Adds one to a count.
    #[inline(always)]
    pub(crate) fn count(&self, at: usize) {
        self.count_by(at, 1);
    }

    /// Adds so many to a count.
    // Release, here and below, so that a reader who sees one word sees what was written before it.
    #[inline(always)]
    pub(crate) fn count_by(&self, at: usize, count: u64) {
        let word = &self.words[at];
        if self.is_shared {
            word.fetch_add(count, Ordering::Release);
        } else {
            word.store(
                word.load(Ordering::Relaxed).wrapping_add(count),
                Ordering::Release,
            );
        }
    }

    /// Adds to a sum of the amount's own dimension; `false`, and nothing added, if the total does
    /// not fit.
    #[inline(always)]
    #[must_use]
    pub(crate) fn add(&self, at: usize, amount: Amount) -> bool {
        match amount {
            Amount::Integer(n) => {
                self.add_integer(at, n);
                true
            }
            Amount::Real(x) => self.add_real(at, x),
        }
    }

    /// Adds to a sum of integers. One that is full begins again, see `Cell::total`.
    #[inline(always)]
    pub(crate) fn add_integer(&self, at: usize, n: i64) {
        self.count_by(at, n as u64);
    }

    #[inline(always)]
    fn add_real(&self, at: usize, x: f64) -> bool {
        let word = &self.words[at];
        let plus = |bits: u64| {
            let total = f64::from_bits(bits) + x;
            total.is_finite().then(|| total.to_bits())
        };
        if self.is_shared {
            return word
                .fetch_update(Ordering::Release, Ordering::Relaxed, plus)
                .is_ok();
        }
        let total = plus(word.load(Ordering::Relaxed));
        if let Some(total) = total {
            word.store(total, Ordering::Release);
        }
        total.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: Dimension = Dimension::Bytes;

    #[test]
    fn threads_add_up_with_a_lease_and_without() {
        let arena = Arena::new([COUNT, Dimension::None, Dimension::Time].into(), 200);
        std::thread::scope(|scope| {
            for _ in 0..3 * *STRIPES {
                scope.spawn(|| {
                    for place in [0, 63, 64, 199] {
                        let words = arena.words(place, Lease::current());
                        for _ in 0..100 {
                            words.count(0);
                            assert!(words.add(1, Amount::Real(0.5)));
                            assert!(words.add(2, Amount::Integer(-3)));
                        }
                    }
                });
            }
        });
        let events = 300 * *STRIPES as u64;
        let totals = arena.totals(200);
        for place in [0, 63, 64, 199] {
            let expected = [
                events,
                (events as f64 / 2.0).to_bits(),
                (-3 * events as i64) as u64,
            ];
            assert_eq!(totals.of(place), Some(&expected[..]), "{place}");
            assert_eq!(*arena.totals_of(place), expected);
        }
        assert_eq!(totals.of(1), Some(&[0, 0, 0][..]));
        assert_eq!(totals.of(200), None);
        arena.clear(63);
        assert_eq!(*arena.totals_of(63), [0, 0, 0]);
        assert_eq!(arena.totals_of(64)[0], events);
    }

    #[test]
    fn wide_rows_have_small_chunks_and_all_have_their_places() {
        for width in [1, 14, 127, 128, 129, 1_000, 8_192, 10_000] {
            let arena = Arena::new(vec![COUNT; width].into(), 70);
            assert!(arena.per_chunk() == 1 || arena.per_chunk() * width <= MOST_WORDS);
            assert_eq!(arena.per_chunk() == MOST_ROWS, width <= 128);
            for place in 0..70 {
                let words = arena.words(place, Lease::current());
                words.count_by(0, place as u64 + 1);
                words.count_by(width - 1, 1);
            }
            let totals = arena.totals(70);
            for place in 0..70 {
                let row = totals.of(place).unwrap();
                let first = place as u64 + 1 + u64::from(width == 1);
                assert_eq!((row[0], row.iter().sum::<u64>()), (first, place as u64 + 2));
                assert_eq!(*arena.totals_of(place), *row);
            }
        }
    }

    #[test]
    fn a_total_that_does_not_fit_leaves_the_word_as_it_was() {
        let arena = Arena::new([COUNT, Dimension::None].into(), 1);
        let words = arena.words(0, Lease::current());
        assert!(words.add(1, Amount::Real(f64::MAX)) && !words.add(1, Amount::Real(f64::MAX)));
        assert_eq!(arena.totals_of(0)[1], f64::MAX.to_bits());
    }

    #[test]
    fn totals_of_stripes_that_do_not_fit_together_are_the_largest_there_are() {
        let max = f64::MAX.to_bits();
        assert_eq!(sum(Dimension::None, max, max), max);
    }
}
