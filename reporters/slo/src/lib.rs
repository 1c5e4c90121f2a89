//! Service-level objectives over telemetry events: what is promised, whether it is kept, and who is told
//! when it is not.
//!
//! An [`Objective`] says which share of events has to be good: requests that did not fail, answers within
//! a quarter of a second, or any other share. What may be bad is its **error budget**, and how fast that
//! is used up is the **burn rate**: at 1 it lasts exactly as long as the objective's window, 30 days. A
//! [`Policy`] says at which burn rate, over which windows, somebody is woken up or finds a ticket. An
//! [`Alarm`] watches something that is full, such as a channel or the memory, or that should never happen,
//! such as a panic.
//!
//! ```
//! use std::time::Duration;
//! use telemetry_metrics::Aggregator;
//! use telemetry_slo::{Alarm, Objective, Slo};
//!
//! fn objectives() -> Vec<Objective> {
//!     let requests = ["shop.endpoint.stop", "shop.endpoint.exception"];
//!     vec![
//!         Objective::availability("site", requests)
//!             .target(0.999)
//!             .valid(|event| !event.metadata_is("route", "/health"))
//!             .description("Whoever asks the shop gets an answer"),
//!         Objective::latency("site-latency", requests, Duration::from_millis(250)).target(0.99),
//!     ]
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder()
//!     .metrics(objectives().iter().flat_map(Objective::metrics))
//!     .metrics(telemetry_slo::metrics())
//!     .start()?;
//! let slo = Slo::builder(&aggregator)
//!     .objectives(objectives())
//!     .alarms([Alarm::series_overflow(), Alarm::reporter_failures()])
//!     .start()?;
//!
//! telemetry::attach("tell-somebody", "telemetry.slo.firing", |event| {
//!     let (slo, severity) = (event.metadata("slo"), event.metadata("severity"));
//!     eprintln!("{severity:?}: {slo:?} burns at {:?}", event.measurement("burn_rate"));
//! })?;
//! assert_eq!(slo.report().objective("site").unwrap().budget_left, 1.0);
//! # telemetry::execute!("shop.endpoint.stop", { duration: Duration::ZERO }, { route: "/" });
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! An objective brings its own definitions, [`Objective::metrics`]: a counter of what counts and one of
//! what is good, or a distribution that has the threshold among its bounds, so that nothing is estimated.
//! [`Slo`] reads them every few seconds in a thread of its own, and keeps what they were at sixty moments
//! of each window: 16 KiB per objective at most, and nothing per event. It reads a monotonic clock and
//! divides by no time, so that a process that was suspended, or a thread that comes late, distorts no
//! share.
//!
//! The same objectives make rules for a Prometheus server, which knows all instances of a service and
//! outlives each of them: see [`prometheus`]. Both calculate the same way and agree.
//!
//! # When an alert fires
//!
//! While the burn rate is above its factor over the long window, which says that it matters, *and* over
//! the short one, which says that it goes on; [`BurnAlert::hold`] and [`BurnAlert::keep`] are a rule's
//! `for` and `keep_firing_for`. Where nothing counted there is no burn rate, and nothing is wrong: an alert
//! that fires when traffic stops resolves.
//!
//! Windows that are longer than what is known begin where that begins. Of a process that has just begun
//! they would all be the same few requests, and the first that fails would wake somebody at each deploy.
//! So what is not known of an alert's *short* window counts as good, at the traffic that there has been: a
//! failure says as much in the first minute as in any other, and an outage from the start is told after
//! some seconds. A server has seen the processes before this one, and needs nothing of that kind.
//!
//! # Events
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `telemetry.slo.firing` | an alert begins to fire | `burn_rate`, `short_burn_rate`, `budget_left` | `slo`, `severity`, `long`, `short`, `description` |
//! | `telemetry.slo.resolved` | it ceases to | `firing_for`, `budget_left` | the same |
//! | `telemetry.slo.status` | each evaluation, of each objective | `ratio`, `budget_left`, `valid`, `bad`, `covered` | `slo` |
//! | `telemetry.slo.burn` | the same, for each window | `rate` | `slo`, `window` |
//! | `telemetry.slo.alert` | the same, for each alert | `firing`, 0 or 1 | `slo`, `severity`, `window` (the long one) |
//! | `telemetry.alarm.firing` | an alarm begins to fire | `value`, `limit`, `series` | `alarm`, `severity`, `definition`, `of`, `summary` |
//! | `telemetry.alarm.resolved` | it ceases to | `firing_for`, `value`, `limit` | the same |
//! | `telemetry.alarm.status` | each evaluation, of each alarm | `firing`, `value`, `limit` | `alarm`, `severity`, `definition` |
//!
//! Without traffic `ratio` is 1 and `rate` is 0, so that gauges over them do not stay where they were.
//! Of an alarm, `of` names the worst series, and `value` is what that says. [`metrics()`] are definitions
//! over these events. They are told in the thread that evaluates, before the report of that evaluation is
//! there to be asked for: a handler that takes long makes the next one late, and one that panics stops
//! nothing. What fires when [`Slo`] is dropped is not told to have resolved.
//!
//! # Limits
//!
//! - A report is of one process, and begins when that does: "since the start, 2 h of 30 d". The budget of
//!   a service is that of all its instances together, which is for the server that scrapes them.
//! - A window is up to a sixtieth, and an evaluation, longer than it says.
//! - With few events, one that is bad is a large share of them: of a hundred in an hour a single one burns
//!   ten times as fast as 99.9 % allow. [`Objective::min_events`], a lower target or longer windows are
//!   answers to that.
//! - Definitions that are added to a running aggregator ([`Late`](telemetry_metrics::Late)) after the start
//!   cannot be watched.

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
