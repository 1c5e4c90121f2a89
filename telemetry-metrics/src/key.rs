//! Keys: how the tags of an event find their row.
//!
//! Series are told apart by the tags' texts. The texts of an event lie where the event has them;
//! they are hashed there and compared with those of a row, and nothing is copied.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use once_cell::sync::Lazy;
use papaya::Equivalent;

use crate::row::Row;

/// Of the process: tag values may come from outside.
static SEED: Lazy<RandomState> = Lazy::new(RandomState::default);

/// The texts of an event's tags, in the order of the group's tags; empty where a tag is absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    hash: u64,
    texts: &'a [&'a [u8]],
}

impl<'a> Key<'a> {
    #[inline(always)]
    pub(crate) fn new(texts: &'a [&'a [u8]]) -> Self {
        let mut hasher = SEED.build_hasher();
        for text in texts {
            // A text's length goes into its hash, so no end is needed.
            hasher.write(text);
        }
        Self {
            hash: hasher.finish(),
            texts,
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether it is of this row.
    // A loop that is unrolled where the number of tags is known, which a `zip` is not.
    #[inline(always)]
    pub(crate) fn is_of(&self, row: &Row) -> bool {
        let (texts, tags) = (self.texts, &*row.tags);
        if row.hash != self.hash || texts.len() != tags.len() {
            return false;
        }
        for at in 0..texts.len() {
            if *texts[at] != *tags[at].as_bytes() {
                return false;
            }
        }
        true
    }

    /// The texts, to be kept.
    pub(crate) fn to_tags(self) -> Arc<[Box<str>]> {
        let text = |text: &&[u8]| String::from_utf8_lossy(text).into_owned().into_boxed_str();
        self.texts.iter().map(text).collect()
    }
}

/// A row as the map holds it, found by its tags.
#[derive(Debug, Clone)]
pub(crate) struct Listed(pub(crate) Arc<Row>);

impl Hash for Listed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        self.0.tags == other.0.tags
    }
}

impl Eq for Listed {}

impl Hash for Key<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Listed> for Key<'_> {
    #[inline(always)]
    fn equivalent(&self, row: &Listed) -> bool {
        self.is_of(&row.0)
    }
}

/// Passes on what was hashed before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed;

impl BuildHasher for Hashed {
    type Hasher = Given;

    #[inline]
    fn build_hasher(&self) -> Given {
        Given(0)
    }
}

/// See [`Hashed`].
#[derive(Debug)]
pub(crate) struct Given(u64);

impl Hasher for Given {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Never called; whatever comes is as good a hash as its beginning.
        let mut first = [0; 8];
        let len = bytes.len().min(8);
        first[..len].copy_from_slice(&bytes[..len]);
        self.0 = u64::from_le_bytes(first);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_do_not_run_into_each_other() {
        let keys: [&[&[u8]]; 6] = [
            &[b"ab", b"c"],
            &[b"a", b"bc"],
            &[b"c", b"ab"],
            &[b"", b"abc"],
            &[b"abc", b""],
            &[b"abc", b"\0"],
        ];
        let hashes: HashSet<u64> = keys.iter().map(|texts| Key::new(texts).hash()).collect();
        assert_eq!(hashes.len(), keys.len());
        assert_eq!(Key::new(keys[0]).hash(), Key::new(keys[0]).hash());
    }

    #[test]
    fn hashes_spread_over_both_ends_of_the_word() {
        let texts: Vec<String> = (0..4_096).map(|n| format!("/items/{n}")).collect();
        let hashes: Vec<u64> = texts
            .iter()
            .map(|text| Key::new(&[text.as_bytes(), b"200"]).hash())
            .collect();
        for part in [|hash: u64| hash >> 52, |hash: u64| hash & 0xFFF] {
            let different: HashSet<u64> = hashes.iter().map(|hash| part(*hash)).collect();
            // Of 4,096 thrown at random, 63 % of the places are hit.
            assert!(different.len() > 2_400, "{}", different.len());
        }
    }
}
