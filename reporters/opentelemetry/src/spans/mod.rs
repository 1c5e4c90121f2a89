//! Spans: from the event with which one ends to its place in the queue.
//!
//! A span is written as it goes over the wire on the thread on which it ends, where all that it tells is
//! borrowed: into memory that the thread keeps, and from there to the end of one of the [queue](queue)'s
//! vectors. Each place in the program has a [plan](plan), which knows what becomes of its keys.

mod attribute;
mod clock;
mod convention;
mod ending;
mod link;
mod met;
mod names;
mod plan;
mod queue;
mod recorder;
mod request;
mod writer;

pub use convention::Convention;
pub(crate) use queue::{Batch, QueueLimits, SpanQueue};
pub(crate) use recorder::{SpanSettings, attach};
pub(crate) use request::request;

#[cfg(test)]
mod tests;
