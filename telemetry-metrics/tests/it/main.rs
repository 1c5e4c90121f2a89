//! What definitions, the aggregator, snapshots and readers promise, seen from outside.
//!
//! All tests share one process and with it one registry of handlers, so each has event names of
//! its own. An aggregator detaches when it is dropped, so nothing is left behind.

mod closures;
mod conservation;
mod exemplars;
mod expiry;
mod expiry_threads;
mod exponential;
mod hash_tags;
mod history;
mod history_windows;
mod kinds;
mod late;
mod leases;
mod lifecycle;
mod limits;
mod quantiles;
mod readers;
mod readers_parts;
mod readers_threads;
mod skipped;
mod spans;
mod support;
mod tags;
mod threads;
mod units;
mod vectors;
