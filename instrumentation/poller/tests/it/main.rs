//! What a poller does, seen from outside.

#[cfg(feature = "tokio")]
mod asynchronous;
mod changing;
mod definitions;
mod depth;
mod failures;
mod isolation;
#[cfg(target_os = "linux")]
mod listen;
mod rate;
#[cfg(all(target_os = "linux", feature = "tokio"))]
mod runtime;
mod starting;
mod stopping;
mod support;
#[cfg(target_os = "linux")]
mod threads;
#[cfg(target_os = "linux")]
mod vm;
