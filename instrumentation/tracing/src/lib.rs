//! Telemetry and [`tracing`](https://docs.rs/tracing) side by side: most programs have log lines,
//! and many libraries speak `tracing` only. Three things, each of use without the others.
//!
//! # The ids of the current span in log lines
//!
//! [`WithIds`] goes around a format of `tracing-subscriber`:
//!
//! ```
//! use telemetry_tracing::WithIds;
//! use tracing_subscriber::fmt::format;
//!
//! tracing_subscriber::fmt().event_format(WithIds::new(format())).init();
//! telemetry::attach("all", "shop.*", |_| {})?;
//! telemetry::span!("shop.checkout").in_scope(|| tracing::info!("paid"));
//! // … INFO shop: paid trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331
//! # Ok::<(), telemetry::AttachError>(())
//! ```
//!
//! They are in the lines of every layer that has this format, whoever records them and whether or
//! not a span of `tracing` is entered: it is the telemetry span that counts. A span that nobody
//! observes has no ids of its own: its lines carry those of the span above, or none.
//!
//! # Telemetry events and spans in `tracing`
//!
//! [`forward`] attaches a handler that records each event in `tracing`, so that it shows up in the
//! log, and wherever else subscribers send it:
//!
//! ```
//! telemetry_tracing::forward(["shop.*"]).attach("log")?;
//! # Ok::<(), telemetry::AttachError>(())
//! ```
//!
//! | telemetry | `tracing` |
//! |---|---|
//! | an event `shop.cart.emptied` | an event, `message` is the name |
//! | the start of a span `shop.checkout` | a span of that name: start metadata, `trace_id`, `span_id` |
//! | the end of a span | an event in that span; the span records `duration`, `duration_ns`, `outcome`, `reason`, and closes |
//! | a completion-only span | an event |
//!
//! - **Level**: `DEBUG`, spans that end by a panic `ERROR`; see [`Forward::at`] and
//!   [`Forward::exceptions`]. `tracing_subscriber::fmt()` shows `INFO` and above unless told
//!   otherwise, and so almost none of this: give it a filter such as `info,telemetry=debug`, or
//!   choose another level.
//! - **Target**: `telemetry::shop::cart`, so that the directives `telemetry=debug` and
//!   `telemetry::shop=debug` of a filter choose it; see [`Forward::target`].
//! - **Fields**: each measurement and each piece of metadata under its key, integers, floats, flags
//!   and texts as such, everything else as its text. A duration is two fields: `duration` as people
//!   write it, `1.5ms`, and `duration_ns`, an integer. If two would have one name, the second is
//!   `measurement.key` or `metadata.key`. The clocks of a span's events, `monotonic_time` and
//!   `system_time`, are left out: subscribers have their own.
//! - **Parent**: the `tracing` span made of the telemetry span that is current, unless something
//!   has been entered in `tracing` since that span began: that is further inside then. What belongs
//!   to such a span goes to the subscriber that has it.
//! - **Cost**: nothing is gathered or printed for a level or target that no subscriber wants. The
//!   callsites are real ones, so subscribers are asked once and their answer is cached. They are
//!   made when an event is first seen, and kept for ever, but no more than [`MAX_CALLSITES`].
//!   The names of `tracing` are static: an event keeps its own name and its keys up to that limit,
//!   and with a key that it never had before it gets a wider callsite.
//! - **Sampling**: what the filters of the subscriber say. Whether a trace is sampled plays no part.
//!
//! # Chosen `tracing` events as telemetry events
//!
//! [`take_in`] makes a layer that emits a telemetry event for each `tracing` event of chosen
//! targets, so that metrics can be made of them:
//!
//! ```
//! use telemetry_tracing::{Rule, take_in};
//! use tracing_subscriber::filter::LevelFilter;
//! use tracing_subscriber::prelude::*;
//!
//! tracing_subscriber::registry()
//!     .with(take_in().rule(Rule::sqlx("shop.sqlx.query")).build()?)
//!     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
//!     .init();
//! # Ok::<(), telemetry_tracing::TakeInError>(())
//! ```
//!
//! With that, and `telemetry-metrics`, `distribution("shop.sqlx.query.duration")` is how long
//! queries take.
//!
//! - **Other callsites** are not touched: where no other layer wants them they stay disabled for
//!   good, and other layers get what they would get without this one. The layer brings its own
//!   filter. Give the others one each, as above, or put a filter around all of them: beside a layer
//!   without any, `tracing-subscriber` asks the filters anew about every single event. (Beside one
//!   with a filter, too, but only about what one of them wants; that is a dozen nanoseconds each.)
//!   A filter around all of them decides for this layer, too.
//! - **Cost**: an event is taken in on the thread that records it. If no handler is attached to the
//!   telemetry event, its fields are not looked at; but what is chosen is enabled, so whoever
//!   records it does the work of recording it. There may be thousands of rules.
//! - **The crate `log`**: what `tracing-log` passes on is taken in by the target of the record.
//! - **Changes at run time**: attach and detach handlers. The rules stay, as `tracing-subscriber`
//!   cannot replace a layer that has a filter; the filters of other layers may be reloaded.
//! - **Putting it together**: the layer may be in an `Option`, or boxed in a list of layers.
//!
//! # Both ways at once
//!
//! Nothing goes round in circles. What was forwarded is not taken in, and what was taken in is not
//! forwarded. What a handler records in `tracing` about an event that was taken in is not taken in,
//! and what a subscriber emits about an event that was forwarded is not forwarded. All of that is
//! seen on one thread: whoever carries events to another, and has an HTTP client there that records
//! its work in `tracing`, should not choose the targets of that client.
//!
//! # Values of strangers
//!
//! In both directions a text is cut after [`MAX_TEXT`] bytes, and a value whose `Display` or
//! `Debug` panics yields what it had printed by then. Of an event the first [`MAX_FIELDS`] fields
//! are forwarded. Control characters are passed on as they are: the formats of `tracing-subscriber`
//! and the reporters of telemetry escape them. A subscriber that panics is a handler that fails:
//! `telemetry::list_handlers` counts it.
//!
//! # Features
//!
//! Both are on by default: `ansi`, colours and [`WithIds`] around the format `pretty`; `json`,
//! [`WithIds`] around the JSON format. The versions are `tracing` 0.1 and `tracing-subscriber` 0.3.
//!
//! # Limits
//!
//! - A telemetry span that is current is not entered in `tracing`, so what others record in
//!   `tracing` meanwhile is not a child of the span made of it. Enter that yourself with
//!   [`span_of`] where it matters; [`WithIds`] needs nothing of the kind.
//! - What a span is given by `set` and `measure` is in the event of its end; a `tracing` span can
//!   have no field that was not known when it began.
//! - At most [`MAX_OPEN_SPANS`] spans made of ours are open; then old ones are closed. They are
//!   nested at most [`MAX_SPAN_DEPTH`] deep.
//! - A telemetry span that somebody else observes, but that is not forwarded or is filtered out, is
//!   a gap: what is inside it is not below the span around it.
//! - `tracing`'s feature `log`, which passes events on to the crate `log`, passes on those of its
//!   own macros, not what is forwarded.
//! - `tracing` spans are not taken in.

mod forward;
mod guard;
mod ids;
mod quiet;
mod take_in;
mod text;

pub use forward::{
    Forward, MAX_CALLSITES, MAX_FIELDS, MAX_OPEN_SPANS, MAX_SPAN_DEPTH, forward, span_of,
};
pub use ids::{Format, Ids, WithIds, ids};
pub use take_in::{Chosen, Rule, TakeIn, TakeInError, TakeInLayer, Taker, take_in};
pub use text::MAX_TEXT;
