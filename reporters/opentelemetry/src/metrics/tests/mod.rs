//! What a receiver reads, decoded by somebody else's code.

mod attributes;
mod cumulative;
mod deltas;
mod expiry;
mod exponential;
mod model;
mod naming;
mod splitting;
mod support;
