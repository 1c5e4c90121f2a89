//! What keeps the two directions from feeding each other.
//!
//! With only a global subscriber, `tracing` lets a subscriber record events while it is given one,
//! and a telemetry handler may emit. So each direction is entered once per thread:
//!
//! - what a subscriber emits while it is given a forwarded event is not forwarded;
//! - what a handler records in `tracing` while it is given an event that was taken in is not taken
//!   in;
//! - an event that was taken in is not forwarded: `tracing` has it already.

use std::cell::Cell;

use telemetry::EventName;

thread_local! {
    // Neither has a destructor, so they can be used as long as the thread runs anything.
    static FORWARDING: Cell<bool> = const { Cell::new(false) };
    static TAKING_IN: Cell<Option<EventName>> = const { Cell::new(None) };
}

/// Runs `work` unless this thread is in here already.
pub(crate) fn forwarding(work: impl FnOnce()) {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            FORWARDING.set(false);
        }
    }
    if FORWARDING.replace(true) {
        return;
    }
    let _leave = Leave;
    work();
}

/// Runs `work`, which emits `event`, unless this thread is in here already.
pub(crate) fn taking_in(event: EventName, work: impl FnOnce()) {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            TAKING_IN.set(None);
        }
    }
    if TAKING_IN.get().is_some() {
        return;
    }
    TAKING_IN.set(Some(event));
    let _leave = Leave;
    work();
}

/// Whether an event of this name comes from `tracing` itself.
pub(crate) fn is_taken_in(event: &str) -> bool {
    TAKING_IN.get().is_some_and(|name| name.as_str() == event)
}
