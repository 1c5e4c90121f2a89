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
//! The package is `telemetry-core`, the library `telemetry`. A library depends on it without features
//! and leaves those to the application; `attributes` is the exception, if it uses `#[measured]`.
//!
//! It is a port of the BEAM's `telemetry`. `telemetry-metrics` turns events into counters, sums,
//! last values, summaries and distributions; reporters carry those to StatsD, Prometheus and
//! others; `telemetry-tracing` connects all of it with `tracing`.
//!
//! # Where to find what
//!
//! | to | there is |
//! |---|---|
//! | emit an event | [`execute!`]; [`emit()`] where keys are chosen at run time |
//! | emit under a prefix that the user chooses | [`EventName`], [`SpanName`], made once and kept |
//! | measure work | [`span!`], [`completion_span!`], or `#[measured]` on a function |
//! | hand over values | [`ToNumber`], [`ToValue`]; [`display()`], [`debug()`] and [`any()`] for other types |
//! | listen | [`attach`] to a name or a pattern, [`attach_many`], [`attach_spans`], [`attach_with`] |
//! | look at an event | [`Event`]; [`SpanInfo`] for what a span's events add |
//! | put events into a queue | [`Event::to_owned`]; the example of [`OwnedEvent`] ends the thread in good order |
//! | stop listening | [`detach`], [`detach_and_wait`], [`AttachGuard`] |
//! | see who listens | [`list_handlers`], and the event [`HANDLER_FAILURE`] |
//! | know which span one is in | [`SpanContext::current`] |
//! | carry that elsewhere | [`SpanContext`] through channels, headers and stored records; [`in_current_context`] for tasks, [`in_current_context_fn`] for threads |
//! | have one set of ids with another library | [`set_context_source`] |
//! | have only a share of traces recorded | [`sample_new_traces`], by a [`TraceShare`] |
//! | test what is emitted | [`testing`] |
//! | hear of panics | [`report_panics`] |
//! | know what may be emitted | `catalogue` |
//!
//! # Spans and their context
//!
//! A [`Span`] is work that begins and ends. It emits `name.start`, and then exactly one of
//! `name.stop` and `name.exception`, however it ends: by returning, by `?`, by a panic, or because
//! its future was dropped half-way. What the work returned it looks at only if asked to, by
//! [`Span::in_scope_result`], [`Span::wrap_result`] or `#[measured]`.
//!
//! A span that is observed has ids, a [`SpanContext`]. While the span's closure or future runs, that
//! is the *current* context: events emitted there belong to the span, and spans that begin there are
//! its children. A future carries its context with it, so what is current is right in every poll, on
//! whatever thread that is; a task that is spawned takes it along with [`in_current_context`]. A span
//! that nobody observes hands on the one above it.
//!
//! ```
//! use telemetry::{SpanContext, attach, span};
//!
//! attach("trace", "shop.*", |event| {
//!     println!("{} {:?}", event.name(), event.context().map(|context| context.trace_id()));
//! })?;
//! span!("shop.checkout").in_scope(|| {
//!     let header = SpanContext::current().map(|context| context.traceparent().to_string());
//!     assert_eq!(header.unwrap().len(), 55);
//!     span!("shop.charge", { provider: "acme" }).in_scope(|| { /* a child */ });
//! });
//! # Ok::<(), telemetry::AttachError>(())
//! ```
//!
//! # How it works
//!
//! Each [`execute!`] has a static *callsite* with a one-byte gate: nobody listens, somebody does, or
//! it has not run yet. Each event name has one *slot*, kept for ever, which holds the handlers that
//! are attached to it, by its name or by a pattern, in the order of attaching. The first execution of
//! a callsite finds its slot in the registry; from then on emitting does not touch the registry, and
//! attaching and detaching write the gates.
//!
//! An observed event runs the handlers from a copy of the slot's list that belongs to the emitting
//! thread. One count, raised by every change of any list, tells a thread that a copy may be old. So
//! emitting writes nothing that threads share and takes no lock, and a handler may emit, attach and
//! detach: the list that is being run stays what it was when the dispatch began.
//!
//! # What is promised
//!
//! - Emitting cannot fail or panic, whatever a handler does (with `panic = "abort"` a panicking
//!   handler ends the process), and takes no lock once the callsite has run. Failing handlers are kept and counted, see
//!   [`FailurePolicy`]; detaching them, as the BEAM does, is an option.
//! - Emitting allocates nothing, once the thread has met the event with the handlers that it has; nor
//!   does a span that nobody observes. One that is observed does when it is decorated, when it has more
//!   than six pieces of metadata or more than a kilobyte of text, and the first few times on a thread.
//! - Handlers run synchronously on the emitting thread, in the order of attaching.
//! - After [`attach`] returns, every event emitted later, on any thread, reaches the handler. After
//!   [`detach`] returns, no new dispatch runs it; one in progress may finish, and
//!   [`detach_and_wait`] waits for that.
//! - A [`Span`] emits exactly one terminal event, however it ends.
//! - Memory is bounded by the program's text, the handlers attached, the threads that emit, and at
//!   most [`MAX_RUNTIME_NAMES`] names introduced at run time.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what it adds | what it costs |
//! |---|---|---|
//! | `catalogue` | `catalogue()`: every place in the program that emits | `linkme`, and its procedural macro |
//! | `attributes` | `#[measured]` | a procedural macro (`syn`) |
//! | `stream` | `wrap` and `in_current_context` take streams, too | `futures-core` |
//! | `tsc` | spans read the processor's time-stamp counter | `fastant`; the clock is a little off (`docs/design.md`) |
//!
//! # Limits
//!
//! A handler that waits makes the emitter wait: hand over to a thread of your own, with
//! [`Event::to_owned`]. Events nest at most [`MAX_NESTING`] deep. A handler that is detached, and
//! what it owns, is let go by a thread that has run it when that thread next emits anything that
//! is observed, or ends; so tell a thread that reads a queue to stop, rather than have it wait for the
//! handler's sender to be dropped. On `wasm32-unknown-unknown` the standard library has no clock: spans
//! that are observed panic there. A process that forks should execute another program at once, or fork
//! before its first span: the child repeats its parent's ids. Two versions of this crate in one program would be two buses, so Cargo
//! refuses that (`links`).

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
mod layout;
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
    SpanId, TraceId, TraceShare, Traceparent, in_current_context, in_current_context_fn,
    sample_new_traces, set_context_source,
};
pub use crash::{PROCESS_PANIC, report_panics};
pub use emit::emit;
pub use event::Event;
pub use failure::{FailurePolicy, HANDLER_FAILURE};
pub use kind::EventKind;
pub use layout::Layout;
pub use local::MAX_NESTING;
pub use name::{EventName, MAX_RUNTIME_NAMES, NameError, SpanName};
pub use number::{Number, ToNumber};
pub use owned::{OwnedEvent, OwnedValue};
pub use span::{Span, SpanHandle, SpanInfo, Wrapped, WrappedResult};
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
    pub use crate::macros::{RuntimeName, checked};
    pub use crate::span::{
        Parent, ToParent, begin as span, begin_complete as complete_span,
        begin_complete_named as complete_named_span, begin_named as named_span,
        explicit as explicit_parent, unobserved,
    };
    #[cfg(linked_catalogue)]
    pub use linkme;
}
