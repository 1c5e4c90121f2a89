//! For tests: capture what a piece of code emits, wait for it, and assert on it.
//!
//! ```
//! use telemetry::testing::{assert_emitted, assert_not_emitted, capture};
//!
//! fn place_order(total: u32) {
//!     telemetry::execute!("shop.order.placed", { total }, { currency: "EUR" });
//! }
//!
//! // In a `#[test]`:
//! let orders = capture("shop.order.*");
//! place_order(3);
//! assert_emitted!(orders, "shop.order.placed", { total: 3 }, { currency: "EUR" });
//! assert_not_emitted!(orders, "shop.order.cancelled");
//! ```
//!
//! An event that nobody else observes is observed while it is captured. The capture ends when it
//! is dropped.
//!
//! # Which events
//!
//! Handlers are global, and the tests of a program run side by side in one process. So a capture
//! does not take every event of its pattern: it takes those that are emitted *in its scope*. To the
//! scope belongs
//!
//! - **the thread that called [`capture`]**, until the capture is dropped. A plain `#[test]` needs
//!   nothing else, nor does a `#[tokio::test]` with its current-thread runtime: all that is
//!   spawned there runs on this thread;
//! - **what is run in it**, on any thread: futures in [`Capture::scope`], closures in
//!   [`Capture::in_scope`], and what goes on while a [`Capture::enter`] guard lives;
//! - **what these hand on**: a span that begins in the scope ends in it, wherever it ends, and what
//!   is wrapped by [`Span::wrap`](crate::Span::wrap) or
//!   [`in_current_context`](crate::in_current_context) in it stays in it;
//! - **threads that ran [`Capture::on_thread_start`]**: a way to have everything that a runtime
//!   runs, whoever spawned it.
//!
//! A capture that is made in the scope of another is inside of it: both take its events.
//!
//! With a server on a runtime of many threads, whose tasks begin with nothing:
//!
//! ```
//! # use std::time::Duration;
//! # async fn serve() { tokio::spawn(async { telemetry::execute!("shop.request.stop") }); }
//! let requests = telemetry::testing::capture("shop.request.*");
//! let runtime = tokio::runtime::Builder::new_multi_thread()
//!     .worker_threads(2)
//!     .on_thread_start(requests.on_thread_start())
//!     .build()?;
//! runtime.block_on(async {
//!     tokio::spawn(serve());
//!     requests.wait_for("shop.request.stop", Duration::from_secs(5)).await
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Waiting
//!
//! [`wait_for`](Capture::wait_for) and its likes have a deadline, and the error lists what was
//! captured instead. In async tests `.await` them, so that what should emit can run; elsewhere
//! call [`blocking`](Wait::blocking).
//!
//! # Limits
//!
//! - On a runtime of many threads (`#[tokio::test(flavor = "multi_thread")]` included) a task that
//!   was spawned with nothing around it, on a thread that was not adopted, belongs to no capture:
//!   spawn `in_current_context(..)`, or build the runtime with `on_thread_start`. The same goes for
//!   threads and `spawn_blocking`.
//! - Whether a span is observed is decided when it begins. One that began before the capture was
//!   made may end without being captured.
//! - A capture that is made by a task on a runtime of many threads adopts the thread on which that
//!   task happens to run, and with it whatever other tasks emit there.
//! - At most [`MAX_EVENTS`] events are kept.

mod assert;
mod bell;
mod capture;
mod report;
mod scoped;
pub(crate) mod scopes;
mod store;
mod wait;

pub use crate::{assert_emitted, assert_not_emitted};
#[doc(hidden)]
pub use assert::{emitted as __emitted, not_emitted as __not_emitted};
pub use capture::{Capture, capture, capture_many};
pub use scoped::{InScope, ScopeGuard};
pub use store::MAX_EVENTS;
pub use wait::{Wait, WaitError};
