//! What the layer says about real axum routers, driven as services and over real sockets.

mod bodies;
mod cancelled;
mod outcomes;
mod panics;
mod record;
mod routes;
mod unobserved;
mod whole_router;
mod wire;
