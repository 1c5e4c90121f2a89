//! Ways for a slot to publish an immutable list of handlers, to be read by every event.
//!
//! Each is complete and safe: handlers run with no lock and no borrow held, over the list as it was
//! when the dispatch began; they may emit, attach and detach; a list that is replaced is dropped
//! outside every lock. All of them count how deep events nest and run each handler inside
//! `catch_unwind`, as the real thing has to, so what differs is the reading of the list alone.
//!
//! What the core does is `tls_global_generation` with one difference: it lends the copies while
//! handlers run, instead of counting them by an `Rc`. `docs/design.md` says why.

mod arc_swap_cache;
mod arc_swap_load;
mod cases;
mod copies;
mod mutex;
mod rwlock;
mod tls_fenced;
mod tls_generation;
mod tls_global_generation;
mod tls_in_flight;
mod tls_padded;
mod tls_taken;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telemetry::{Number, Value};

pub use cases::cases;

/// What is published.
type Handler = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Laid out as the real one.
struct Event<'a> {
    measurement_keys: &'static [&'static str],
    measurements: &'a [Option<Number>],
    metadata_keys: &'static [&'static str],
    metadata: &'a [Option<Value<'a>>],
}

/// A way to publish.
trait Slot: Send + Sync + 'static {
    fn new() -> Self;

    /// Puts another list in place of the old one.
    fn replace(&self, list: Vec<Handler>);

    /// Runs the handlers of the list as it is now.
    fn dispatch(&'static self, event: &Event<'_>);
}

/// Ids are never given out twice: two slots with one id would serve each other's cached lists.
fn next_id() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A poisoned lock is nobody's business: nothing of a user runs under one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MAX_NESTING: u32 = 32;

/// Runs `work` one level deeper, unless that is too deep. The counter is the candidate's, so that
/// one that has thread-local state anyway pays for a single thread local.
#[inline(always)]
fn nested(depth: &Cell<u32>, work: impl FnOnce()) {
    let before = depth.get();
    if before < MAX_NESTING {
        depth.set(before + 1);
        // No handler's panic passes `run_all`, so this needs no guard.
        work();
        depth.set(before);
    }
}

thread_local! {
    /// For the candidates that have no thread-local state of their own.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs the handlers, each for itself.
#[inline(always)]
fn run_all(list: &[Handler], event: &Event<'_>) {
    for handler in list {
        if catch_unwind(AssertUnwindSafe(|| handler(event))).is_err() {
            failed();
        }
    }
}

#[cold]
#[inline(never)]
fn failed() {
    eprintln!("a handler panicked");
}
