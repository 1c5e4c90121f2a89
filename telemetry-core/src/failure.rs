//! What happens when a handler panics.
//!
//! On the BEAM a failing handler is detached at once, from all its events, with one log line;
//! "handlers vanish silently" is what users of the original complain of most. Here it is kept by
//! default, counted, shown by [`list_handlers`](crate::list_handlers), reported by an event, and
//! rested when it keeps failing.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::callsite::Callsite;
use crate::handler::Handler;
use crate::{CallsiteInfo, EventKind, ToNumber, ToValue, clock, dispatch, local, registry};

/// What to do with a handler that panics. Either way the emitter and the other handlers do not
/// notice.
///
/// With `panic = "abort"` a panic in a handler ends the process: there is nothing to isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Keep it. After five failures in a row it rests one second, then two, doubling to a minute,
    /// until it succeeds.
    #[default]
    Keep,
    /// Detach it from all its events at the first failure, as on the BEAM.
    Detach,
}

/// The event that reports failing handlers: measurements `failures` (so far), `monotonic_time`,
/// `system_time` (the clocks of [`Span`](crate::Span)); metadata `handler_id`, `event_name`, `kind`
/// (`panic`), `reason`, `detached`.
///
/// Emitted at the 1st, 2nd, 4th, 8th … failure of a handler. If nobody listens to it, or events
/// are nested as deep as they may be, one line goes to standard error instead.
pub const HANDLER_FAILURE: &str = "telemetry.handler.failure";

/// By hand rather than by `execute!`; see `catalogue.rs`.
pub(crate) static CALLSITE: Callsite = Callsite::new(CallsiteInfo::new(
    HANDLER_FAILURE,
    EventKind::Event,
    &["failures", "monotonic_time", "system_time"],
    &["handler_id", "event_name", "kind", "reason", "detached"],
    (module_path!(), file!(), line!()),
));

pub(crate) fn report(
    handler: &Handler,
    event_name: &str,
    failures: u64,
    payload: Box<dyn Any + Send>,
) {
    let detached = handler.on_failure() == FailurePolicy::Detach;
    if detached {
        // Before the report, so that a failing failure handler is not told of itself.
        registry::detach_attachment(handler.id(), handler.number());
    }
    if !failures.is_power_of_two() {
        return discard(payload);
    }
    let handler_id = &**handler.id();
    let reason = panic_message(&*payload);
    // A failing failure handler reports itself, too. That ends: its second failure happens inside
    // the report of the first, its third inside that of the second, and the third is not reported.
    if CALLSITE.is_observed() && !local::is_full() {
        let [monotonic, system] = [clock::monotonic_time(), clock::system_time()];
        dispatch::callsite(
            &CALLSITE,
            &[
                failures.to_number(),
                monotonic.to_number(),
                system.to_number(),
            ],
            &[
                handler_id.to_value(),
                event_name.to_value(),
                "panic".to_value(),
                reason.to_value(),
                detached.to_value(),
            ],
        );
    } else {
        let what = if detached {
            "and was detached"
        } else {
            "and is kept"
        };
        // Not `eprintln!`: it panics when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "telemetry: handler `{}` panicked on `{event_name}` {what} (failure {failures}): {}",
            OneLine(handler_id),
            OneLine(reason),
        );
    }
    discard(payload);
}

/// Prints a text without its line breaks and other control characters, which could pretend to be
/// lines of somebody else.
struct OneLine<'t>(&'t str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|c| f.write_char(if c.is_control() { ' ' } else { c }))
    }
}

/// What a panic says for itself.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without a message"
    }
}

/// Runs code of users of which nobody here needs to know whether it panics.
pub(crate) fn quietly(work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        discard(payload);
    }
}

/// Drops a panic's payload, whose destructor may panic again.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Enough is enough: the second one is leaked.
        std::mem::forget(again);
    }
}
