//! What the reporter promises, seen from the daemon's side of real sockets.
//!
//! All tests share one process and with it one event registry, so each has event names of its own.

mod builder;
#[cfg(unix)]
mod chaos;
mod datadog;
mod dead_peer;
#[cfg(target_os = "linux")]
mod dogstatsd;
#[cfg(target_os = "linux")]
mod dogstatsd_server;
#[cfg(unix)]
mod etsy;
#[cfg(unix)]
mod flat_out;
mod grammar;
#[cfg(unix)]
mod real_daemon;
mod reference;
#[cfg(unix)]
mod sockets;
mod support;
mod udp;
#[cfg(unix)]
mod unix;
mod vectors;
mod wire;
