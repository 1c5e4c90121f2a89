//! Whoever knows that a change is done works on the list after it.

use std::sync::Arc;

use loom::thread::spawn;

use crate::local::tidy;
use crate::sync::{AtomicU8, Ordering};
use crate::world::{add, emit, ran, remove, slots};

/// A thread that emits all the time, before, while and after a handler is added. It learns that the
/// adding is done by a flag, or by joining.
pub(crate) fn added() {
    let [slot, _] = slots();
    add(slot, 1);
    assert_eq!(ran(slot), [1]);
    let told = Arc::new(AtomicU8::new(0));
    let tell = told.clone();
    let other = spawn(move || {
        add(slot, 2);
        tell.store(1, Ordering::Release);
    });
    emit(slot);
    if told.load(Ordering::Acquire) == 1 {
        assert_eq!(ran(slot), [1, 2], "told, but not found");
    }
    other.join().unwrap();
    assert_eq!(ran(slot), [1, 2], "joined, but not found");
}

/// The same for a handler that is taken out.
pub(crate) fn removed() {
    let [slot, _] = slots();
    add(slot, 1);
    add(slot, 2);
    assert_eq!(ran(slot), [1, 2]);
    let told = Arc::new(AtomicU8::new(0));
    let tell = told.clone();
    let other = spawn(move || {
        remove(slot, 1);
        tell.store(1, Ordering::Release);
    });
    emit(slot);
    if told.load(Ordering::Acquire) == 1 {
        assert_eq!(ran(slot), [2], "told, but still there");
    }
    other.join().unwrap();
    assert_eq!(ran(slot), [2], "joined, but still there");
}

/// The first handler of a slot, whose place the emitting thread may have missed.
pub(crate) fn first_added() {
    let [slot, _] = slots();
    let other = spawn(move || add(slot, 1));
    emit(slot);
    other.join().unwrap();
    assert_eq!(ran(slot), [1], "joined, but not found");
    remove(slot, 1);
    assert!(ran(slot).is_empty(), "joined, but still there");
}

/// Two threads add, in an order that is not that of the numbers, and one of them takes out.
pub(crate) fn changed_by_two() {
    let [slot, _] = slots();
    add(slot, 1);
    let other = spawn(move || {
        add(slot, 3);
        remove(slot, 1);
    });
    add(slot, 2);
    emit(slot);
    other.join().unwrap();
    assert_eq!(ran(slot), [2, 3], "not both changes, or not in order");
}

/// One handler is added by two threads, as by `attach` and by a slot that is being made.
pub(crate) fn added_twice() {
    let [slot, _] = slots();
    let handler = Arc::new(crate::handler::Handler::new(1));
    let same = handler.clone();
    let other = spawn(move || slot.add(same));
    slot.add(handler);
    other.join().unwrap();
    assert_eq!(ran(slot), [1], "twice, or not at all");
}

/// Changes of two slots share one count; neither hides the other.
pub(crate) fn changed_in_two_slots() {
    let [first, second] = slots();
    add(first, 1);
    add(second, 2);
    emit(first);
    emit(second);
    let other = spawn(move || remove(first, 1));
    let third = spawn(move || add(second, 3));
    tidy();
    other.join().unwrap();
    assert!(ran(first).is_empty(), "the first slot's change was missed");
    third.join().unwrap();
    assert_eq!(ran(second), [2, 3], "the second slot's change was missed");
}
