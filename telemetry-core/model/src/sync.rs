//! The other `sync`: what the slot protocol is built from, by loom.
//!
//! Has the names of `telemetry-core/src/sync.rs`, see there. Two things are not the same, and both
//! are said in this crate's opening: the fences are real ones, and the statics live as long as one
//! execution.

use std::cell::Cell;

pub(crate) use loom::sync::atomic::fence;
pub(crate) use loom::sync::{LockResult, MutexGuard};
pub(crate) use std::sync::PoisonError;

pub(crate) use crate::atomics::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use crate::check::{NO_HEAVY_FENCE, NO_LIGHT_FENCE, flawed};

macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])* $vis fn $($rest)*
    };
}
pub(crate) use const_fn;

loom::lazy_static! {
    static ref CHANGES: AtomicU64 = AtomicU64::new(0);
    static ref PLACES: AtomicUsize = AtomicUsize::new(0);
}

loom::thread_local! {
    static LOCKS: Cell<usize> = Cell::new(0);
}

/// Makes the statics, on the thread that starts the others: made later, they would order the thread
/// that made them before all that use them, and hide what the model looks for.
pub(crate) fn begin() {
    changes();
    let _: &AtomicUsize = &PLACES;
}

pub(crate) fn changes() -> &'static AtomicU64 {
    &CHANGES
}

pub(crate) fn next_place() -> usize {
    PLACES.fetch_add(1, Ordering::Relaxed) + 1
}

pub(crate) fn light_fence() {
    if !flawed(NO_LIGHT_FENCE) {
        fence(Ordering::SeqCst);
    }
}

pub(crate) fn heavy_fence() {
    if !flawed(NO_HEAVY_FENCE) {
        fence(Ordering::SeqCst);
    }
}

/// Loom's, and each thread counts how often it has locked one.
#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        // A thread that is ending counts nothing any more.
        let _ = LOCKS.try_with(|locks| locks.set(locks.get() + 1));
        self.0.lock()
    }
}

/// How often this thread has locked something.
pub(crate) fn locks() -> usize {
    LOCKS.with(Cell::get)
}
