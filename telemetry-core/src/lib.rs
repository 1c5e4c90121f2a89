//! A global event bus for instrumentation.
//!
//! Libraries and applications **emit** events: a dotted name, some numbers (*measurements*), some
//! context (*metadata*). Whoever runs the program **attaches** functions to the names that
//! matter. The two do not know of each other, and an event that nobody observes costs one relaxed
//! load of one byte.
//!
//! ```
//! use std::time::Instant;
//! use telemetry::{Event, attach, execute};
//!
//! fn log_slow(event: &Event<'_>) {
//!     if let Some(time) = event.measurement("duration") {
//!         println!("{} {} {time}", event.name(), event.metadata("route").unwrap_or_default());
//!     }
//! }
//!
//! # fn main() -> Result<(), telemetry::AttachError> {
//! attach("log-slow", "shop.endpoint.stop", log_slow)?;
//!
//! let started = Instant::now();
//! execute!("shop.endpoint.stop", { duration: started.elapsed() }, { route: "/", status: 200 });
//! # Ok(()) }
//! ```
//!
//! It is a port of the BEAM's `telemetry`. `telemetry-metrics` turns events into counters, sums,
//! last values, summaries and distributions; reporters carry those to StatsD, Prometheus and
//! others.
//!
//! # How it works
//!
//! Each [`execute!`] has a static *callsite* with a one-byte gate. Each event name has one *slot*,
//! kept for ever, which publishes an immutable list of handlers. The first execution of a callsite
//! finds its slot in the registry; from then on emitting does not touch the registry, and
//! attaching and detaching write the gates. Handlers run synchronously on the emitting thread, in
//! the order of attaching, over the list as it was when the dispatch began, with no lock held: a
//! handler may emit, attach and detach.
//!
//! # What is promised
//!
//! - Emitting cannot fail, block or panic, whatever a handler does (with `panic = "abort"` a
//!   panicking handler ends the process). Failing handlers are kept and counted, see
//!   [`FailurePolicy`]; detaching them, as the BEAM does, is an option.
//! - After [`detach`] returns, no new dispatch runs the handler; one in progress may finish.
//! - A [`Span`] emits exactly one terminal event, however it ends.
//! - Memory is bounded by the program's text, the handlers attached, and at most
//!   [`MAX_RUNTIME_NAMES`] names introduced at run time.
//!
//! # Limits
//!
//! A handler that waits makes the emitter wait. Patterns (`shop.*`), the current span and trace
//! ids are not there yet.

mod attach;
mod cache;
mod callsite;
mod callsite_info;
mod catalogue;
mod clock;
mod context;
mod crash;
mod dispatch;
mod emit;
mod event;
mod failure;
mod gate;
mod handler;
mod kind;
mod local;
mod macros;
mod name;
mod number;
mod owned;
mod pattern;
mod registry;
mod slot;
mod span;
mod sync;
pub mod testing;
mod text;
mod to_value;
mod value;
mod wait;

pub use attach::{
    AttachError, AttachGuard, AttachOptions, Attached, HandlerInfo, Waited, attach, attach_many,
    attach_spans, attach_with, detach, detach_and_wait, list_handlers,
};
pub use callsite_info::CallsiteInfo;
#[cfg(feature = "catalogue")]
pub use catalogue::{catalogue, catalogue_is_complete};
pub use context::{
    ContextGuard, InContext, ParseIdError, ParseTraceparentError, SourceAlreadySet, SpanContext,
    SpanId, TraceId, Traceparent, in_current_context, set_context_source,
};
pub use crash::{PROCESS_PANIC, report_panics};
pub use emit::emit;
pub use event::Event;
pub use failure::{FailurePolicy, HANDLER_FAILURE};
pub use kind::EventKind;
pub use local::MAX_NESTING;
pub use name::{EventName, MAX_RUNTIME_NAMES, NameError, SpanName};
pub use number::{Number, ToNumber};
pub use owned::{OwnedEvent, OwnedValue};
pub use span::{Span, SpanHandle, SpanInfo, Wrapped};
#[cfg(feature = "attributes")]
pub use telemetry_macros::measured;
pub use to_value::ToValue;
pub use value::{AnyValue, Value, any, debug, display};

// For `$crate` inside this crate's own macros to mean what it means elsewhere.
use callsite::Callsite;

/// What the macros expand to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::callsite::Callsite;
    pub use crate::callsite_info::key;
    #[cfg(linked_catalogue)]
    pub use crate::catalogue::CALLSITES;
    pub use crate::dispatch::{callsite, event_name};
    pub use crate::macros::RuntimeName;
    pub use crate::name::is_observed_as_span;
    pub use crate::span::{
        Parent, ToParent, begin as span, begin_complete as complete_span,
        begin_complete_named as complete_named_span, begin_named as named_span,
        explicit as explicit_parent, unobserved,
    };
    #[cfg(linked_catalogue)]
    pub use linkme;
}
