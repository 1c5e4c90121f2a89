//! What the Prometheus reporter promises, seen from outside.
//!
//! All tests share one process and with it one registry of events, so each has event names of its
//! own. What needs `promtool`, `prometheus`, Node.js or Python is ignored unless asked for.

mod about;
mod client;
mod exposition;
mod grafana;
mod hostile;
mod late;
#[cfg(feature = "listener")]
mod listen;
mod official;
mod open;
mod openmetrics;
mod problems;
mod promtool;
mod quantiles;
#[cfg(feature = "http")]
mod respond;
#[cfg(feature = "axum")]
mod route;
mod scaling;
mod scrapers;
#[cfg(all(feature = "axum", feature = "listener"))]
mod server;
#[cfg(all(feature = "axum", feature = "listener"))]
mod servers;
mod strict;
mod support;
mod textfile;
mod vectors;
