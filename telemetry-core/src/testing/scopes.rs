//! Scopes: which captures the running code belongs to, as a number that costs nothing to carry.
//!
//! What travels with a span, a future or a thread is one `u64` (see `context/current.rs`), because
//! every span of every program carries it, and only tests use it. The table here says which
//! captures a number stands for. A set never changes once it has its number; what is over is left
//! out when it is looked at:
//!
//! - A capture opens a new scope: whatever is current, and itself. So a capture inside of another
//!   is heard by both.
//! - Code that belongs to one scope and runs in another is in both.
//! - A scope whose captures have all been dropped is forgotten. Contexts may carry its number
//!   still; it means nothing then, and numbers are not given out twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::context;

static SCOPES: Mutex<Scopes> = Mutex::new(Scopes {
    last_number: 0,
    open: BTreeSet::new(),
    captures_of: BTreeMap::new(),
});

struct Scopes {
    last_number: u64,
    /// Captures that have not been dropped. A capture is known by the number of its scope.
    open: BTreeSet<u64>,
    captures_of: BTreeMap<u64, BTreeSet<u64>>,
}

/// The number of a scope of several captures is odd, so that who asks for one capture need not
/// look into the table to see that a scope is that of another.
const SEVERAL: u64 = 1;

impl Scopes {
    fn open_captures(&self, scope: u64) -> BTreeSet<u64> {
        let known = self.captures_of.get(&scope);
        known.map_or_else(BTreeSet::new, |known| known & &self.open)
    }

    fn next_number(&mut self, captures: usize) -> u64 {
        self.last_number += 2;
        if captures > 1 {
            self.last_number | SEVERAL
        } else {
            self.last_number
        }
    }
}

/// The scope of a capture, as long as that lives.
#[derive(Debug)]
pub(super) struct Open(u64);

impl Open {
    /// Within what is current.
    pub(super) fn new() -> Self {
        Self(open())
    }

    pub(super) fn number(&self) -> u64 {
        self.0
    }
}

/// What belonged to the capture belongs to it no more, wherever it is.
impl Drop for Open {
    fn drop(&mut self) {
        close(self.0);
    }
}

fn open() -> u64 {
    let around = context::own().scope;
    let mut scopes = lock();
    let mut captures = scopes.open_captures(around);
    let number = scopes.next_number(captures.len() + 1);
    captures.insert(number);
    scopes.captures_of.insert(number, captures);
    scopes.open.insert(number);
    number
}

fn close(capture: u64) {
    let mut scopes = lock();
    let Scopes {
        open, captures_of, ..
    } = &mut *scopes;
    open.remove(&capture);
    captures_of.retain(|_, captures| !captures.is_disjoint(open));
}

/// Whether the running code belongs to a capture.
pub(super) fn is_within(capture: u64) -> bool {
    let scope = context::own().scope;
    if scope == capture {
        return true;
    }
    // All that there is in tests without nesting, side by side as they may be, needs no lock.
    if scope & SEVERAL == 0 {
        return false;
    }
    let scopes = lock();
    let captures = scopes.captures_of.get(&scope);
    captures.is_some_and(|captures| captures.contains(&capture))
}

/// The scope of what belongs to both; 0 if all their captures are over.
pub(crate) fn union(one: u64, other: u64) -> u64 {
    let mut scopes = lock();
    let (ones, others) = (scopes.open_captures(one), scopes.open_captures(other));
    if others.is_subset(&ones) {
        return if ones.is_empty() { 0 } else { one };
    }
    if ones.is_subset(&others) {
        return other;
    }
    let both = &ones | &others;
    let mut known = scopes.captures_of.iter();
    if let Some((number, _)) = known.find(|(_, known)| **known == both) {
        return *number;
    }
    let number = scopes.next_number(both.len());
    scopes.captures_of.insert(number, both);
    number
}

fn lock() -> MutexGuard<'static, Scopes> {
    SCOPES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(scope: u64) -> bool {
        lock().captures_of.contains_key(&scope)
    }

    /// As `open`, from a thread that belongs to nothing.
    fn open_alone() -> u64 {
        std::thread::spawn(open).join().unwrap()
    }

    #[test]
    fn a_union_is_the_same_one_each_time_and_none_where_one_includes_the_other() {
        let (a, b) = (open_alone(), open_alone());
        let both = union(a, b);
        assert!(both != a && both != b);
        assert_eq!((union(a, b), union(b, a)), (both, both));
        assert_eq!((union(both, a), union(b, both)), (both, both));
        assert_eq!((union(a, a), union(a, 0), union(0, a)), (a, a, a));

        close(a);
        assert!(is_known(both) && !is_known(a));
        assert_eq!((union(a, b), union(a, 0)), (b, 0));
        close(b);
        assert!(!is_known(both) && !is_known(b));
        assert_eq!(union(both, both), 0);
    }

    #[test]
    fn what_began_in_an_inner_capture_stays_in_the_outer_one_until_that_is_over() {
        let outer = open_alone();
        let of_inner = |capture| {
            let _within = context::enter(context::within(outer));
            let inner = open();
            close(inner);
            let _later = context::enter(context::within(inner));
            (inner, is_within(capture))
        };
        let inner: Vec<u64> = (0..100)
            .map(|_| {
                let (inner, heard) = of_inner(outer);
                assert!(heard);
                inner
            })
            .collect();
        close(outer);
        assert!(inner.into_iter().all(|inner| !is_known(inner)));
        assert!(!of_inner(outer).1);
    }
}
