//! A Grafana dashboard from the definitions.
//!
//! ```
//! # use telemetry_metrics::{Aggregator, counter};
//! # use telemetry_prometheus::{Prometheus, grafana};
//! # let aggregator = Aggregator::builder().metrics([counter("shop.order.placed.count")]).start()?;
//! # let prometheus = Prometheus::new(&aggregator)?;
//! # let directory = std::env::temp_dir();
//! # let file = directory.join(format!("telemetry-grafana-{}.json", std::process::id()));
//! std::fs::write(&file, grafana::dashboard(&prometheus, "Shop"))?;
//! # std::fs::remove_file(&file)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The text is what Grafana's *Import dashboard* takes, and its provisioning from files. Queries ask
//! for the very names that the reporter shows, verbatim ones too, in the units in which it shows
//! them.
//!
//! # What is on it
//!
//! 1. The golden signals of what the program is mainly for, and the panels that were added with
//!    [`DashboardBuilder::panel`].
//! 2. The rows that were added with [`DashboardBuilder::row`]: objectives, say.
//! 3. A row of golden signals for each other service; folded, if there are more than two.
//! 4. *Cost*: what a request takes of the processor and the database.
//! 5. *Runtime*: memory, processors, workers, threads, files. *Database*: queries, how long they take
//!    and wait, the pool, transactions; a row for each database. [`Role`] says what they are made from.
//! 6. A panel for each definition, those of one part of the program in a row: of a counter or a sum
//!    the rate per second; of a last value, and of a sum that is shown as a gauge, the values; of a
//!    summary its quantiles and the mean; of a distribution p50, p95, p99 and a heat map. There is a
//!    line for each combination of tags; of a gauge one for each instance, too.
//! 7. Folded, what the library says of itself: what was skipped, what exceeded a limit, how
//!    reporters fare.
//!
//! A row for which there is nothing is left out. At the top, the data source is chosen, and the values
//! of `job`, `instance` and of each constant tag. Each panel over time marks when a process was started
//! (from `process_start_time_seconds`), and when a new version came, if the reporter
//! [says what it was built from](crate::PrometheusBuilder::build_info).
//!
//! [`DashboardBuilder::only`] and [`except`](DashboardBuilder::except) make dashboards of parts of a
//! program from one reporter.
//!
//! # Golden signals
//!
//! They are about one span. The main one is that whose definitions give the most signals, and among
//! those the first; one with a tag `route`, which is a server's, before another. A definition counts if
//! all its events are ends of the span (`.stop`, `.exception`), or the one event that stands for all
//! of it. Another is a service if it is known how many there are and how long they take (`duration` or
//! `total_time`), and it is a span, or an event that says how it ended; queries and transactions are on
//! the row of their database. What an objective counts (`.option("nav", "Objectives")`) tells of no
//! span.
//!
//! | signal | from |
//! |---|---|
//! | rate | a counter, distribution or summary of the ends; one that has panics too comes first, else those of a counter of panics are added |
//! | errors | those with the tag `outcome` as `error` or `panic`, else with a `status` of 500 to 599, and panics, as a share of all; none without traffic |
//! | duration | p50, p95 and p99 of a distribution of time, or of a summary the quantiles that are nearest to those (its mean if it shows none); `duration` or `total_time` before others |
//! | saturation | a gauge whose name has `run_queue`, `queue`, `in_flight`, `pending`, `backlog`, ... in it, with its `limit`, `max` or `capacity` if the same event says it; else how long was waited for something; else, of the main one, memory. Of another service, only what is said of it |
//!
//! A signal for which nothing is found is left out. What was found is said in the panel's
//! description, and [`rate`](DashboardBuilder::rate), [`errors`](DashboardBuilder::errors),
//! [`duration`](DashboardBuilder::duration) and [`saturation`](DashboardBuilder::saturation) name
//! what is better for the main one.
//!
//! # From a point to its trace
//!
//! The last quantile of each distribution's panel shows exemplars. Grafana takes what they lead to from
//! the settings of the data source alone, `exemplarTraceIdDestinations`: links of panels do not reach
//! them, so a dashboard cannot bring them along.
//!
//! # Limits
//!
//! - A rate needs two scrapes, and series that begin at their first event miss that event: it is
//!   Prometheus that does not count from zero.
//! - Tags called `job` and `instance` are asked for as `exported_job` and `exported_instance`, which
//!   is how a server stores them unless `honor_labels` is set.
//! - Tags called `inf`, `nan` and `without`, words of PromQL, do not tell lines apart.
//! - What exceeds a limit of series is part of the line without tags.
//! - There is one dashboard for each list of definitions; what was added to a program since is not on
//!   the one that was made before.

mod annotations;
mod builder;
mod color;
mod dashboard;
mod definitions;
mod error;
mod escape;
mod grid;
mod json;
mod options;
mod panel;
mod part;
mod promql;
mod render;
mod role;
mod rows;
mod signals;
mod unit;
mod variables;

pub use builder::DashboardBuilder;
pub use color::Color;
pub use dashboard::{Dashboard, dashboard};
pub use error::GrafanaError;
pub use escape::{literal, quoted};
pub use panel::Panel;
pub use role::Role;
