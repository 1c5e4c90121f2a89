//! The store of the last traces.
//!
//! A span comes when it has ended, on the thread that ended it: children before their parents, and
//! nothing says that a trace is complete. So there is no stage of traces that are being put together:
//! a span goes straight to its trace, which can be read at any time, and the tree is built by whoever
//! reads.
//!
//! Traces are spread over shards by their ids. A span takes the lock of one shard once, after all
//! that takes time has been done: its record is made, its memory reserved. What has to go goes whole,
//! one trace at a time, outside of the lock.

mod account;
mod bell;
mod budget;
mod builder;
mod class;
mod entry;
mod fields;
mod keeper;
mod outcome;
mod problem;
mod query;
mod record;
mod settings;
mod shard;
mod stats;
mod text;
mod trace;
mod traces;
mod tree;
mod waterfall;

pub use builder::TracesBuilder;
pub use class::Class;
pub use outcome::Outcome;
pub use problem::TracesError;
pub use query::{Cursor, Query, TraceSummary};
pub use record::SpanRecord;
pub use stats::{ClassStats, Evicted, TracesStats};
pub use trace::{Row, Trace, TraceSpan};
pub use traces::{NotSeen, Traces};
