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
//!   of one second. A chart has no slots that are shorter than the steps in them ([`Slots::step`]), so
//!   it shows no peak that was not there.
//! - **Totals.** For each definition with tags, all its series together are recorded as one more, at
//!   full resolution ([`History::totals`]): exactly what was counted in all of them, whether they
//!   expire, come back, or are left out for lack of room. Of those that are left out it must be known
//!   how far they have counted, about 200 bytes each, for which a quarter of the budget is there; totals
//!   are without what is beyond that.
//! - **The budget holds.** When it is hit, the quietest series become coarse, one after the other and
//!   no more than needed: only their newest 60 steps stay fine (down to 9 if that is not enough), and what
//!   is older is ten times as coarse as that of others. Totals and the busiest 32 series keep the
//!   full plan. When all others are coarse, half as many steps stay fine for everybody, and so on until
//!   there are nine, unless what is fine takes less than an eighth of the budget. Only then are series
//!   left out, the quietest first, and totals last. Where there is room again, all of that goes back, but
//!   what was merged stays so. Slots of a coarse series are as long as its steps; asked for together
//!   with others, so are theirs. [`Status`] says how far it came.
//! - **What fits in.** A series takes about 500 bytes and its past; a summary of numbers over two decades,
//!   600 more for its present state. The past of a day, in which something happened every second, takes
//!   about 4 kB for a counter and 33 kB for a distribution with numbers in five buckets. So 1,000 busy
//!   counters and 1,000 busy distributions take 38 of 64 MiB, a day long, and none is coarse; of
//!   twice as many, up to a tenth are. Not in the budget: the snapshot of the moment, what answers to
//!   questions take (they may hold a copy of the past that they read), and a table of 32 KiB that all
//!   share.
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
mod rest;
mod room;
mod slots;
mod sparse;
mod stats;
mod step;
mod store;
mod together;
mod totals;
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
