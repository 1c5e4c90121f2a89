//! What the Prometheus reporter promises, seen from outside.
//!
//! All tests share one process and with it one registry of events, so each has event names of its
//! own. What needs `promtool` or `prometheus` is ignored unless asked for.

mod exposition;
mod hostile;
mod problems;
mod promtool;
#[cfg(feature = "axum")]
mod route;
#[cfg(feature = "axum")]
mod server;
mod strict;
mod support;
mod vectors;
