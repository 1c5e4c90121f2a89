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
//! is dropped, also by a test that panics, and leaves nothing attached.
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
//! A capture that is made in the scope of another is inside of it: both take its events. What
//! belongs to one scope and runs in another belongs to both.
//!
//! [`Capture::everywhere`] is the way out: it takes the events of the whole process.
//!
//! # With a server
//!
//! A server spawns a task for each connection, and that task begins with nothing around it. In a
//! `#[tokio::test]` that does not matter: server and test share the one thread.
//!
//! ```
//! use std::time::Duration;
//! use telemetry::testing::{assert_emitted, capture};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn serve(listener: TcpListener) {
//!     while let Ok((connection, _)) = listener.accept().await {
//!         tokio::spawn(async move {
//!             let request = telemetry::span!("shop.request", { path: "/cart" });
//!             request.wrap(async { drop(connection) }).await;
//!         });
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In a `#[tokio::test]`:
//! let requests = capture("shop.request.*");
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! tokio::spawn(serve(listener));
//!
//! TcpStream::connect(address).await?;
//! requests.wait_for("shop.request.stop", Duration::from_secs(5)).await?;
//! assert_emitted!(requests, "shop.request.stop", {}, { path: "/cart", outcome: "ok" });
//! # Ok(()) }
//! ```
//!
//! Where the server needs a runtime of many threads, build one whose threads belong to the test:
//!
//! ```
//! # use std::time::Duration;
//! # async fn serve() { tokio::spawn(async { telemetry::execute!("shop.request.stop") }); }
//! let requests = telemetry::testing::capture("shop.request.*");
//! let runtime = tokio::runtime::Builder::new_multi_thread()
//!     .worker_threads(2)
//!     .on_thread_start(requests.on_thread_start())
//!     .build()?;
//! runtime.spawn(serve());
//! runtime.block_on(requests.wait_for("shop.request.stop", Duration::from_secs(5)))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same goes for a runtime of one thread (`Builder::new_current_thread`) whose tasks use
//! `spawn_blocking`: the threads for that run `on_thread_start`, too.
//!
//! And where one server serves all tests, take its events [everywhere](Capture::everywhere), and
//! tell them apart by what is in them.
//!
//! # Waiting
//!
//! [`wait_for`](Capture::wait_for), [`wait_for_count`](Capture::wait_for_count) and
//! [`wait_where`](Capture::wait_where) have a deadline, and the error lists what was captured
//! instead. In async tests `.await` them, on whatever runtime, so that what should emit can run;
//! elsewhere call [`blocking`](Wait::blocking).
//!
//! # Pitfalls
//!
//! - **Foreign threads.** A thread, a `spawn_blocking` and, on a runtime of many threads
//!   (`#[tokio::test(flavor = "multi_thread")]` included), a task belongs to no capture unless it
//!   was given one, as above. A [`SpanContext`](crate::SpanContext) that was handed there is a span
//!   and not a capture. The message of a failing assert or wait counts the events that were
//!   emitted outside of the scope: if there are some, this is probably what happened.
//! - **What was not awaited.** Asserts do not wait. Of what another thread or task does, wait for
//!   the last event first.
//! - **Spans that run already.** Whether a span is observed is decided when it begins. One that
//!   began before the capture was made may end without being captured.
//! - **Captures made by a task.** On a runtime of many threads a capture that a spawned task makes
//!   adopts the thread on which that task happens to run, and with it whatever other tasks emit
//!   there. Make it before the tasks, on the thread of the test.
//! - **Events without end.** At most [`MAX_EVENTS`] events are kept, and the messages say how many
//!   there was no room for; [`take`](Capture::take) makes room.

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
pub use scoped::ScopeGuard;
pub use store::MAX_EVENTS;
pub use wait::{Wait, WaitError};
