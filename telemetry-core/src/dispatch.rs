//! Dispatch: taking an event through the handlers of its slot.
//!
//! Handlers run on the emitting thread, in the order in which they were attached, over the list as
//! it was when the dispatch began. No lock is held, so a handler may emit, attach and detach,
//! itself included.

use std::cell::Cell;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::slot::Slot;
use crate::{Callsite, Event, EventName, Number, Shape, Value};

/// How deep events may nest: an event emitted by a handler of an event emitted by a handler ….
///
/// Beyond it events are not dispatched, and one line on standard error names the first. A handler
/// that feeds itself would otherwise overflow the stack, which no panic handler survives.
pub const MAX_NESTING: u32 = 32;

thread_local! {
    static NESTING: Cell<u32> = const { Cell::new(0) };
}

/// Counts this dispatch as long as it lives.
struct Nesting {
    depth: u32,
}

impl Nesting {
    fn enter() -> Option<Self> {
        let depth = depth();
        if depth >= MAX_NESTING {
            return None;
        }
        let _ = NESTING.try_with(|nesting| nesting.set(depth + 1));
        Some(Self { depth })
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        let _ = NESTING.try_with(|nesting| nesting.set(self.depth));
    }
}

fn depth() -> u32 {
    // Without thread locals (a destructor that runs while the thread ends) nobody counts; such a
    // destructor that feeds itself is beyond help.
    NESTING.try_with(Cell::get).unwrap_or(0)
}

/// Whether an event emitted now would not be dispatched.
pub(crate) fn is_full() -> bool {
    depth() >= MAX_NESTING
}

/// Runs the handlers of `slot`; never panics.
pub(crate) fn dispatch(slot: &Slot, event: &Event<'_>) {
    let Some(_nesting) = Nesting::enter() else {
        return nested_too_deep(event);
    };
    for handler in slot.handlers().iter() {
        handler.run(event);
    }
}

#[cold]
fn nested_too_deep(event: &Event<'_>) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        let _ = writeln!(
            std::io::stderr(),
            "telemetry: `{}` was emitted inside {MAX_NESTING} nested events and is dropped; a \
             handler seems to emit the event that it is attached to (said once)",
            event.name()
        );
    }
}

/// What `execute!` with a literal name calls when its gate is open.
#[inline(never)]
pub fn callsite(
    callsite: &'static Callsite,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    named(callsite.slot(), &callsite.shape, measurements, metadata);
}

/// What `execute!` with a run-time name calls when the name's gate is open.
#[inline(never)]
pub fn event_name(
    name: EventName,
    shape: &'static Shape,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    named(name.slot, shape, measurements, metadata);
}

fn named(
    slot: &Slot,
    shape: &'static Shape,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    dispatch(
        slot,
        &Event {
            name: slot.name(),
            measurement_keys: shape.measurement_keys,
            measurements,
            metadata_keys: shape.metadata_keys,
            metadata,
        },
    );
}
