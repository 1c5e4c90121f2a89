//! What was current before, entry by entry.
//!
//! Entering and leaving happens with every poll of a future, so the first entries have fixed places
//! in the thread's own memory, where pushing is a few moves. They need no destructor either, and so
//! work as long as the thread does. Code that nests deeper spills over into a vector, and into
//! another one where that is gone: in destructors that run while the thread ends.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use super::current::Current;

/// As deep as entries usually nest.
const NEAR: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// Never given out twice on a thread.
    pub(super) number: u64,
    /// What was current before.
    pub(super) before: Current,
}

struct Stack {
    len: Cell<usize>,
    last_number: Cell<u64>,
    near: [Cell<Entry>; NEAR],
}

thread_local! {
    static STACK: Stack = const {
        Stack {
            len: Cell::new(0),
            last_number: Cell::new(0),
            near: [const { Cell::new(Entry { number: 0, before: Current::NOTHING }) }; NEAR],
        }
    };

    /// The entries from the `NEAR`th on.
    static FAR: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };

    /// In its place once it is gone. Nobody drops this one, so it keeps no memory while it is empty.
    static LATE: ManuallyDrop<RefCell<Vec<Entry>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

#[cold]
fn far<R>(work: impl FnOnce(&mut Vec<Entry>) -> R) -> R {
    if FAR.try_with(|_| ()).is_ok() {
        return FAR.with(|far| work(&mut far.borrow_mut()));
    }
    LATE.with(|late| {
        let mut late = late.borrow_mut();
        let result = work(&mut late);
        if late.is_empty() {
            *late = Vec::new();
        }
        result
    })
}

/// Adds an entry, and returns its number.
#[inline]
pub(super) fn push(before: Current) -> u64 {
    STACK.with(|stack| {
        let number = stack.last_number.get() + 1;
        stack.last_number.set(number);
        let entry = Entry { number, before };
        let len = stack.len.get();
        match stack.near.get(len) {
            Some(place) => {
                place.set(entry);
                stack.len.set(len + 1);
            }
            None => stack.len.set(push_far(entry)),
        }
        number
    })
}

/// Returns how many entries there are then: fewer than before if the vector went with some of them.
#[cold]
fn push_far(entry: Entry) -> usize {
    far(|far| {
        far.push(entry);
        NEAR + far.len()
    })
}

/// Takes the entry out if it is the last; what was current before it is to be current then.
#[inline]
pub(super) fn pop(number: u64) -> Option<Current> {
    STACK.with(|stack| {
        let last = stack.len.get().checked_sub(1)?;
        let entry = match stack.near.get(last) {
            Some(place) => place.get(),
            None => last_far()?,
        };
        if entry.number != number {
            return None;
        }
        if last >= NEAR {
            pop_far();
        }
        stack.len.set(last);
        Some(entry.before)
    })
}

#[cold]
fn last_far() -> Option<Entry> {
    far(|far| far.last().copied())
}

#[cold]
fn pop_far() {
    far(Vec::pop);
}

/// The number of the last entry.
#[inline]
pub(super) fn last() -> Option<u64> {
    STACK.with(|stack| {
        let last = stack.len.get().checked_sub(1)?;
        match stack.near.get(last) {
            Some(place) => Some(place.get().number),
            None => last_far().map(|entry| entry.number),
        }
    })
}

/// Whatever else is done to the entries, oldest first: rare, and so not clever.
#[cold]
pub(super) fn change(change: impl FnOnce(&mut Vec<Entry>)) {
    STACK.with(|stack| {
        let near = stack.near.iter().take(stack.len.get());
        let mut entries: Vec<Entry> = near.map(Cell::get).collect();
        far(|far| entries.append(far));
        change(&mut entries);
        for (place, entry) in stack.near.iter().zip(&entries) {
            place.set(*entry);
        }
        if let Some(rest) = entries.get(NEAR..).filter(|rest| !rest.is_empty()) {
            far(|far| far.extend_from_slice(rest));
        }
        stack.len.set(entries.len());
    });
}
