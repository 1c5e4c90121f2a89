//! What the reporter promises, seen from the daemon's side of real sockets.
//!
//! All tests share one process and with it one event registry, so each has event names of its own.

mod builder;
mod dead_peer;
mod grammar;
mod real_daemon;
mod support;
mod udp;
mod vectors;
mod wire;
