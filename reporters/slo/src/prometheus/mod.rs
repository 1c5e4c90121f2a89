//! The same objectives and alarms for a Prometheus server: recording rules, alerting rules, a route
//! for Alertmanager, and what a dashboard shows of them.
//!
//! A process knows itself, since it began. The server knows all instances of a service, and what was
//! before: there is *one* budget for all of them, over the whole window.
//!
//! ```
//! use telemetry_metrics::Aggregator;
//! use telemetry_prometheus::Prometheus;
//! use telemetry_slo::prometheus::Rules;
//! use telemetry_slo::{Alarm, Objective};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let objectives = [Objective::availability("site", ["shop.endpoint.stop"]).target(0.999)];
//! let aggregator = Aggregator::builder()
//!     .metrics(objectives.iter().flat_map(Objective::metrics))
//!     .start()?;
//! let prometheus = Prometheus::new(&aggregator)?;
//!
//! let rules = Rules::builder(&objectives)
//!     .alarms(&[Alarm::series_overflow(), Alarm::reporter_failures()])
//!     .selector([("job", "shop")])
//!     .runbooks("https://example.com/runbooks")
//!     .build(|definition| prometheus.family_name(definition))?;
//!
//! let file = rules.to_yaml(); // for `rule_files`
//! assert!(file.contains("sum(rate(slo_site_valid_total{job=\"shop\"}[5m]))"));
//! let file = rules.alertmanager().page("https://pager.example.com/hook").to_yaml();
//! assert!(file.contains("group_wait: 15s"));
//! let rows = rules.panels(); // for a dashboard
//! assert_eq!(rows[0].title, "Objective site");
//! # Ok(()) }
//! ```
//!
//! [`Rules`] says what is recorded and which alerts there are.
//!
//! # How it calculates
//!
//! - A rate is taken of each counter and summed then, so restarts and new instances are no errors,
//!   and every event weighs the same.
//! - Where nothing counted, the ratio is absent: no breach. Series that are *missing* are an alert
//!   of their own.
//! - Windows up to twelve times the shortest are read from the counters themselves, longer ones are
//!   added up from what was recorded of the shortest, which costs the server the same however many
//!   instances there are ([`RulesBuilder::counters_up_to`]).
//! - What is left of the budget over 30 days needs 30 days of storage, which is more than the 15 that
//!   Prometheus keeps unless told otherwise.
//! - A rule fires at the same numbers as [`Slo`](crate::Slo) does in a process. They differ in what
//!   they see: the server extrapolates between scrapes, and all instances are in its numbers.

mod alarm;
mod alertmanager;
mod builder;
mod burn;
mod error;
mod panels;
mod rule;
mod rules;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

pub use alertmanager::Alertmanager;
pub use builder::RulesBuilder;
pub use error::{RulesError, RulesProblem};
pub use panels::{Level, Look, PanelData, PanelRow, PanelUnit};
pub use rules::Rules;
