//! Traces kept in memory, and a detector of N+1 queries.

mod n_plus_one;
mod store;

pub use n_plus_one::{
    Finding, MAX_FINDINGS, NPlusOne, NPlusOneBuilder, NPlusOneError, Pressure, normalise, testing,
};
pub use store::{
    Class, ClassStats, Cursor, Evicted, NotSeen, Outcome, Query, Row, SpanRecord, Trace, TraceSpan,
    TraceSummary, Traces, TracesBuilder, TracesError, TracesStats,
};
