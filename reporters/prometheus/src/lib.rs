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
//! Where axum is in use, [`Prometheus::router`] answers `GET /metrics` (feature `axum`, on by
//! default). Everybody else sends [`Prometheus::render`] with [`CONTENT_TYPE`], or writes it into
//! a file for the node exporter's textfile collector.
//!
//! # Types and names
//!
//! | definition | type | samples |
//! |---|---|---|
//! | `counter` | counter | `x_total` |
//! | `sum` | counter; gauge if it is `up_down` | `x_total`; `x` |
//! | `last_value` | gauge | `x` |
//! | `distribution` | histogram | `x_bucket{le=".."}`, `x_sum`, `x_count` |
//! | `summary` | summary | `x_sum`, `x_count` |
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
//!
//! # What is checked
//!
//! Text that is wrong costs the server the whole scrape, so everything that could make it wrong is
//! found when the reporter is built, all of it in one [`PrometheusError`]: two definitions whose
//! samples would have one name, two tags that would become one label, labels that Prometheus keeps
//! for itself, options that nobody knows. From then on rendering cannot fail, whatever text the
//! tags contain.
//!
//! # Settings of a definition
//!
//! `.option("prometheus_type", "gauge")` shows a sum as a gauge although it cannot fall.
//!
//! # Limits
//!
//! The format is text 0.0.4. OpenMetrics, exemplars and the quantiles of summaries are not there
//! yet. There is no limit on how many scrapes are answered at once.

mod builder;
mod check;
mod family;
mod name;
mod number;
mod problem;
mod reporter;
#[cfg(feature = "axum")]
mod route;
mod text;

pub use builder::PrometheusBuilder;
pub use problem::{FamilyProblem, Problem, PrometheusError};
pub use reporter::Prometheus;
pub use text::CONTENT_TYPE;
