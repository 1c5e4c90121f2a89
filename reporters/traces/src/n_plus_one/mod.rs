//! The detector of N+1 queries.
//!
//! [`handle`] attaches it; [`end`] takes out of an event what matters; [`shapes`] knows the statements;
//! [`shard`] counts, span by span; [`group`] says what is too much; [`finding`] and [`advice`] are what
//! people see. [`testing`] puts the same to tests.

mod advice;
mod builder;
mod detector;
mod end;
mod entry;
mod finding;
mod group;
mod handle;
mod normal;
mod shape;
mod shapes;
mod shard;
pub mod testing;
#[cfg(test)]
mod tests;

pub use builder::{NPlusOneBuilder, NPlusOneError};
pub use detector::Pressure;
pub use finding::Finding;
pub use handle::{MAX_FINDINGS, NPlusOne};
pub use normal::normalise;
