//! `telemetry::testing`, as tests use it.
//!
//! They all run side by side in one process, and several capture the very same events: that this
//! does not mix is what is tested.

mod assert;
mod everywhere;
mod many;
mod membership;
mod nesting;
mod reading;
mod server;
mod wait;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long anything may take before it counts as stuck.
const DEADLINE: Duration = Duration::from_secs(20);

/// What the panic of `work` says.
fn panic_of<R>(work: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(work)) else {
        panic!("it did not panic");
    };
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    })
    .expect("a text")
}
