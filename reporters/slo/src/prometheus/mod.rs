//! The same objectives and alarms for a Prometheus server: recording rules, alerting rules, a route for
//! Alertmanager, and what a dashboard shows of them.

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
