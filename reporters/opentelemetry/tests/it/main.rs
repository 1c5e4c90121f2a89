//! Everything that can be tried from outside, against a receiver that does as it is told.
//!
//! A reporter observes the spans of the whole process, so tests that count them are alone: each begins
//! with [`support::alone`].

mod chaos;
mod deadlines;
mod delivery;
mod deltas;
mod environment;
mod runtimes;
mod support;
mod trouble;
