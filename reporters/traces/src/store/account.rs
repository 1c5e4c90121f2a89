//! What things take.

/// What a piece of memory takes, of which so many bytes are used: allocators round up, and keep a word
/// for themselves.
pub(super) const fn allocation(bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    (bytes + 8).next_multiple_of(16)
}
