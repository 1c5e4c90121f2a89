//! Prometheus reporter: the numbers of an [`Aggregator`](telemetry_metrics::Aggregator), as text
//! for a Prometheus server to scrape.
//!
//! ```
//! use telemetry_metrics::{Aggregator, counter, distribution};
//! use telemetry_prometheus::Prometheus;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder()
//!     .metrics([
//!         counter("shop.checkout.stop.count").tags(["currency"]),
//!         distribution("shop.checkout.stop.duration").buckets([0.1, 1.0]),
//!     ])
//!     .start()?;
//! let prometheus = Prometheus::new(&aggregator)?;
//!
//! let duration = std::time::Duration::from_millis(300);
//! telemetry::execute!("shop.checkout.stop", { duration }, { currency: "EUR" });
//!
//! let text = prometheus.render();
//! assert!(text.contains("shop_checkout_stop_count_total{currency=\"EUR\"} 1\n"));
//! assert!(text.contains("shop_checkout_stop_duration_seconds_bucket{le=\"1\"} 1\n"));
//! # Ok(()) }
//! ```
//!
//! # Ways to be read
//!
//! | | feature | |
//! |---|---|---|
//! | [`Prometheus::router`], [`route`](Prometheus::route) | `axum` | `GET /metrics` in an axum application |
//! | [`Prometheus::listen`] | `listener` | a small server of its own, on its own thread |
//! | [`Prometheus::respond`] | `http` | the answer to a request's method and headers, for other servers |
//! | [`Prometheus::write_textfile`] | | a file for the node exporter's textfile collector |
//! | [`Prometheus::render`], [`render_openmetrics`](Prometheus::render_openmetrics) | | the text itself |
//!
//! Those that answer HTTP requests choose the [`Format`] by `Accept`, compress if `Accept-Encoding`
//! allows it (feature `gzip`), and ask for a [bearer token](PrometheusBuilder::bearer_token) if there
//! is one. All features are on unless turned off.
//!
//! A scrape reads and resets nothing, so it does not matter how many there are, or whether one gets
//! lost. Emitters never wait for it.
//!
//! # Types and names
//!
//! | definition | type | samples |
//! |---|---|---|
//! | `counter` | counter | `x_total` |
//! | `sum` | counter; gauge if it is `up_down` | `x_total`; `x` |
//! | `last_value` | gauge | `x` |
//! | `distribution` | histogram | `x_bucket{le=".."}`, `x_sum`, `x_count` |
//! | `summary` | summary | `x{quantile=".."}`, `x_sum`, `x_count` |
//!
//! Segments are joined by `_`, a `-` becomes `_`, and a digit in front gets a `_`. The base unit is
//! appended (`seconds`, `bytes`, or the name of a [`Unit::Other`](telemetry_metrics::Unit::Other))
//! unless it stands at the end already, and then `_total` to counters. A gauge must not look like a
//! part of another type, so it loses an ending `_total`, `_count`, `_sum` or `_bucket`; a
//! histogram or a summary loses `_total`.
//!
//! | definition | family |
//! |---|---|
//! | `counter("shop.endpoint.stop.count")` | `shop_endpoint_stop_count_total` |
//! | `summary("shop.query.total_time")` | `shop_query_total_time_seconds` |
//! | `last_value("vm.memory.total").bytes()` | `vm_memory_total_bytes` |
//! | `last_value("vm.run_queue.total")` | `vm_run_queue` |
//!
//! Time is in seconds and size in bytes, whatever unit the definition shows elsewhere.
//! [`PrometheusBuilder::verbatim_names`] turns all of that off.
//!
//! Tags become labels; what a label cannot contain becomes `_`. An absent tag is left out. The
//! series that takes what exceeds a limit of series has the label `otel_metric_overflow="true"`.
//! A counter, a sum and a distribution without tags are there from the start, at zero. The value of
//! a label may be any text; a backslash, a quote and a line feed are escaped as both formats have it.
//!
//! # OpenMetrics
//!
//! The samples have the names and numbers that they have in text, and beside that:
//!
//! - `# UNIT`, where the name ends in the unit.
//! - Behind a histogram's bucket an exemplar: a number of a sampled span that fell into it, the first
//!   since the scrape before, with `trace_id`, `span_id` and its time. See
//!   [`PrometheusBuilder::exemplars`].
//! - `x_created`, the time since when a series was counted, on request:
//!   [`PrometheusBuilder::created_samples`].
//!
//! Its rules make some things different. The labels `le` and `quantile` are `1.0` where text has `1`.
//! A sum that may fall is none: a histogram that has bounds below zero, or whose total is below zero,
//! has neither `x_sum` nor `x_count` (the bucket `+Inf` says it); a summary has no `x_sum` then, and
//! quantiles below zero are left out. A counter with a [verbatim name](PrometheusBuilder::verbatim_names) that
//! does not end in `_total` has the type `unknown`, so that it keeps its name.
//!
//! # Quantiles
//!
//! A summary shows 0.5, 0.9, 0.95 and 0.99 of the last 60 seconds, at most 1.083 % off
//! ([`PrometheusBuilder::quantiles`], [`quantile_window`](PrometheusBuilder::quantile_window)).
//! `x_sum` and `x_count` are since the start. Without a number in the window a quantile is `NaN`, as
//! Prometheus's own client libraries have it.
//!
//! # What is checked
//!
//! Text that is wrong costs the server the whole scrape, so everything that could make it wrong is
//! found when the reporter is built, all of it in one [`PrometheusError`]: two definitions whose
//! samples would have one name, in either format, two tags that would become one label, labels that Prometheus keeps
//! for itself, options that nobody knows. From then on rendering cannot fail, whatever text the
//! tags contain.
//!
//! Families that come [later](telemetry_metrics::Late) are shown behind the others. One that clashes is
//! left out for good, which is said on standard error and counted as dropped; a label of it that
//! clashes gets `_` at its end.
//!
//! # Settings of a definition
//!
//! `.option("prometheus_type", "gauge")` shows a sum as a gauge although it cannot fall.
//!
//! # The process itself
//!
//! `process_start_time_seconds` stands behind the definitions, as Prometheus's own client libraries have
//! it ([`PrometheusBuilder::process_start_time`] leaves it out), and on request a sample
//! `<program>_build_info` with version and revision: [`PrometheusBuilder::build_info`].
//!
//! # Grafana
//!
//! [`grafana::dashboard`] makes a dashboard from the definitions, with queries for these very names.
//! [`Prometheus::family_name`] tells the names to those who write queries themselves.
//!
//! # Limits
//!
//! An axum route makes four answers at once, a listener one at a time for 32 connections; others
//! wait. The memory for a scrape is that of its text. What the quantiles need of the past takes 16 MiB
//! at most. There are no native histograms, which exist in protobuf only, and no names beyond letters,
//! digits and `_`.

mod about;
mod accept;
mod builder;
mod check;
mod encode;
mod face;
mod family;
mod format;
pub mod grafana;
mod late;
#[cfg(feature = "listener")]
mod listen;
mod lookup;
mod name;
mod number;
mod problem;
mod reporter;
#[cfg(feature = "http")]
mod respond;
#[cfg(feature = "axum")]
mod route;
mod textfile;
#[cfg(feature = "http")]
mod token;
mod window;

pub use builder::PrometheusBuilder;
pub use format::{CONTENT_TYPE, Format};
#[cfg(feature = "listener")]
pub use listen::{ListenAddress, ListenError, Listener};
pub use problem::{FamilyProblem, Problem, PrometheusError};
pub use reporter::Prometheus;
