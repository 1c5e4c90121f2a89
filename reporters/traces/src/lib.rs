//! Traces kept in memory, and a detector of N+1 queries.
//!
//! [`Traces`] keeps the last traces, bounded in bytes, and the slow and the failed longer than the
//! others: for a page that shows them, for people, and for tests. [`NPlusOne`] finds queries that are
//! run once per row.
//!
//! ```
//! use telemetry_traces::{Query, Traces};
//!
//! let traces = Traces::builder().memory(32 << 20).start()?;
//! telemetry::span!("shop.request", { route: "/cart" }).in_scope(|| {
//!     telemetry::span!("shop.repo.query", { source: "carts" }).finish();
//! });
//! let summary = &traces.list(&Query::new().route("/cart"))[0];
//! assert_eq!((summary.name(), summary.spans()), ("shop.request", 2));
//! // Draws it as a waterfall.
//! println!("{}", traces.get(summary.id()).unwrap());
//! # Ok::<(), telemetry_traces::TracesError>(())
//! ```
//!
//! # What is kept
//!
//! Spans, when they end, with all their values; not those of traces that are not sampled, which cost a
//! look at a flag. Each [`Class`] of traces has a share of the memory: those in progress, ordinary
//! ones, slow and failed ones. A class within its share loses nothing to a flood of others; of one
//! that has to give something up, the oldest traces go, whole.
//!
//! # What it costs
//!
//! A span that is kept costs the thread that ends it about a microsecond: three allocations and one
//! short lock out of sixteen, by trace id. Readers copy references under those locks, and build trees
//! outside of them. Nothing here blocks, fails or grows without bound, whatever the spans say.

mod n_plus_one;
mod store;

pub use n_plus_one::{
    Finding, MAX_FINDINGS, NPlusOne, NPlusOneBuilder, NPlusOneError, Pressure, normalise, testing,
};
pub use store::{
    Class, ClassStats, Cursor, Evicted, NotSeen, Outcome, Query, Row, SpanRecord, Trace, TraceSpan,
    TraceSummary, Traces, TracesBuilder, TracesError, TracesStats,
};
