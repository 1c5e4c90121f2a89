//! What scenarios happen in: two slots, one callsite, and threads that emit.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Event;
use crate::gate::{Behind, Gate};
use crate::handler::{Fate, Handler};
use crate::local;
use crate::slot::Slot;
use crate::sync;

loom::lazy_static! {
    static ref FIRST: Slot = Slot::new("first");
    static ref SECOND: Slot = Slot::new("second");
    static ref GATE: Gate = Gate::never_met();
}

/// To be called first in every scenario, see `sync::begin`.
pub(crate) fn slots() -> [&'static Slot; 2] {
    sync::begin();
    let _: &Gate = &GATE;
    // Makes the statics of `local.rs`.
    assert!(local::quiesce(Duration::ZERO), "nobody is there yet");
    [&FIRST, &SECOND]
}

/// What `execute!` does first: ask the callsite's gate, which registers itself if it has to.
pub(crate) fn is_observed(slot: &Slot, behind: Behind) -> bool {
    GATE.is_open_or(|| slot.register(&GATE, behind))
}

pub(crate) fn gate() -> &'static Gate {
    &GATE
}

/// Emits: runs the handlers of `slot`.
pub(crate) fn emit(slot: &'static Slot) {
    ran(slot);
}

/// Emits, and answers with the numbers of the handlers that it ran.
pub(crate) fn ran(slot: &'static Slot) -> Vec<u64> {
    let ran = RefCell::default();
    let done = local::run_handlers::<0>(&Event { slot, ran: &ran });
    assert!(done, "scenarios do not nest that deep");
    ran.into_inner()
}

pub(crate) fn add(slot: &Slot, number: u64) {
    slot.add(Arc::new(Handler::new(number)));
}

/// Adds a handler, to look at what becomes of it.
pub(crate) fn add_and_watch(slot: &Slot, handler: Handler) -> Fate {
    let fate = handler.fate();
    slot.add(Arc::new(handler));
    fate
}

/// As `detach` does: taken out, dropped outside the lock, and the thread's own copies let go.
pub(crate) fn remove(slot: &Slot, number: u64) {
    let gone = slot.remove(number);
    assert!(gone.is_some(), "{number} was attached");
    drop(gone);
    local::tidy();
}

/// More looks than any execution takes.
const LONG: Duration = Duration::from_secs(1);

/// Waits for the dispatches of the other threads.
pub(crate) fn quiesce() -> bool {
    local::quiesce(LONG)
}

/// The same, with two looks at a dispatch in progress.
pub(crate) fn quiesce_hastily() -> bool {
    local::quiesce(Duration::from_micros(200))
}

/// Lets other threads go on until something holds that they do.
pub(crate) fn until(holds: impl Fn() -> bool) {
    while !holds() {
        loom::thread::yield_now();
    }
}

/// Until a thread that was joined has also dropped its thread locals. (Loom's `join` does not wait
/// for that; the standard library's does.)
pub(crate) fn until_dropped(fate: &Fate) {
    until(|| fate.drops() == 1);
}
