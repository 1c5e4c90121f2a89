//! What a poller does, seen from outside.

mod failures;
mod rate;
mod starting;
mod stopping;
mod support;
#[cfg(target_os = "linux")]
mod vm;
