//! The allocator.

#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::counts::count;

/// The system's allocator, counting what each thread does.
///
/// A reallocation is one allocation, whether it moves or not. What fails is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting;

/// What `memory` takes, if it is there.
fn taken(memory: *mut u8, layout: Layout) -> *mut u8 {
    if !memory.is_null() {
        count(1, layout.size() as i64);
    }
    memory
}

// SAFETY: everything is passed on to the system's allocator as it came, and counting does not
// allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        taken(unsafe { System.alloc(layout) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        taken(unsafe { System.alloc_zeroed(layout) }, layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { System.realloc(memory, layout, size) };
        if !moved.is_null() {
            count(1, size as i64 - layout.size() as i64);
        }
        moved
    }
}
