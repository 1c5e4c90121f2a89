//! OpenTelemetry reporter: every span as a span, every metric as a metric, over OTLP.
//!
//! ```no_run
//! use std::time::Duration;
//! use telemetry_metrics::{Aggregator, counter, distribution};
//! use telemetry_opentelemetry::OpenTelemetry;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder()
//!     .metrics([
//!         counter("shop.endpoint.stop.count").tags(["route", "status"]),
//!         distribution("shop.endpoint.stop.duration").tags(["route"]),
//!     ])
//!     .start()?;
//! let otel = OpenTelemetry::builder(&aggregator)
//!     .endpoint("http://localhost:4318")
//!     .service_name("shop")
//!     .environment() // OTEL_EXPORTER_OTLP_ENDPOINT and the others, for what is not said here
//!     .start()?;
//!
//! telemetry::span!("shop.endpoint", { route: "/", status: 200 }).finish();
//!
//! otel.stop(Duration::from_secs(5))?;
//! # Ok(()) }
//! ```
//!
//! It is a writer of the protocol, and needs nothing of OpenTelemetry's own libraries: a span is written
//! as it goes over the wire on the thread on which it ends, and put into a queue; a thread of the
//! reporter's own sends what is there. Metrics are read from the aggregator, so they cost the emitting
//! threads nothing more.
//!
//! # Spans
//!
//! - **Which**: every span ([`telemetry::span!`], [`telemetry::completion_span!`], `#[measured]`) whose trace is
//!   [sampled](telemetry::SpanContext::is_sampled). A [`Sampler`] says which those are.
//! - **What**: ids, parent and times are those of the span. Metadata and measurements are attributes, times
//!   in seconds. `outcome` is the status; a panic and the error of a `Result` are `exception` events.
//!   `link`, a `traceparent`, is a link.
//! - **Names**: spans of the instrumentation crates are recognised by their keys and get names and
//!   attributes after OpenTelemetry's semantic conventions; for others a [`Convention`] can be
//!   [said](OpenTelemetryBuilder::convention). The metadata `otel.name` and `otel.kind` are obeyed.
//!
//! # Metrics
//!
//! Counters and sums are sums, last values are gauges, distributions are [histograms](Histograms), summaries
//! are exponential histograms, as [totals or deltas](Temporality). Times are in seconds, sizes in bytes.
//! Histograms have exemplars. The ready-made lists of the instrumentation crates have names and
//! attributes after the semantic conventions, all else has its own; `.option("otel_name", "..")` of a
//! definition says another one. Constant tags of the aggregator are attributes of points.
//!
//! # What is lost
//!
//! Spans wait in a queue that is [bounded](OpenTelemetryBuilder::span_queue); when it is full, new ones are
//! dropped. A batch that cannot be delivered is tried again, with pauses that grow, for
//! [a minute](OpenTelemetryBuilder::retry_for); meanwhile the queue goes on filling up. What the receiver
//! refuses, and what is late then, is dropped. All of it is counted: a span is sent, dropped, or still in the
//! queue ([`OpenTelemetry::health`]). The first of each kind of trouble is told on standard error, once
//! until it is over.
//!
//! Metrics that could not be delivered are part of the next request, as totals or as larger deltas. A
//! request that was delivered, but whose answer got lost, is sent twice: spans have ids, by which receivers can
//! tell; the numbers of deltas are counted twice then.
//!
//! # Threads and runtimes
//!
//! The thread has a tokio runtime of its own, whatever the program's is, or if it has none. Starting,
//! [flushing](OpenTelemetry::flush), [stopping](OpenTelemetry::stop) and dropping work everywhere, also in async
//! code, and are over by their deadline. They block the thread that calls them, though: in async code there
//! are [`flush_async`](OpenTelemetry::flush_async) and [`stop_async`](OpenTelemetry::stop_async).
//!
//! The reporter emits nothing, so it never reports itself.
//!
//! # Features
//!
//! | feature | what it adds | |
//! |---|---|---|
//! | `gzip` | [`Compression::Gzip`] | on by default |
//! | `tls` | `https` endpoints, by `rustls` with the system's certificates or others | on by default |
//! | `grpc` | [`Protocol::Grpc`] | |

mod builder;
mod endpoint;
mod environment;
mod handle;
mod metrics;
mod problem;
mod proto;
mod resource;
mod sampling;
mod settings;
mod spans;
mod start;
mod transport;
mod worker;

pub use builder::OpenTelemetryBuilder;
pub use handle::{OpenTelemetry, OpenTelemetryHealth};
pub use metrics::{Histograms, Temporality};
pub use problem::{OpenTelemetryError, Problem};
pub use sampling::Sampler;
pub use settings::{Compression, Protocol};
pub use spans::Convention;
pub use telemetry_metrics::push::FlushError;
