//! What a receiver reads, decoded by somebody else's code.

mod attributes;
mod cumulative;
mod deltas;
mod expiry;
mod exponential;
mod model;
mod naming;
mod ready_made;
mod splitting;
mod support;
mod threads;
