//! Leases: which stripe of cells a thread writes to.
//!
//! What an atomic cell costs is its `lock` prefix: 5 ns for each addition alone, 30 and more when
//! threads share it. A thread that is the only one to write a cell needs none: it loads, adds, and
//! stores. So each thread leases the number of a stripe of cells that it alone writes, in every
//! aggregator of the process, until it ends. The next owner *continues* what it finds there, so
//! totals need no merging when a thread ends; the lock around the free numbers is what makes the
//! one owner's writes visible to the next.
//!
//! There are as many leases as the machine has use for. A thread that gets none, because there are
//! more threads or because it is ending, shares stripe 0 with others of its kind, by additions that
//! are atomic: slower, never wrong.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

use crate::isolate::isolated;

/// The stripe of threads without a lease.
const SHARED: u32 = 0;
/// This thread has not asked yet.
const UNSET: u32 = u32::MAX;
/// As shared, and papaya's thread locals may be gone.
const ENDING: u32 = u32::MAX - 1;

/// How many stripes there are, the shared one included: twice the processors, because a thread that
/// waits for its disk keeps its lease.
pub(crate) static STRIPES: Lazy<usize> = Lazy::new(|| {
    let processors = std::thread::available_parallelism().map_or(4, usize::from);
    (2 * processors).clamp(8, 64) + 1
});

/// The numbers that are free.
static FREE: Lazy<Mutex<Vec<u32>>> = Lazy::new(|| Mutex::new((1..*STRIPES as u32).rev().collect()));

thread_local! {
    /// Without a destructor, so it can be read as long as the thread runs anything.
    static STRIPE: Cell<u32> = const { Cell::new(UNSET) };

    /// Thread locals are dropped in the reverse order of their making. Papaya's is made before
    /// this one, so as long as this one is there, rows can be looked up.
    static RETURNED: Returned = {
        papaya::HashMap::<(), ()>::new().pin();
        Returned
    };
}

/// Gives the lease back when the thread ends.
struct Returned;

impl Drop for Returned {
    fn drop(&mut self) {
        // First of all: from here on this thread may write nothing that the next owner writes.
        let stripe = STRIPE.replace(ENDING);
        if stripe != SHARED && stripe < ENDING {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(stripe);
        }
    }
}

/// Where the calling thread writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    stripe: u32,
}

impl Lease {
    /// The calling thread's.
    #[inline(always)]
    pub(crate) fn current() -> Self {
        let stripe = STRIPE.get();
        Self {
            stripe: if stripe == UNSET { take() } else { stripe },
        }
    }

    /// The number of the stripe.
    #[inline(always)]
    pub(crate) fn stripe(self) -> usize {
        if self.is_ending() {
            0
        } else {
            self.stripe as usize
        }
    }

    /// Whether thread locals may be gone, which papaya needs.
    #[inline(always)]
    pub(crate) fn is_ending(self) -> bool {
        self.stripe == ENDING
    }
}

#[cold]
#[inline(never)]
fn take() -> u32 {
    // Papaya panics if its thread local is gone already: of a program that uses it, too.
    let is_alive = isolated(|| RETURNED.try_with(|_| ()).is_ok());
    let stripe = if is_alive == Some(true) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or(SHARED)
    } else {
        ENDING
    };
    STRIPE.set(stripe);
    stripe
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn threads_that_live_at_once_share_nothing_but_the_shared_stripe() {
        let (tell, told) = channel();
        let count = 2 * *STRIPES;
        std::thread::scope(|scope| {
            let mut holds = Vec::new();
            for _ in 0..count {
                let (hold, held) = channel::<()>();
                holds.push(hold);
                let tell = tell.clone();
                scope.spawn(move || {
                    let _ = tell.send(Lease::current());
                    let _ = held.recv();
                });
            }
            let leases: Vec<_> = told.iter().take(count).collect();
            drop(holds);
            let own: Vec<_> = leases.iter().filter(|lease| lease.stripe() != 0).collect();
            let different: HashSet<_> = own.iter().map(|lease| lease.stripe()).collect();
            assert_eq!(own.len(), different.len());
            assert!(own.len() < *STRIPES);
            assert!(leases.iter().all(|lease| lease.stripe() < *STRIPES));
        });
    }

    #[test]
    fn a_thread_keeps_its_stripe() {
        let first = Lease::current();
        assert!((0..100).all(|_| Lease::current() == first));
        assert!(!first.is_ending());
    }
}
