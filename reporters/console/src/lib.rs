//! Shows telemetry on a console: events as lines, metrics as a table, or both as lines of JSON.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_console::Console;
//!
//! # fn main() -> Result<(), telemetry_console::ConsoleError> {
//! let _console = Console::events().only(["shop.*"]).start()?;
//! telemetry::execute!(
//!     "shop.endpoint.stop",
//!     { duration: Duration::from_micros(1_204), bytes: 3_421 },
//!     { route: "/cart", status: 200 }
//! );
//! // 2026-11-21T10:19:53.412Z shop.endpoint.stop duration=1.2ms bytes=3.42kB route=/cart status=200
//! # Ok(()) }
//! ```
//!
//! | to see | begin with |
//! |---|---|
//! | every event as a readable line | [`Console::events`] |
//! | every event as a line of JSON | [`Console::events`], [`json`](EventsBuilder::json) |
//! | a table of what was counted, at an interval | [`Console::metrics`] |
//! | the same as lines of JSON | [`Console::metrics`], [`json`](MetricsBuilder::json) |
//!
//! All of them write to standard output, to [standard error](EventsBuilder::stderr), or to
//! [anything that can be written to](EventsBuilder::output). The [`Console`] that `start` returns
//! [flushes](Console::flush), [stops](Console::stop), and stops when it is dropped. There may be
//! several side by side.
//!
//! # Readable lines
//!
//! The time (UTC), the event's name, its measurements, its metadata, and the id of the trace in which
//! it was emitted, if any.
//!
//! - **Numbers**: a `Duration` as `850ns`, `1.2ms`, `3s`, `2m03s`, with three digits; bytes as `3.42kB`,
//!   by thousands, where the measurement is called `bytes`, ends in `_bytes`, or was [said to
//!   be](EventsBuilder::unit); everything else with all its digits. The clocks of a span's events
//!   (`monotonic_time`, `system_time`) are left out.
//! - **Texts** stand as they are if they are one word, and otherwise in quotation marks. Control
//!   characters, line breaks and marks of direction are escaped as Rust does, `\n`, `\u{1b}`: no value can
//!   forge a line or repaint the terminal. A text is [cut](EventsBuilder::max_text) after 1,024
//!   bytes, and after 256 kB a line gets no more keys; `…` is where something was cut off.
//! - **Colours**, see [`Colours`]: on a terminal only, unless the environment says otherwise.
//!
//! # Lines of JSON
//!
//! One object per event:
//!
//! | key | |
//! |---|---|
//! | `time` | RFC 3339, UTC, microseconds |
//! | `name`, `kind` | the kind is `event`, `span_start`, `span_stop`, `span_exception` or `span_complete` |
//! | `measurements` | an object. A length of time is an integer of nanoseconds under its key and `_ns`: `"duration_ns":1204000` |
//! | `metadata` | an object; what is neither text, number nor flag is the text that it prints |
//! | `trace_id`, `span_id` | of the span that the event begins or ends, or else in which it was emitted; absent outside of spans |
//! | `parent_span_id` | of the events of spans that have one above |
//! | `truncated` | `true` if a text was cut (after 16,384 bytes), or something was left out: keys after 256 kB, and the second of two that have one name |
//!
//! Integers have all their digits, up to 64 bits (many readers take numbers for floats, and lose what
//! is beyond 2^53). Floats are the shortest text that is read as the same float; `NaN`, `Infinity` and
//! `-Infinity`, which JSON does not have, are texts.
//!
//! Of metrics there is a line per series: `time`, `metric`, `type`, `tags` (the constant ones
//! included), `interval_ns`, `unit` (`seconds` or `bytes`; absent for plain numbers), and, as there are,
//! `count`, `sum`, `last`, `p50`, `p95`, `p99`, in that unit.
//!
//! # Tables
//!
//! A row per series that counted something since the table before, and one for every last value. What
//! is shown is of that time alone: `COUNT`, `SUM`, `LAST`, and the quantiles `P50`, `P95`, `P99` of
//! summaries and distributions, at most 2.2 % off. (For that, distributions keep values from the start
//! of the console on, which costs memory per series: see [`Needs::Values`](telemetry_metrics::Needs).)
//! Where nothing was counted no table is written.
//!
//! A table is as wide as the terminal: the beginning of a name and the end of the tags are cut, and
//! columns for which there is no room are left out; the title names them. It has at most
//! [50 rows](MetricsBuilder::max_rows), and a last line says what was left out. Constant tags are not
//! shown, nor are the metrics of this library about itself.
//!
//! # What is lost, and when
//!
//! [`Console::stats`] counts lines that were written, failed and were dropped; so does
//! [`Aggregator::health`](telemetry_metrics::Aggregator::health), for tables always and for events
//! [on request](EventsBuilder::health).
//!
//! - **An output that fails** (a closed pipe, a full disk) or panics costs the lines that it did not
//!   take. Nothing else happens: the program goes on, the output is tried again with the next line,
//!   and standard error hears of the first failure (not of a closed pipe: `program | head -1` is no
//!   news). Of metrics, what was not written is part of the next table.
//! - **A slow output** makes those wait who emit events, as `println!` does: each line is written on the
//!   emitting thread, under a lock. So it is out when `execute!` returns, and a program that crashes
//!   or calls `exit` has lost none. [`EventsBuilder::background`] puts a bounded queue and a thread in
//!   between: nobody waits, and what does not fit is dropped and counted. Tables are written by a
//!   thread of their own in any case.
//! - **Lines are whole**, whatever number of threads emit. Of a line that an output took in part, the
//!   rest is written before the next line; it counts as failed all the same if an error came in
//!   between.
//! - **Events that an output emits** while it is written to are not shown by any console, and are
//!   counted as dropped: they would never end. (What it emits on another thread is shown: do not
//!   write events to something that emits one for each of them.)
//! - **Everything** is what a console listens to unless told otherwise, so every `execute!` and span of
//!   the program is observed. See [`EventsBuilder::only`].
//!
//! A line costs no allocation once its thread is warm.

mod account;
mod background;
mod buffer;
mod colours;
mod console;
mod environment;
mod events;
mod json;
mod lines;
mod metrics;
mod moment;
mod output;
mod patterns;
mod problem;
mod quantity;
mod sink;
mod text;
mod units;

pub use account::Stats;
pub use colours::Colours;
pub use console::Console;
pub use events::EventsBuilder;
pub use metrics::MetricsBuilder;
pub use problem::{ConsoleError, Problem};
pub use telemetry_metrics::push::FlushError;
