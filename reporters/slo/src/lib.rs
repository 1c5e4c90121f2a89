//! Service-level objectives over telemetry events.

mod alarm;
mod objective;
mod policy;
pub mod prometheus;

pub use alarm::{Alarm, Reading};
pub use objective::{Count, Measured, Objective};
pub use policy::{BurnAlert, Policy, Severity};
