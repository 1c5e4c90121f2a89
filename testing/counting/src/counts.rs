//! The counts, and how they are read.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

thread_local! {
    // None has a destructor, so they can be used as long as the thread runs anything; nor is any of
    // them allocated.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
    /// Whether the thread takes part in `SHARED_BYTES`.
    static SHARES: Cell<bool> = const { Cell::new(false) };
}

/// Whether all threads do.
static ALL_SHARE: AtomicBool = AtomicBool::new(false);
static SHARED_BYTES: AtomicI64 = AtomicI64::new(0);

/// Whether anything was ever counted: the standard library allocates before any test runs.
static COUNTS: AtomicBool = AtomicBool::new(false);

pub(crate) fn count(allocations: u64, bytes: i64) {
    ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
    LIVE_BYTES.set(LIVE_BYTES.get() + bytes);
    if SHARES.get() || ALL_SHARE.load(Ordering::SeqCst) {
        SHARED_BYTES.fetch_add(bytes, Ordering::SeqCst);
    }
    // Not written each time: threads that allocate at once would wait for each other.
    if !COUNTS.load(Ordering::Relaxed) {
        COUNTS.store(true, Ordering::Relaxed);
    }
}

fn assert_counts() {
    assert!(
        COUNTS.load(Ordering::Relaxed),
        "nothing is counted: say `#[global_allocator] static ALLOCATOR: Counting = Counting;`"
    );
}

/// How often this thread has allocated, since it runs.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn allocations() -> u64 {
    assert_counts();
    ALLOCATIONS.get()
}

/// How often this thread allocates in `work`, which includes that its result is dropped.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn allocations_of<T>(work: impl FnOnce() -> T) -> u64 {
    let before = allocations();
    drop(work());
    allocations() - before
}

/// How often this thread allocates in so many rounds of `work`.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn allocations_in(rounds: u32, mut work: impl FnMut()) -> u64 {
    allocations_of(|| (0..rounds).for_each(|_| work()))
}

/// How many bytes this thread has allocated more than it has freed, since it runs. Less than none
/// if it freed what others had allocated.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn live_bytes() -> i64 {
    assert_counts();
    LIVE_BYTES.get()
}

/// By how many bytes `work` leaves this thread's memory larger, once its result is dropped.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn growth_of<T>(work: impl FnOnce() -> T) -> i64 {
    let before = live_bytes();
    drop(work());
    live_bytes() - before
}

/// Whether this thread takes part in [`shared_bytes`] from now on: to the end of its life, and what
/// its thread-locals free then counts, too; or until it says otherwise.
pub fn share(whether: bool) {
    SHARES.set(whether);
}

/// Lets all threads take part in [`shared_bytes`] from now on, those that are yet to be started
/// included. For a binary with one test, since it measures the whole process.
pub fn share_all() {
    ALL_SHARE.store(true, Ordering::SeqCst);
}

/// How many bytes the threads that take part have allocated more than they have freed, while they
/// did.
///
/// # Panics
///
/// If [`Counting`](crate::Counting) is not the allocator.
pub fn shared_bytes() -> i64 {
    assert_counts();
    SHARED_BYTES.load(Ordering::SeqCst)
}
