//! [`Used`]: how many spans and bytes there are, in one word.

use std::sync::atomic::{AtomicU64, Ordering};

/// Spans in the upper bits, bytes in the lower ones: one addition counts both, and says how many there
/// are of both.
// Alone in its line of the cache: all threads write it.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Used(AtomicU64);

const BYTE_BITS: u32 = 40;

impl Used {
    /// Half of what could be told: who finds no room has added before it subtracts.
    pub(super) const MOST_SPANS: usize = 1 << (64 - BYTE_BITS - 1);
    pub(super) const MOST_BYTES: usize = 1 << (BYTE_BITS - 1);

    /// How many spans and bytes there are with these.
    #[inline]
    pub(super) fn add(&self, spans: usize, bytes: usize) -> (usize, usize) {
        let more = packed(spans, bytes);
        unpacked(self.0.fetch_add(more, Ordering::SeqCst).wrapping_add(more))
    }

    #[inline]
    pub(super) fn subtract(&self, spans: usize, bytes: usize) {
        self.0.fetch_sub(packed(spans, bytes), Ordering::SeqCst);
    }

    pub(super) fn spans(&self) -> usize {
        unpacked(self.0.load(Ordering::SeqCst)).0
    }
}

#[inline]
fn packed(spans: usize, bytes: usize) -> u64 {
    (spans as u64) << BYTE_BITS | bytes as u64
}

#[inline]
fn unpacked(word: u64) -> (usize, usize) {
    (
        (word >> BYTE_BITS) as usize,
        (word & ((1 << BYTE_BITS) - 1)) as usize,
    )
}
