//! Random numbers for ids.
//!
//! Ids have to be spread well and to differ between threads and processes; they are not secrets.
//! So each thread has a generator (`SplitMix64`: one addition, and a mixing that makes every bit
//! depend on every other), which the standard library's hasher keys, random per process, start.
//!
//! They choose where it starts and what it adds. Were the latter a constant, as it often is, all
//! threads of all processes would walk the same circle, and one that comes to where another began
//! would repeat all its ids from there on.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

struct State {
    now: Cell<u64>,
    /// What is added: odd, so that every number comes once. 0 is not started.
    step: Cell<u64>,
}

thread_local! {
    /// Without a destructor, so that it works while the thread ends.
    static STATE: State = const {
        State {
            now: Cell::new(0),
            step: Cell::new(0),
        }
    };
}

#[inline]
pub(super) fn next() -> u64 {
    let [number] = several();
    number
}

#[inline]
pub(super) fn several<const N: usize>() -> [u64; N] {
    STATE.with(|state| {
        if state.step.get() == 0 {
            start(state);
        }
        let (mut now, step) = (state.now.get(), state.step.get());
        // The constants are those of Steele, Lea and Flood, "Fast splittable pseudorandom number
        // generators" (2014).
        let numbers = std::array::from_fn(|_| {
            now = now.wrapping_add(step);
            let mixed = (now ^ (now >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        state.now.set(now);
        numbers
    })
}

#[cold]
fn start(state: &State) {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    // The number of the thread, because the hasher's keys of two threads are related; the process
    // id and the time, because a forked child has its parent's keys.
    let thread = THREADS.fetch_add(1, Ordering::Relaxed);
    let time = std::time::SystemTime::now();
    let keys = RandomState::new();
    let hash = |which: u8| keys.hash_one((thread, std::process::id(), time, which));
    state.now.set(hash(0));
    state.step.set(well_mixed(hash(1)));
}

/// An odd number without long runs of equal bits, by which neighbours would differ too little
/// (from the same paper).
fn well_mixed(number: u64) -> u64 {
    let odd = number | 1;
    if (odd ^ (odd >> 1)).count_ones() < 24 {
        odd ^ 0xaaaa_aaaa_aaaa_aaaa
    } else {
        odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_new_thread<R: Send + 'static>(work: fn() -> R) -> R {
        std::thread::spawn(work).join().unwrap()
    }

    #[test]
    fn a_thread_that_comes_to_where_another_was_does_not_repeat_it() {
        let [one, other] = [(); 2].map(|()| {
            in_new_thread(|| {
                let _ = next();
                STATE.with(|state| state.now.set(7));
                several::<4>()
            })
        });
        assert!(one.iter().all(|number| !other.contains(number)));
    }

    #[test]
    fn a_step_is_odd_and_has_no_long_runs_of_equal_bits() {
        for number in [
            0,
            1,
            2,
            u64::MAX,
            1 << 63,
            0xffff_ffff,
            0xaaaa_aaaa_aaaa_aaaa,
        ] {
            let step = well_mixed(number);
            assert!(
                step % 2 == 1 && (step ^ (step >> 1)).count_ones() >= 24,
                "{number:x}"
            );
        }
    }
}
