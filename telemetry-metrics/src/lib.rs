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
//! event are written into a key once, the row is found once, and each metric's cell in it is
//! updated by atomic additions. Histograms are counted in their buckets when the event happens;
//! nothing is kept per event. So an emitter's price does not depend on how many reporters there
//! are, and memory is bounded by the number of series, which is bounded by
//! [`Metric::max_series`].
//!
//! Reporters read in one of two ways. [`Aggregator::snapshot`] is everything since the start, for
//! those that are asked (Prometheus). A [`Reader`] yields what was counted since it was last
//! acknowledged, for those that push (StatsD).
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
//! Times of single events are not kept. Series do not expire. Windowed quantiles, exemplars and
//! tags by hash are not there yet.

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
mod skip;
mod snapshot;
mod tag;
mod unit;
mod values;

pub use aggregator::{Aggregator, AggregatorBuilder, Snapshots};
pub use amount::Amount;
pub use check::{Check, DEFINITION_WARNING};
pub use definition::Definition;
pub use health::{Health, HealthReport};
pub use late::{Late, LateError, LateMetric, LateSeries};
pub use metric::{
    DEFAULT_MAX_SERIES, KNOWN_OPTIONS, Kind, Metric, counter, distribution, last_value, sum,
    summary,
};
pub use problem::{DefinitionProblem, Problem, StartError};
pub use reader::{Delta, DeltaData, Mark, Needs, Part, Reader};
pub use skip::Skip;
pub use snapshot::{Data, Distribution, Exemplar, Family, OVERFLOW_TAG, Series, Snapshot, Summary};
pub use tag::{MAX_TAG_LEN, TagValues};
pub use unit::{Dimension, Unit, UnitSpec};
