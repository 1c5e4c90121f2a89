//! A buffer per thread, so that a line costs no allocation.

use std::cell::Cell;

thread_local! {
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// What is larger is not kept.
const KEEP: usize = 64 * 1024;

/// Runs `work` with an empty text. It is taken out meanwhile: a value that is printed may emit an
/// event, which needs another one.
pub(crate) fn with(work: impl FnOnce(&mut String)) {
    // A thread that is ending may have none any more.
    let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
    text.clear();
    work(&mut text);
    if text.capacity() <= KEEP {
        let _ = BUFFER.try_with(|buffer| buffer.set(text));
    }
}
