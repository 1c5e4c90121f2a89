//! What the crate does, seen from outside.
//!
//! Subscribers are those of one thread here (`set_default`); what needs a global one is in the
//! binary `global`.

mod chosen;
mod events;
mod hostile;
mod lines;
mod log_crate;
mod spans;
#[path = "../support/mod.rs"]
mod support;
