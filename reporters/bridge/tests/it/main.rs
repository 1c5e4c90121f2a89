//! What the bridges promise, seen from the exporters' side.
//!
//! All tests share one process and with it one event registry, so each has event names of its own.

mod any;
#[cfg(feature = "statsd")]
mod daemon;
mod expiry;
mod incoming;
#[cfg(feature = "prometheus")]
mod prometheus;
mod recording;
#[cfg(feature = "statsd")]
mod statsd;
mod support;
