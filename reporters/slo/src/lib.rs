//! Service-level objectives over telemetry events.

mod alarm;
mod check;
mod live;
mod metrics;
mod objective;
mod policy;
mod problem;
pub mod prometheus;
mod report;
mod span;

pub use alarm::{Alarm, Reading};
pub use check::check;
pub use live::{Slo, SloBuilder};
pub use metrics::metrics;
pub use objective::{Count, Measured, Objective};
pub use policy::{BurnAlert, Policy, Severity};
pub use problem::{Problem, SloError, SloProblem};
pub use report::{
    AlarmReport, AlertReport, AlertState, BurnReport, ObjectiveReport, Report, Worst,
};
pub use span::span_text;
