//! Boxes of spans that have ended, for those to come.
//!
//! An observed span lives in a box, because it is large and moves around with the future or closure
//! whose work it is. Allocating and freeing that box took a tenth of what a measured span costs, so
//! each thread keeps a few. A span may end on another thread than it began on: what one thread has
//! too many of is freed, and what another lacks is made.

use std::cell::RefCell;

use super::live::Live;

/// As deep as spans usually nest; a few kilobytes in each thread that ends spans.
const AT_MOST: usize = 16;

thread_local! {
    // The last that came in is the first to go out: it is still in the processor's cache.
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    static SPARE: RefCell<Vec<Box<Live>>> = const { RefCell::new(Vec::new()) };
}

#[inline]
pub(super) fn take() -> Option<Box<Live>> {
    SPARE
        .try_with(|spare| spare.borrow_mut().pop())
        .unwrap_or_default()
}

#[inline]
pub(super) fn put(mut live: Box<Live>) {
    live.empty();
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < AT_MOST {
            spare.push(live);
        }
    });
}
