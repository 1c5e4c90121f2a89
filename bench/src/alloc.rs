//! A global allocator that can count, and while it does not, costs a load and a branch.
//!
//! Two counts, because they answer two questions. *How many allocations does a call cost the
//! thread that makes it?* is counted per thread. *How much memory does all of it hold at its
//! worst?* is counted over all threads, with shared counters, which is why it is a mode of its own.

#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

/// What is counted.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Mode {
    /// Nothing.
    Off = 0,
    /// Allocations of each thread.
    Calls = 1,
    /// Live bytes of the process, and their peak.
    Live = 2,
}

static MODE: AtomicU8 = AtomicU8::new(Mode::Off as u8);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

/// Chooses what is counted from now on; live bytes and peak begin at zero.
pub fn count(mode: Mode) {
    LIVE.store(0, Ordering::Relaxed);
    PEAK.store(0, Ordering::Relaxed);
    MODE.store(mode as u8, Ordering::Relaxed);
}

/// Allocations and allocated bytes of this thread while [`Mode::Calls`] was on.
pub fn of_this_thread() -> (u64, u64) {
    (CALLS.get(), BYTES.get())
}

/// Counts what another thread allocated as this one's, for whom that did it.
pub fn on_behalf(calls: u64, bytes: u64) {
    CALLS.set(CALLS.get() + calls);
    BYTES.set(BYTES.get() + bytes);
}

/// Bytes held now beyond what was held at [`count`]`(`[`Mode::Live`]`)`.
pub fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Most bytes held at any moment since [`count`]`(`[`Mode::Live`]`)`, beyond what was held then.
pub fn peak() -> i64 {
    PEAK.load(Ordering::Relaxed)
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[inline(always)]
fn note(allocated: usize, freed: usize) {
    let mode = MODE.load(Ordering::Relaxed);
    if mode != Mode::Off as u8 {
        note_slowly(mode, allocated, freed);
    }
}

#[cold]
fn note_slowly(mode: u8, allocated: usize, freed: usize) {
    if mode == Mode::Calls as u8 {
        if allocated > 0 {
            CALLS.set(CALLS.get() + 1);
            BYTES.set(BYTES.get() + allocated as u64);
        }
    } else {
        let change = allocated as i64 - freed as i64;
        let live = LIVE.fetch_add(change, Ordering::Relaxed) + change;
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

// SAFETY: everything is passed on to `System` unchanged. The counters are statics and thread locals
// without destructors and without lazy initialisation, so touching them allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
