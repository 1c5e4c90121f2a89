//! Whether the right alerts fire, and no others, in the process and in a real Prometheus.
//!
//! Not among the other integration tests, which run beside one another: a test that fails there, or takes
//! all processors, would rightly set off an alert here.

mod chaos;
mod saturation;

#[allow(dead_code, reason = "shared with the other integration tests")]
#[path = "../it/support/mod.rs"]
mod support;
