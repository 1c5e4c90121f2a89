//! The recent past: of all series within one byte budget, or of summaries only.
//!
//! [`Windows`] answers quantiles over a recent window for reporters that are asked, from the snapshots
//! that they take anyway. [`History`] remembers all series, for charts that go back to the start of
//! the process, for quantiles and exact counts over any window, and for whoever wants to be told of
//! news.
//!
//! # What a history remembers
//!
//! Every second (the interval) the thread of a [`History`] takes a snapshot, and keeps what was added
//! to each series since the one before: counts, sums, and counts by bucket, so that quantiles over
//! any range come from merged buckets, at most 1.083 % off for a summary. Of a last value it keeps
//! changes. What does not change takes no memory; a counter that does takes two or three bytes per
//! step.
//!
//! - The first sample is taken when it starts. What was counted before is not part of it; a series
//!   that is met later counts from its beginning.
//! - **Old steps get longer.** The newest 600 are as fine as they were sampled, then there are
//!   groups of ten, beyond 6,000 intervals of a hundred, and so on. Counts and sums stay exact: steps
//!   are added up, never thinned. A range whose beginning lies within a long step begins with the
//!   whole of it ([`Stats::covered`] says how long it really is); the newest ten minutes have steps
//!   of one second.
//! - **The budget holds.** When it is hit, half as many steps stay fine, and so on until there are
//!   nine. Only then are series left out: those that are new, and those that have no room to go on,
//!   and nobody is admitted for the next 600 samples. [`Status`] says how far it came. A series takes
//!   about 350 bytes and its past; a summary of numbers over two decades, 600 more for its present
//!   state. Not in the budget: the snapshot of the moment, what answers to questions take, and a
//!   table of 32 KiB that all share.
//! - A series that expired stays as long as its past is there. One that comes back goes on, and what
//!   it counted since is part of the step in which it came.
//! - Steps are spaced by the monotonic clock, so setting the wall clock moves labels only. A process
//!   that was suspended has a gap: one long step, no burst of samples.

mod activity;
mod asked;
mod axes;
mod axis;
mod bucket;
mod builder;
mod families;
mod key;
mod latest;
mod merged;
mod meter;
mod points;
mod query;
mod range;
mod recorder;
mod room;
mod slots;
mod sparse;
mod stats;
mod step;
mod store;
mod together;
mod track;
mod trail;
mod varint;
mod windows;

#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use builder::{HistoryBuilder, HistoryError};
pub use latest::Latest;
pub use points::{Points, Show};
pub use query::{PastSeries, SeriesId};
pub use range::{Range, Tick};
pub use recorder::{History, Status};
pub use slots::Slots;
pub use stats::Stats;
pub use windows::{Window, Windows};
