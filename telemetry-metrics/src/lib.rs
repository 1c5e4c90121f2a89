//! Metrics over telemetry events.
//!
//! A **definition** says which number of which event matters, and by which tags. There are five
//! kinds, [`counter`], [`sum`], [`last_value`], [`summary`] and [`distribution`]. An
//! [`Aggregator`] attaches to the events that a list of definitions names and keeps every number
//! up to date in place; **reporters** read it.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_metrics::{Aggregator, Data, Metric, counter, distribution};
//!
//! fn metrics() -> Vec<Metric> {
//!     vec![
//!         counter("shop.endpoint.stop.count").tags(["route", "status"]),
//!         distribution("shop.endpoint.stop.duration").tags(["route"]),
//!     ]
//! }
//!
//! # fn main() -> Result<(), telemetry_metrics::StartError> {
//! let aggregator = Aggregator::builder().metrics(metrics()).start()?;
//!
//! let duration = Duration::from_millis(3);
//! telemetry::execute!("shop.endpoint.stop", { duration }, { route: "/", status: 200 });
//!
//! let snapshot = aggregator.snapshot();
//! let tags = [("route", "/"), ("status", "200")];
//! assert_eq!(snapshot.find("shop.endpoint.stop.count", &tags), Some(&Data::Counter(1)));
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! Metrics of the same events with the same tags form a group and share **rows**: the tags of an
//! event are hashed where they lie, the row is found once, and each metric's cell in it is updated.
//! A thread writes to cells that it alone writes, so that it needs no atomic addition and waits
//! for nobody; whoever reads adds up those of all threads. Where in an event a number or a tag stands
//! is found out once per place in the program that emits it. Histograms are counted in their buckets
//! when the event happens; nothing is kept per event, and in the long run nothing is allocated. So an
//! emitter's price does not depend on how many reporters there are, and memory is bounded by the
//! number of series, which is bounded by [`Metric::max_series`].
//!
//! Tags with many values are [hashed](Metric::hash_tag) into a few, and series that nobody counts in
//! any more [go](AggregatorBuilder::expire_after) if that is wanted.
//!
//! # How it is read
//!
//! | | for | see |
//! |---|---|---|
//! | everything since the start | those that are asked, such as Prometheus | [`Aggregator::snapshot`] |
//! | what was added since it was last acknowledged | those that push, such as StatsD | [`Aggregator::reader`], [`push`] |
//! | the recent past of all series | charts | [`history::History`] |
//! | summaries over a recent window | those that are asked and show quantiles | [`history::Windows`] |
//!
//! Reading never makes an emitter wait. Numbers that are no events are added by [`Aggregator::late`].
//!
//! # Nothing is silent
//!
//! An event that a metric does not count is counted by reason ([`Skip`]), a missing tag is counted,
//! and so is what exceeds a limit of series. Snapshots contain those counts as families under
//! `telemetry.`, together with what each reporter has sent, failed to send and dropped
//! ([`Health`]).
//!
//! A definition whose event nothing in the program emits would stay silent for ever. It is found when
//! the aggregator starts, see [`AggregatorBuilder::check_definitions`].
//!
//! # Limits
//!
//! - Times of single events are not kept, and of their numbers only what the metric is about. A
//!   [`Reader`] that needs values gets them grouped: at most 2.2 % off, with the right mean; a number
//!   that is alone in its group has eight digits, one that is alone in its delta is exact. Quantiles
//!   are at most 1.083 % off.
//! - Values of magnitudes below 2^-64 or beyond 2^64 (nanoseconds, bytes, ones) are grouped with those.
//!   Totals know them as they are.
//! - Sums of plain numbers are `f64`: integers are exact up to 2^53. What does not fit into a total is
//!   skipped, and counted.
//! - A group has at most 2^20 series, and a tag's value at most [`MAX_TAG_LEN`] bytes.
//! - Each thread that counts in a series takes 8 bytes for each of its words: a counter has one, a
//!   distribution one per bound and two more. They stay when the thread ends, for the next.

mod aggregator;
mod amount;
mod arena;
pub mod buckets;
mod cells;
mod check;
mod definition;
mod exemplar;
mod expiry;
mod exponential;
mod exponential_buckets;
mod group;
mod health;
pub mod history;
mod isolate;
mod key;
mod late;
mod lease;
mod metric;
mod plan;
mod problem;
pub mod push;
mod reader;
mod readers;
mod reading;
mod record;
mod resolve;
mod row;
mod rows;
mod self_metrics;
mod shared;
pub mod signals;
mod skip;
mod snapshot;
mod tag;
mod unit;
mod values;

pub use aggregator::{Aggregator, AggregatorBuilder, Snapshots};
pub use amount::Amount;
pub use check::{Check, DEFINITION_WARNING};
pub use definition::Definition;
pub use exponential_buckets::ExponentialBuckets;
pub use health::{Health, HealthReport};
pub use late::{Late, LateError, LateMetric, LateSeries};
pub use metric::{
    DEFAULT_MAX_SERIES, KNOWN_OPTIONS, Kind, Metric, counter, distribution, last_value, sum,
    summary,
};
pub use problem::{DefinitionProblem, Problem, StartError};
pub use reader::{Delta, DeltaData, HistogramDelta, Mark, Needs, Part, Reader};
pub use skip::Skip;
pub use snapshot::{Data, Distribution, Exemplar, Family, OVERFLOW_TAG, Series, Snapshot, Summary};
pub use tag::{MAX_TAG_LEN, TagValues};
pub use unit::{Dimension, Unit, UnitSpec};
