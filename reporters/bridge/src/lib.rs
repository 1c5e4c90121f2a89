//! The bridge to the [`metrics`] crate, both ways.
//!
//! **Out**: any [`metrics::Recorder`], so any exporter of that ecosystem, is fed with what an
//! [`Aggregator`](telemetry_metrics::Aggregator) counts. [`Bridge`] takes a recorder that you made;
//! `StatsdBridge` (feature `statsd`) and `PrometheusBridge` (feature `prometheus`) make the two that
//! most people use, with settings that do not lose data.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_bridge::{Bridge, metrics};
//! use telemetry_metrics::{Aggregator, counter, summary};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # fn your_exporter() -> impl metrics::Recorder + Send + 'static { metrics::NoopRecorder }
//! let aggregator = Aggregator::builder()
//!     .metrics([
//!         counter("shop.endpoint.stop.count").tags(["route", "status"]),
//!         summary("shop.endpoint.stop.duration").tags(["route"]),
//!     ])
//!     .constant_tag("env", "prod")
//!     .start()?;
//! let bridge = Bridge::builder(&aggregator, your_exporter())
//!     .interval(Duration::from_secs(10))
//!     .start()?;
//! # telemetry::execute!("shop.endpoint.stop", { duration: Duration::ZERO }, { route: "/", status: 200 });
//! # Ok(()) }
//! ```
//!
//! # How the recorder is fed
//!
//! A thread of the bridge's own reads what was counted since the last time and records it: at an
//! interval, on request with a deadline, and once more when the bridge is stopped or dropped. An
//! emitter never meets the exporter, whatever that does: it does not pay for it, wait for it or
//! panic in it. One feed at a time is made, under a lock that whoever reads the exporter takes, too
//! ([`Bridge::read`], `PrometheusBridge::render`).
//!
//! | definition | recorded as |
//! |---|---|
//! | counter | counter, `increment` by the delta |
//! | sum | counter, in whole units: a fraction waits until it is whole |
//! | sum that may fall (`up_down`) | gauge, `set` to the total |
//! | last value | gauge, `set` if it was set |
//! | summary, distribution | histogram, `record_many` of numbers at most 2.2 % off; their mean is right, or up to 1.1 % off while there is a backlog |
//!
//! - **Names** are those of the definitions, tags become labels, constant tags are labels of every
//!   series, and what is beyond a definition's limit has the label `otel.metric.overflow`.
//! - **Units** are those of the definitions: seconds and bytes unless they say otherwise. What
//!   `metrics` has no word for is recorded in the unit next to it: minutes as seconds, kilobytes as
//!   bytes. Each definition is described once, with its unit and its description.
//! - Counters, sums and distributions **without tags** are registered at the start, so that an
//!   exporter that shows zeros can.
//! - The aggregator's families about itself (`telemetry.*`) are not fed.
//!
//! # What is lost
//!
//! The aggregator's state is kept until it was recorded, so what there was no time for, or what
//! failed, is part of the next feed. A recorder acknowledges by returning:
//!
//! - **A panic** of the recorder is taken for "not recorded". It is isolated, counted as failed, and
//!   tried again with the next feed; after the third time in a row, what it was about is given up
//!   and counted as dropped. A recorder that counted before it panicked has counted twice then. A
//!   feed ends after ten panics.
//! - **Numbers that an exporter cannot take** are kept away and counted as dropped: what is not
//!   finite, sums beyond 2⁶⁴ for counters, and what
//!   [`histogram_values`](BridgeBuilder::histogram_values) leaves out.
//! - **Histograms** are fed number by number, as `metrics` has no weights. Some ten million a second
//!   go into an exporter that keeps them in memory. Where more come, the backlog stays in the
//!   aggregator, where it takes no more memory; every series gets its turn.
//!
//! What was recorded, failed and dropped is in the account `bridge`, `bridge-statsd` or
//! `bridge-prometheus` of [`Aggregator::health`](telemetry_metrics::Aggregator::health).
//!
//! What the exporter itself loses later is its own affair, where no bridge of ours can help. The two
//! ready ones are made so that this does not happen, see there.
//!
//! # In
//!
//! [`MetricsRecorder`] is a [`metrics::Recorder`] that takes in what other people's code records with
//! `metrics::counter!`, `gauge!` and `histogram!`. Each metric becomes a family of the aggregator, in
//! the same snapshots as the definitions, so every reporter shows it.
//!
//! ```
//! use telemetry_bridge::{MetricsRecorder, metrics};
//! use telemetry_metrics::Aggregator;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder().start()?;
//! MetricsRecorder::builder(&aggregator)
//!     .buckets("rpc_duration*", [0.005, 0.05, 0.5])
//!     .build()
//!     .install()?; // the recorder of the whole program
//!
//! metrics::describe_histogram!("rpc_duration", metrics::Unit::Seconds, "Time of a call");
//! metrics::histogram!("rpc_duration", "method" => "get").record(0.03);
//! metrics::counter!("rpc_calls").increment(1);
//! # Ok(()) }
//! ```
//!
//! | recorded | family |
//! |---|---|
//! | counter | counter; with a unit of time or bytes a sum, so that the unit is known |
//! | gauge | last value; `increment` and `decrement` change the value that was set |
//! | histogram | summary; with [`buckets`](MetricsRecorderBuilder::buckets) a distribution |
//!
//! - **Units and descriptions** of `describe_counter!` and the others count if they come before the
//!   first number; of what comes later, only a description that is the first.
//! - **Names**: what a name of ours cannot contain becomes `_`. Where two would then be the same to a
//!   reporter, or one is a definition's, the later one gets its kind appended: `x` and `x.gauge`.
//! - **Labels** are tags. Those that mean something to a reporter (`le`, `quantile`, `__name__`) or
//!   are constant tags get the prefix `label_`; two keys that differ only in such characters as `.`
//!   and `_` are one, of which the first counts; empty ones are left out, and beyond 32 keys of one
//!   metric all others.
//! - **It is bounded**: [`max_metrics`](MetricsRecorderBuilder::max_metrics) (1,000), beyond which
//!   numbers are counted as dropped in the account `metrics-recorder`, and
//!   [`max_series`](MetricsRecorderBuilder::max_series) (2,000) of each, beyond which they are counted
//!   in one overflow series. In that one, `absolute` of a counter and steps of a gauge have nothing
//!   that they are relative to, and are dropped.
//! - What is not finite is counted in `telemetry.metric.skipped`, as everywhere.
//! - A handle (`let hits = counter!(..)`) costs a few nanoseconds per call; the macro looks its
//!   series up each time, as with any recorder.

mod bridge;
mod feed;
mod incoming;
mod isolate;
mod notice;
mod problem;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "statsd")]
mod statsd;
mod unit;

pub use bridge::{Bridge, BridgeBuilder};
pub use incoming::{AlreadyInstalled, MetricsRecorder, MetricsRecorderBuilder};
/// The crate whose recorders are meant, in the version that is meant.
pub use metrics;
pub use problem::BridgeError;
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusBridge, PrometheusBridgeBuilder};
#[cfg(feature = "statsd")]
pub use statsd::{StatsdBridge, StatsdBridgeBuilder, StatsdFormat};
pub use telemetry_metrics::push::FlushError;
