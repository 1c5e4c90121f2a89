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
//! # What can be measured
//!
//! - What the process and its runtime look like: [`PollerBuilder::vm`].
//! - Anything, with a function: [`PollerBuilder::measurement`], and
//!   [`try_measurement`](PollerBuilder::try_measurement) if it can fail.
//! - Anything, with a future (feature `tokio`):
//!   `PollerBuilder::async_measurement`.
//! - How full a queue is: [`PollerBuilder::mailbox`], with `channel_depth` for tokio's channels; and
//!   how large a map: [`PollerBuilder::table`].
//!
//! A [`Measurement`] may have a timeout and a period of its own, and can be added to a running
//! poller and removed from it: [`Poller::add`], [`Poller::remove`].
//!
//! # Built-in events
//!
//! | event | measurements |
//! |---|---|
//! | `vm.memory` | `total`: resident bytes; `virtual`: bytes of address space |
//! | `vm.cpu` | `time`: CPU time (a `Duration`) used since the last poll; `cumulative`: since the process began; `utilization`: the part used of what all available cores could have given since the last poll, from 0 to 1 |
//! | `vm.total_run_queue_lengths` | `total`: tasks in tokio's global queue |
//! | `vm.system_counts` | `threads`: OS threads; `tasks`: tokio tasks alive; `workers`: tokio worker threads; `open_files`, and `open_files_limit` (the soft one) |
//! | `vm.tokio` | since the last poll: `busy_time` (a `Duration`) of all workers; `utilization`: the part of their time, from 0 to 1; `parks`: how often they went to sleep |
//! | `{prefix}.mailbox` | `depth`, `capacity`; metadata `name` |
//! | `{prefix}.table` | `size`; metadata `name` |
//!
//! The `vm.*` events have no metadata. `vm.memory`, `threads` and `open_files` need Linux; `vm.cpu`
//! also works on macOS and FreeBSD. The tokio figures need the feature `tokio` (on by default) and a
//! `tokio::runtime::Handle`. What there is no source for is left out, never zero: a key from its
//! event, and an event that would be empty altogether.
//!
//! tokio counts a worker's busy time when the worker goes to sleep, so one that is busy throughout a
//! period shows in a later one.
//!
//! Built with `RUSTFLAGS="--cfg tokio_unstable"`, `vm.tokio` also has what tokio itself may change:
//! now, `blocking_threads`, `idle_blocking_threads`, `blocking_queue`, `local_queue` (of all workers)
//! and `mean_poll_time` (a `Duration`: tokio's moving average, of the worker where it is longest);
//! since the last poll, `spawned`, `polls`, `steals`, `overflows`, `remote_schedules` and
//! `forced_yields`.
//!
//! # What is promised
//!
//! - **Fixed rate.** Ticks are at `start + init_delay + n × period`, however long the measurements
//!   take. A tick at which a measurement still runs is missed by that one, and counted, see
//!   [`MeasurementInfo::missed`] and [`Poller::missed_ticks`]; there is no burst afterwards, and no
//!   drift.
//! - **Isolation.** Measurements run one after the other on one thread, and while one of them takes
//!   longer than a quarter of the period (at least 5 ms, at most 50), the others go on without it on
//!   another. One that takes longer than its [timeout](PollerBuilder::timeout) has failed; it is
//!   shown as [hanging](MeasurementInfo::hanging) and not started again before it returns. So there
//!   are at most two threads, and one more per measurement that takes its time; and one more while
//!   standard error is a pipe that nobody reads. No more than 32 hanging ones that were
//!   [removed](Poller::remove) are replaced.
//! - **Failures are not the end.** A measurement that panics, fails or takes too long is kept. It is
//!   skipped for 1, 2, 4, … periods (up to [`PollerBuilder::max_rest`]) until it succeeds again;
//!   failures are counted, see [`Poller::list_measurements`], and the 1st, 2nd, 4th, 8th, … also
//!   write one line to standard error. With `panic = "abort"` a panic ends the process: there is
//!   nothing to isolate.
//! - **Futures are really stopped.** One that takes longer than its timeout, is removed, or runs at
//!   the stop is dropped, by its runtime. It never blocks the poller's threads.
//! - **It stops.** [`Poller::stop`] and dropping the poller wait for the threads, but not for ever.
//!
//! # Limits
//!
//! A thread cannot be interrupted: a function that never returns keeps its thread, and what it
//! captured, to the end of the process. Handlers of the emitted events run on the thread of the
//! measurement, or in its task, and count as part of it. Two measurements may run at the same time
//! when one of them is slow; one never runs twice at a time.

mod builder;
mod builtin;
mod clock;
mod depth;
mod entry;
mod error;
mod info;
mod isolate;
mod measurement;
mod metrics;
mod poller;
mod report;
mod shared;
mod state;
#[cfg(feature = "tokio")]
mod task;
mod ticks;
mod vm;
mod worker;

pub use builder::PollerBuilder;
pub use depth::Depth;
#[cfg(feature = "tokio")]
pub use depth::channel_depth;
pub use error::{PollNowError, PollerError};
pub use info::MeasurementInfo;
pub use measurement::Measurement;
pub use metrics::{mailbox_metrics, metrics, table_metrics};
pub use poller::Poller;
