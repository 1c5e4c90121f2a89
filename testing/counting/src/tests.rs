use std::hint::black_box;
use std::thread;

use crate::{
    Counting, allocations, allocations_in, allocations_of, growth_of, live_bytes, share,
    shared_bytes,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn whatever_takes_memory_is_an_allocation() {
    assert_eq!(allocations_of(|| black_box(Box::new(1u64))), 1);
    assert_eq!(allocations_of(|| black_box(vec![0u8; 100])), 1, "zeroed");
    let mut grows: Vec<u8> = Vec::with_capacity(10);
    assert_eq!(allocations_of(|| grows.reserve_exact(1_000)), 1);
    assert_eq!(allocations_of(|| grows.shrink_to(20)), 1);
    assert_eq!(allocations_of(|| drop(grows)), 0);
    assert_eq!(allocations_in(7, || drop(black_box(Box::new(1u64)))), 7);
}

#[test]
fn what_dropping_the_result_allocates_counts() {
    struct Allocates;
    impl Drop for Allocates {
        fn drop(&mut self) {
            drop(black_box(Box::new(1u64)));
        }
    }
    assert_eq!(allocations_of(|| Allocates), 1);
    assert_eq!(growth_of(|| black_box(Box::new(1u64))), 0);
}

#[test]
fn bytes_are_those_that_are_left() {
    let mut kept: Vec<u8> = Vec::new();
    assert_eq!(growth_of(|| kept.reserve_exact(100)), 100);
    assert_eq!(growth_of(|| kept.reserve_exact(1_000)), 900);
    assert_eq!(growth_of(|| kept.shrink_to(300)), -700);
    assert_eq!(growth_of(|| drop(kept)), -300);
    assert_eq!(growth_of(|| black_box(vec![0u8; 100])), 0);
    assert_eq!(growth_of(|| std::mem::forget(vec![0u8; 100])), 100);
}

#[test]
fn what_fails_takes_nothing() {
    let mut kept: Vec<u8> = Vec::with_capacity(10);
    let before = (allocations(), live_bytes());
    // What a `Layout` allows, and no machine has.
    assert!(kept.try_reserve_exact(isize::MAX as usize - 10).is_err());
    assert!(
        Vec::<u8>::new()
            .try_reserve_exact(isize::MAX as usize)
            .is_err()
    );
    assert_eq!((allocations(), live_bytes()), before);
}

#[test]
fn a_thread_counts_for_itself() {
    let before = (allocations(), live_bytes());
    let other = || {
        let before = (allocations(), live_bytes());
        (0..1_000).for_each(|_| std::mem::forget(black_box(vec![0u8; 1_000])));
        assert_eq!(allocations() - before.0, 1_000);
        assert_eq!(live_bytes() - before.1, 1_000_000);
    };
    thread::spawn(other).join().unwrap();
    let (own, bytes) = (allocations() - before.0, live_bytes() - before.1);
    // What it takes to start it, and no more.
    assert!(own < 100 && bytes < 100_000, "{own} and {bytes}");
}

/// The only test of this binary in which any thread does.
#[test]
fn threads_that_say_so_share() {
    let make = || black_box(vec![0u8; 1_000_000]);
    let free = |made: Vec<u8>| {
        thread::spawn(move || {
            share(true);
            drop(made);
        })
        .join()
        .unwrap();
    };
    // While the thread takes no part, and while it does.
    let before = shared_bytes();
    drop(make());
    let made = make();
    assert_eq!(shared_bytes() - before, 0);
    share(true);
    drop(make());
    assert_eq!(shared_bytes() - before, 0);
    let more = make();
    assert_eq!(shared_bytes() - before, 1_000_000);
    share(false);
    drop(make());
    std::mem::forget(make());
    assert_eq!(shared_bytes() - before, 1_000_000);
    free(more);
    // It frees a little of its own when it ends.
    let little = -10_000..10_000;
    let after = shared_bytes() - before;
    assert!(little.contains(&after), "{after}");
    free(made);
    let after = shared_bytes() - before + 1_000_000;
    assert!(little.contains(&after), "{after}");
}
