//! Threads keep copies as long as they are good, and let go of them outside of everything.

use std::sync::Arc;

use loom::thread::spawn;

use crate::handler::Handler;
use crate::sync::{AtomicU8, Ordering, locks};
use crate::world::{add, add_and_watch, emit, ran, remove, slots, until, until_dropped};

/// Two changes of one slot, while a thread with copies of two emits. One copy must go, the other
/// must stay: a change of one event is no reason to copy every other list again.
pub(crate) fn swept() {
    let [changing, other] = slots();
    add(changing, 1);
    add(changing, 2);
    add(other, 4);
    emit(changing);
    emit(other);
    let emit_other = move || {
        let before = locks();
        emit(other);
        assert_eq!(locks(), before, "a good copy was let go");
    };
    let changer = spawn(move || {
        remove(changing, 1);
        add(changing, 3);
    });
    emit(changing);
    emit_other();
    changer.join().unwrap();
    emit_other();
    assert_eq!(ran(changing), [2, 3], "a stale copy was kept");
}

/// A handler whose destructor emits both events, which both threads have copies of. Whichever lets
/// go of it last runs that, in the middle of a dispatch or of a detach. Another handler stays, so
/// that there is a new list to take the place of the old one.
pub(crate) fn dropped_last() {
    let [slot, other] = slots();
    add(slot, 2);
    let fate = add_and_watch(
        slot,
        Handler::new(1).on_drop(move || {
            assert_eq!(ran(slot), [2], "not the list as it is");
            emit(other);
        }),
    );
    emit(slot);
    // So that who emits looks through its copies, whether that one has changed by now or not.
    add(other, 3);
    let remover = spawn(move || {
        remove(slot, 1);
    });
    emit(slot);
    remover.join().unwrap();
    emit(slot);
    until_dropped(&fate);
}

/// The same inside a handler, where new lists are kept aside; the inner handler goes, is found gone
/// by the next inner event, and its destructor emits.
pub(crate) fn dropped_inside_a_handler() {
    let [outer, inner] = slots();
    add(inner, 2);
    let fate = add_and_watch(
        inner,
        Handler::new(3).on_drop(move || {
            emit(inner);
            emit(outer);
        }),
    );
    let dropped = fate.clone();
    outer.add(Arc::new(Handler::new(1).on_run(move || {
        if dropped.drops() > 0 {
            return;
        }
        // The first of these is met here, and put aside.
        emit(inner);
        emit(inner);
    })));
    let remover = spawn(move || remove(inner, 3));
    emit(outer);
    remover.join().unwrap();
    emit(outer);
    until_dropped(&fate);
}

/// Neither a thread that has detached and emits no more keeps a handler, nor one that emits nothing
/// but another event. Both live on while that is looked at.
pub(crate) fn let_go() {
    let [slot, other] = slots();
    let fate = add_and_watch(slot, Handler::new(1));
    add(other, 2);
    emit(slot);
    let removed = Arc::new(AtomicU8::new(0));
    let is_removed = removed.clone();
    let emitter = spawn(move || {
        emit(slot);
        until(|| is_removed.load(Ordering::Acquire) == 1);
        emit(other);
        assert_eq!(fate.drops(), 1, "kept by a copy that nobody uses");
    });
    remove(slot, 1);
    removed.store(1, Ordering::Release);
    emitter.join().unwrap();
}

/// A handler that detaches itself is let go when the outermost dispatch ends, whatever the thread
/// does next; also if events were emitted inside of it, with lists of their own.
pub(crate) fn let_go_by_itself(emits: bool) {
    let [slot, other] = slots();
    add(other, 3);
    let fate = add_and_watch(
        slot,
        Handler::new(1).on_run(move || {
            remove(slot, 1);
            if emits {
                emit(slot);
                emit(other);
            }
        }),
    );
    add(slot, 2);
    let adder = spawn(move || add(other, 4));
    assert_eq!(ran(slot), [1, 2]);
    assert_eq!(fate.drops(), 1, "kept after the outermost dispatch");
    adder.join().unwrap();
}

/// What is put aside does not outlive the dispatch.
pub(crate) fn aside_let_go() {
    let [outer, inner] = slots();
    outer.add(Arc::new(Handler::new(1).on_run(move || emit(inner))));
    let fate = add_and_watch(inner, Handler::new(2));
    let remover = spawn(move || remove(inner, 2));
    emit(outer);
    remover.join().unwrap();
    // Any event is enough, and this one was never copied before.
    emit(inner);
    assert_eq!(fate.drops(), 1, "what was aside is kept");
}

/// A thread that ends lets go of its copies, and a destructor that then emits finds no thread
/// locals any more; its dispatches go through the list as it is, all the same.
pub(crate) fn let_go_by_ending() {
    let [slot, other] = slots();
    add(other, 2);
    let fate = add_and_watch(
        slot,
        Handler::new(1).on_drop(move || {
            assert_eq!(ran(other), [2]);
            assert!(ran(slot).is_empty(), "it is detached");
        }),
    );
    let emitter = spawn(move || emit(slot));
    remove(slot, 1);
    emitter.join().unwrap();
    until_dropped(&fate);
}
