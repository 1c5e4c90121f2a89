//! Metrics: from the aggregator to the body of a request.
//!
//! | definition | OpenTelemetry |
//! |---|---|
//! | counter | sum that only grows |
//! | sum | sum, one that only grows unless it is `up_down` |
//! | last value | gauge; nothing as long as it was never set |
//! | distribution | histogram with its own buckets, or an exponential one |
//! | summary | exponential histogram |
//!
//! A [`Draft`](draft::Draft) says what a definition becomes, a [`Plan`](plan::Plan) how it is written. The [`Collector`] reads the aggregator, each
//! number once, and puts points into requests.
//!
//! # Cumulative and delta
//!
//! Cumulative points are made of a snapshot. Deltas come from a reader, whose marks are taken when a
//! request is known to have been delivered; so what was not is part of the next request. Sums that
//! may fall are cumulative in both, as the specification wants it.
//!
//! # Buckets
//!
//! Explicit bounds are upper bounds and belong to their buckets, as OpenTelemetry has it. The bounds
//! of our exponential buckets are lower ones: a number that is equal to one, such as a power of two,
//! is in the bucket above that in which an SDK of OpenTelemetry would have put it, 2.2 % further up at
//! most. And they are counted in nanoseconds and shown in seconds, whose bounds are elsewhere: the
//! nearest are taken, which are at most 1.1 % away (0.63 % for seconds).

mod attributes;
mod collected;
mod collector;
mod conventions;
mod draft;
mod exponential;
mod name;
mod observed;
mod options;
mod plan;
mod plans;
mod points;
mod request;
mod settings;
mod stream;

pub(crate) use collector::Collector;
pub(crate) use settings::MetricSettings;
pub use settings::{Histograms, Temporality};

#[cfg(test)]
mod tests;
