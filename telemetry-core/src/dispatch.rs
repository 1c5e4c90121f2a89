//! Dispatch: taking an event through the handlers of its slot.
//!
//! Handlers run on the emitting thread, in the order in which they were attached, over the list as
//! it was when the dispatch began. No lock is held, so a handler may emit, attach and detach,
//! itself included.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::local::{self, MAX_NESTING};
use crate::slot::Slot;
use crate::{Callsite, CallsiteInfo, Event, EventName, Number, Value, catalogue};

/// Runs the handlers of `slot`; never panics.
#[inline]
pub(crate) fn dispatch(slot: &'static Slot, event: &Event<'_>) {
    let done = local::with_handlers(slot, |handlers| {
        for handler in handlers {
            handler.run(event);
        }
    });
    if !done {
        nested_too_deep(event);
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
    let slot = callsite.slot();
    dispatch(
        slot,
        &Event::new(slot.name(), callsite.info(), measurements, metadata),
    );
}

/// What `execute!` with a run-time name calls when the name's gate is open.
#[inline(never)]
pub fn event_name(
    name: EventName,
    info: &'static CallsiteInfo,
    measurements: &[Option<Number>],
    metadata: &[Option<Value<'_>>],
) {
    catalogue::met_at_run_time(info);
    dispatch(
        name.slot,
        &Event::new(name.slot.name(), info, measurements, metadata),
    );
}
