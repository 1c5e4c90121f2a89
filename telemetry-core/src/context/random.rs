//! Random numbers for ids.
//!
//! Ids have to be spread well and to differ between threads and processes; they are not secrets.
//! So each thread has a generator (`SplitMix64`: one addition, and a mixing that makes every bit
//! depend on every other), which the standard library's hasher keys, random per process, start.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// Without a destructor, so that it works while the thread ends. 0 is not started.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

#[inline]
pub(super) fn next() -> u64 {
    let [number] = several();
    number
}

#[inline]
pub(super) fn several<const N: usize>() -> [u64; N] {
    STATE.with(|state| {
        let mut now = state.get();
        if now == 0 {
            now = seed();
        }
        // The constants are those of Steele, Lea and Flood, "Fast splittable pseudorandom number
        // generators" (2014).
        let numbers = std::array::from_fn(|_| {
            now = now.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (now ^ (now >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        state.set(now);
        numbers
    })
}

#[cold]
fn seed() -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    // The number of the thread, because the hasher's keys of two threads are related; the process
    // id and the time, because a forked child has its parent's keys.
    let thread = THREADS.fetch_add(1, Ordering::Relaxed);
    let time = std::time::SystemTime::now();
    RandomState::new().hash_one((thread, std::process::id(), time))
}
