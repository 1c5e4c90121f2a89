//! What the layer says about real axum routers, driven as services and over real sockets.

mod bodies;
mod cancelled;
mod channel;
mod channel_socket;
mod client;
mod client_by_hand;
mod client_metrics;
mod client_service;
mod client_support;
mod client_trace;
mod context;
mod in_flight;
#[cfg(feature = "axum")]
mod metrics;
mod outcomes;
mod panics;
mod plain_hyper;
mod record;
#[cfg(feature = "axum")]
mod routes;
mod sizes;
mod streaming;
mod traceparent;
mod unobserved;
#[cfg(feature = "axum")]
mod whole_router;
mod wire;
