//! What the wrappers cost when nobody observes: nothing that sqlx does not cost.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sqlx::Executor;

use crate::support::{Events, empty};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> u64 {
    let before = ALLOCATIONS.get();
    drop(work());
    ALLOCATIONS.get() - before
}

#[tokio::test]
async fn a_statement_that_nobody_observes_goes_to_sqlx_as_it_is() {
    let pool = empty("idle.pool").await;
    let mut connection = pool.acquire().await.unwrap();
    let sql = "SELECT * FROM users";

    let plain = [
        allocations(|| pool.inner().fetch_many(sql)),
        allocations(|| pool.inner().fetch_optional(sql)),
        allocations(|| pool.inner().fetch_all(sql)),
        allocations(|| (&mut **connection.inner_mut()).fetch_many(sql)),
        allocations(|| (&mut **connection.inner_mut()).fetch_optional(sql)),
    ];
    let mut wrapped = || {
        [
            allocations(|| (&pool).fetch_many(sql)),
            allocations(|| (&pool).fetch_optional(sql)),
            allocations(|| (&pool).fetch_all(sql)),
            allocations(|| (&mut connection).fetch_many(sql)),
            allocations(|| (&mut connection).fetch_optional(sql)),
        ]
    };
    assert_eq!(wrapped(), plain);
    let _events = Events::of("idle.pool");
    assert_ne!(wrapped(), plain, "this can tell the difference");
}
