//! Periodic measurements as telemetry events.
//!
//! Some figures have no event of their own: the memory a process holds, the length of a queue, the
//! size of a map. A [`Poller`] reads them on a thread of its own, at a fixed rate, and emits them.
//!
//! ```
//! use std::sync::mpsc;
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//! use std::collections::HashMap;
//! use telemetry::execute;
//! use telemetry_poller::Poller;
//!
//! # fn main() -> Result<(), telemetry_poller::PollerError> {
//! let sessions: Arc<Mutex<HashMap<u64, String>>> = Arc::default();
//!
//! let poller = Poller::builder()
//!     .period(Duration::from_secs(10))
//!     .vm()
//!     .measurement("shop.sessions", {
//!         let sessions = sessions.clone();
//!         move || execute!("shop.sessions", { size: sessions.lock().unwrap().len() })
//!     })
//!     .start()?;
//! # poller.poll_now(Duration::from_secs(10)).unwrap();
//! # assert!(poller.list_measurements().iter().all(|row| row.failures == 0));
//! # Ok(()) }
//! ```
//!
//! It is a port of the BEAM's `telemetry_poller`.
//!
//! # Built-in events
//!
//! | event | measurements |
//! |---|---|
//! | `vm.memory` | `total`: resident bytes; `virtual`: bytes of address space |
//! | `vm.cpu` | `time`: CPU time (a `Duration`) used since the last poll; `cumulative`: since the process began |
//! | `vm.total_run_queue_lengths` | `total`: tasks in tokio's global queue |
//! | `vm.system_counts` | `threads`: OS threads; `tasks`: tokio tasks alive; `workers`: tokio worker threads; `open_files` |
//!
//! None has metadata. `vm.memory`, `threads` and `open_files` need Linux; `vm.cpu` also works on
//! macOS and FreeBSD. The tokio figures need a `tokio::runtime::Handle`. What there is no source
//! for is left out, never zero: a key from its event, and an event that would be empty altogether.
//!
//! # What is promised
//!
//! - **Fixed rate.** Ticks are at `start + init_delay + n × period`, however long the measurements
//!   take. A tick that passes while the poller is busy or late is missed and counted, see
//!   [`Poller::missed_ticks`]; there is no burst afterwards, and no drift.
//! - **Isolation.** A measurement that panics or fails is kept. It is skipped for 1, 2, 4, …
//!   periods (up to [`PollerBuilder::max_rest`]) until it succeeds again; failures are counted, see
//!   [`Poller::list_measurements`], and the 1st, 2nd, 4th, 8th, … also write one line to standard
//!   error. With `panic = "abort"` a panic ends the process: there is nothing to isolate.
//! - **It stops.** [`Poller::stop`] and dropping the poller wait for the thread, but not for ever.
//!
//! # Limits
//!
//! The measurements of one poller run one after the other, and a thread cannot be interrupted: one
//! that never returns keeps the others of its poller from running. It shows as an old
//! [`MeasurementInfo::running_since`]. What may hang belongs into a poller of its own, with
//! timeouts in the measurement itself. Handlers of the emitted events run on the poller's thread
//! and count as part of the measurement.

mod builder;
mod error;
mod measurement;
mod metrics;
mod poller;
mod ticks;
mod vm;
mod worker;

pub use builder::PollerBuilder;
pub use error::{PollNowError, PollerError};
pub use measurement::MeasurementInfo;
pub use metrics::metrics;
pub use poller::Poller;
