//! What the slot protocol is built from, in one place, so that a model checker can put its own in.
//!
//! `slot.rs`, `gate.rs`, `cache.rs` and `wait.rs` take everything that threads share from here and
//! from nowhere else. The crate `telemetry-core-model` compiles those very files against the types
//! of `loom`, and tries every interleaving.

pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

/// `const fn` here; a model's atomics cannot be made while compiling.
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])* $vis const fn $($rest)*
    };
}
pub(crate) use const_fn;

/// How often any handler list has changed; see `cache.rs`.
pub(crate) fn changes() -> &'static AtomicU64 {
    static CHANGES: AtomicU64 = AtomicU64::new(0);
    &CHANGES
}

/// The next place in the threads' tables; never given out twice. Places begin at 1.
pub(crate) fn next_place() -> usize {
    static PLACES: AtomicUsize = AtomicUsize::new(0);
    PLACES.fetch_add(1, Ordering::Relaxed) + 1
}

/// The side of a pair of fences that every dispatch runs through. It only keeps the compiler from
/// reordering: a real fence would cost each observed event a sixth of its time.
#[inline(always)]
pub(crate) fn light_fence() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// The other side, which pays for both: a processor may hold a plain store back for a moment, so
/// this gives all of them a moment, ten thousand times as long as a store takes.
pub(crate) fn heavy_fence() {
    std::sync::atomic::fence(Ordering::SeqCst);
    std::thread::sleep(std::time::Duration::from_millis(1));
    std::sync::atomic::fence(Ordering::SeqCst);
}
