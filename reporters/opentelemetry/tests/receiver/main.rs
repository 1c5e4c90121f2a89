//! The reporter and a receiver that somebody else wrote.
//!
//! A binary of its own: a reporter sends every span of its process.

mod environment;
mod many;
mod metrics;
mod outage;
mod spans;
mod support;
