//! After detaching and waiting, no call of the handler is in progress, and none begins.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use loom::thread::spawn;

use crate::handler::Handler;
use crate::local::tidy;
use crate::slot::Slot;
use crate::sync::{AtomicUsize, Ordering};
use crate::world::{
    add, add_and_watch, emit, quiesce, quiesce_hastily, ran, remove, slots, until, until_dropped,
};

/// What a handler uses while it runs, and what is taken from it when the waiting is over.
///
/// The count is relaxed, so whoever reads it sees zero for sure only if all calls that began have
/// ended *before* the reading, in the sense in which the memory that a handler writes has to have
/// been written before somebody else frees it.
#[derive(Debug, Clone)]
struct Used(Arc<(AtomicUsize, AtomicBool)>);

impl Used {
    fn new() -> Self {
        Self(Arc::new((AtomicUsize::new(0), AtomicBool::new(false))))
    }

    fn assert_there(&self) {
        let gone = self.0.1.load(Ordering::SeqCst);
        assert!(!gone, "a handler runs that was waited for");
    }

    /// A handler that uses it.
    fn handler(&self, number: u64) -> Handler {
        self.handler_and(number, || ())
    }

    /// A handler that uses it, and does something else meanwhile.
    fn handler_and(&self, number: u64, meanwhile: impl Fn() + Send + Sync + 'static) -> Handler {
        let used = self.clone();
        Handler::new(number).on_run(move || {
            used.assert_there();
            used.0.0.fetch_add(1, Ordering::Relaxed);
            meanwhile();
            used.assert_there();
            used.0.0.fetch_sub(1, Ordering::Relaxed);
            used.assert_there();
        })
    }

    fn free(&self) {
        self.0.1.store(true, Ordering::SeqCst);
        let running = self.0.0.load(Ordering::Relaxed);
        assert_eq!(running, 0, "a handler was running");
    }
}

fn detach_wait_and_free(slot: &'static Slot, number: u64, used: &Used) {
    remove(slot, number);
    assert!(quiesce(), "waited for ever");
    used.free();
}

/// A thread emits twice: with a copy made before the detaching, perhaps, and perhaps without.
pub(crate) fn one_emitter() {
    let [slot, _] = slots();
    let used = Used::new();
    slot.add(Arc::new(used.handler(1)));
    add(slot, 2);
    let emitter = spawn(move || {
        emit(slot);
        emit(slot);
    });
    detach_wait_and_free(slot, 1, &used);
    emitter.join().unwrap();
}

/// The thread that waits emits, too, and has a record and a copy of its own.
pub(crate) fn who_waits_emits() {
    let [slot, _] = slots();
    let used = Used::new();
    slot.add(Arc::new(used.handler(1)));
    emit(slot);
    let emitter = spawn(move || {
        emit(slot);
    });
    emit(slot);
    detach_wait_and_free(slot, 1, &used);
    assert!(ran(slot).is_empty());
    emitter.join().unwrap();
}

/// A handler that emits: the wait is for its end, not for that of what it emitted.
pub(crate) fn nested() {
    let [outer, inner] = slots();
    let used = Used::new();
    outer.add(Arc::new(used.handler_and(1, move || emit(inner))));
    add(inner, 2);
    let emitter = spawn(move || {
        emit(outer);
    });
    detach_wait_and_free(outer, 1, &used);
    emitter.join().unwrap();
}

/// Two threads emit.
pub(crate) fn two_emitters() {
    let [slot, _] = slots();
    let used = Used::new();
    slot.add(Arc::new(used.handler(1)));
    let emitters = [(); 2].map(|()| {
        spawn(move || {
            emit(slot);
        })
    });
    detach_wait_and_free(slot, 1, &used);
    for emitter in emitters {
        emitter.join().unwrap();
    }
}

/// Two threads detach and wait, each for a handler that the other's dispatches run: neither waits
/// for the other's waiting.
pub(crate) fn two_who_wait() {
    let [slot, _] = slots();
    let used = [Used::new(), Used::new()];
    slot.add(Arc::new(used[0].handler(1)));
    slot.add(Arc::new(used[1].handler(2)));
    let theirs = used[1].clone();
    let other = spawn(move || {
        emit(slot);
        detach_wait_and_free(slot, 2, &theirs);
    });
    emit(slot);
    detach_wait_and_free(slot, 1, &used[0]);
    other.join().unwrap();
    assert!(ran(slot).is_empty());
}

/// A handler that does not end before the time is over: the answer is no.
pub(crate) fn too_long() {
    let [slot, _] = slots();
    let (begun, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (began, may_end) = (begun.clone(), go_on.clone());
    slot.add(Arc::new(Handler::new(1).on_run(move || {
        began.store(1, Ordering::Release);
        until(|| may_end.load(Ordering::Acquire) == 1);
    })));
    let emitter = spawn(move || {
        emit(slot);
    });
    until(|| begun.load(Ordering::Acquire) == 1);
    remove(slot, 1);
    assert!(!quiesce_hastily(), "the handler has not ended");
    go_on.store(1, Ordering::Release);
    assert!(quiesce(), "it has now, or will");
    emitter.join().unwrap();
}

/// A thread emits for the first time and ends: it makes its record known, and takes it along.
pub(crate) fn emitter_ends() {
    let [slot, _] = slots();
    let used = Used::new();
    let fate = add_and_watch(slot, used.handler(1));
    let emitter = spawn(move || emit(slot));
    detach_wait_and_free(slot, 1, &used);
    emitter.join().unwrap();
    until_dropped(&fate);
}

/// The same, and a third thread, which does not even emit, clears the record away when it makes its
/// own.
pub(crate) fn emitter_is_cleared_away() {
    let [slot, _] = slots();
    let used = Used::new();
    slot.add(Arc::new(used.handler(1)));
    let emitter = spawn(move || emit(slot));
    let newcomer = spawn(tidy);
    detach_wait_and_free(slot, 1, &used);
    emitter.join().unwrap();
    newcomer.join().unwrap();
}

/// A destructor emits while its thread ends, without thread locals: that is waited for, too.
pub(crate) fn emitted_while_ending() {
    let [slot, other] = slots();
    let used = Used::new();
    slot.add(Arc::new(used.handler(1)));
    let fate = add_and_watch(other, Handler::new(2).on_drop(move || emit(slot)));
    let emitter = spawn(move || {
        emit(other);
        // Only this thread's copy keeps it, until the thread ends.
        drop(other.remove(2));
    });
    detach_wait_and_free(slot, 1, &used);
    emitter.join().unwrap();
    until_dropped(&fate);
}

/// Inside a handler there is no waiting for it, and the answer says so.
pub(crate) fn inside_a_handler() {
    let [slot, _] = slots();
    slot.add(Arc::new(Handler::new(1).on_run(move || {
        remove(slot, 1);
        assert!(!quiesce(), "this dispatch has not ended");
    })));
    let emitter = spawn(move || emit(slot));
    emitter.join().unwrap();
    // On its own thread the dispatch is over.
    assert!(quiesce());
}
