//! Dispatch: taking an event through the handlers of its slot.
//!
//! Handlers run on the emitting thread, in the order in which they were attached, over the list as
//! it was when the dispatch began. No lock is held, so a handler may emit, attach and detach,
//! itself included.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::callsite_info::Keys;
use crate::local::{self, MAX_NESTING};
use crate::slot::Slot;
use crate::{Callsite, CallsiteInfo, Event, EventName, Number, Value, catalogue};

/// Runs the handlers of the event's slot; never panics.
#[inline(never)]
pub(crate) fn dispatch(event: &Event<'_>) {
    if !local::run_handlers::<OF_SPANS>(event) {
        nested_too_deep(event);
    }
}

// `run_handlers` is compiled for each of these, to be inlined in both.
const OF_SPANS: u8 = 0;
const OF_CALLSITES: u8 = 1;

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
#[inline(always)]
pub fn callsite(
    callsite: &'static Callsite,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    emit(
        callsite.slot(),
        &callsite.info().keys,
        measurements,
        metadata,
    );
}

/// What `execute!` with a run-time name calls when the name's gate is open.
#[inline(always)]
pub fn event_name(
    name: EventName,
    info: &'static CallsiteInfo,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    catalogue::met_at_run_time(info);
    emit(name.slot, &info.keys, measurements, metadata);
}

// One call from the user's code. Two pointers and two slices are six words, all in registers.
#[inline(never)]
fn emit(
    slot: &'static Slot,
    keys: &Keys<'_>,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    let event = Event {
        slot,
        keys,
        measurements,
        metadata,
        span: None,
    };
    if !local::run_handlers::<OF_CALLSITES>(&event) {
        nested_too_deep(&event);
    }
}
