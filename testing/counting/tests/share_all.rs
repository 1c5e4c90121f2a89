//! A process of which all threads share, with one test for that.

use std::hint::black_box;
use std::thread;

use telemetry_counting::{Counting, share_all, shared_bytes};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn what_any_thread_allocates_counts() {
    let make = || black_box(vec![0u8; 1_000_000]);
    let before = shared_bytes();
    std::mem::forget(thread::spawn(make).join().unwrap());
    assert_eq!(shared_bytes() - before, 0, "none shares yet");

    share_all();
    let made = thread::spawn(make).join().unwrap();
    let little = -10_000..10_000;
    let taken = shared_bytes() - before - 1_000_000;
    assert!(little.contains(&taken), "{taken}");
    drop(made);
    let left = shared_bytes() - before;
    assert!(little.contains(&left), "{left}");
}
