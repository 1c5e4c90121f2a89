//! The Grafana dashboard: what it shows, and that Grafana and Prometheus would take it.

mod added;
mod definitions;
mod hostile;
mod looks;
mod marks;
mod rows;
mod schema;
#[cfg(all(feature = "axum", feature = "listener"))]
mod server;
mod shape;
mod signals;
#[cfg(all(feature = "axum", feature = "listener"))]
mod traffic;
mod view;
