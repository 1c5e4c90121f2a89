//! [`Slo`]: evaluates objectives and alarms while the process runs.

mod alarm;
mod engine;
mod events;
mod objective;
mod ring;
mod source;
mod state;
#[cfg(test)]
mod tests;
mod total;
mod worker;

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use telemetry_metrics::Aggregator;
use telemetry_metrics::push::Push;

use crate::alarm::{Alarm, Reading};
use crate::check::check;
use crate::objective::Objective;
use crate::problem::SloError;
use crate::report::Report;
use worker::{Shared, Worker};

/// How often it is evaluated, unless a window is so short that this is too seldom.
const INTERVAL: Duration = Duration::from_secs(5);

/// The interval is at most this part of the shortest window.
const PARTS: u32 = 30;

/// The shortest interval that is chosen without being asked for.
const SHORTEST: Duration = Duration::from_millis(10);

/// Collects what is to be evaluated; made by [`Slo::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct SloBuilder<'a> {
    aggregator: &'a Aggregator,
    objectives: Vec<Objective>,
    alarms: Vec<Alarm>,
    interval: Option<Duration>,
}

impl SloBuilder<'_> {
    /// Adds objectives, whose [definitions](Objective::metrics) the aggregator has; may be called
    /// several times.
    pub fn objectives(mut self, objectives: impl IntoIterator<Item = Objective>) -> Self {
        self.objectives.extend(objectives);
        self
    }

    /// Adds alarms; may be called several times.
    pub fn alarms(mut self, alarms: impl IntoIterator<Item = Alarm>) -> Self {
        self.alarms.extend(alarms);
        self
    }

    /// How often it is evaluated: every 5 seconds unless it is called, or every thirtieth of the
    /// shortest window if that is less.
    ///
    /// A window is up to an interval longer than it says, so a long interval makes alerts late.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Checks everything and starts a thread that evaluates it. What was counted before is not held
    /// against the objectives.
    ///
    /// # Errors
    ///
    /// [`SloError::Problems`] with everything that is wrong with the objectives and alarms, as
    /// [`check`] finds it, and what the aggregator lacks; or another [`SloError`].
    pub fn start(self) -> Result<Slo, SloError> {
        check(&self.objectives, &self.alarms)?;
        let interval = self.interval.unwrap_or_else(|| self.usual_interval());
        if interval.is_zero() {
            return Err(SloError::Interval);
        }
        let worker = Worker::new(self.aggregator, &self.objectives, &self.alarms, interval)
            .map_err(SloError::Problems)?;
        let shared = worker.shared();
        let push = Push::start("telemetry-slo", interval, worker).map_err(SloError::Thread)?;
        Ok(Slo {
            shared,
            interval,
            _push: push,
        })
    }

    fn usual_interval(&self) -> Duration {
        let policies = self
            .objectives
            .iter()
            .flat_map(|one| one.alerts().windows());
        let rises = self
            .alarms
            .iter()
            .filter_map(|alarm| match alarm.reading() {
                Reading::Rise { within, .. } => Some(*within),
                _ => None,
            });
        let shortest = policies.chain(rises).min();
        let interval = shortest.map_or(INTERVAL, |window| INTERVAL.min(window / PARTS));
        interval.max(SHORTEST)
    }
}

/// Evaluates objectives and alarms in a thread of its own. Dropping it ends that.
///
/// ```
/// use std::time::Duration;
/// use telemetry_metrics::Aggregator;
/// use telemetry_slo::{Objective, Slo};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let site = Objective::availability("site", ["shop.endpoint.stop"]).target(0.99);
/// let aggregator = Aggregator::builder()
///     .metrics(site.metrics())
///     .metrics(telemetry_slo::metrics())
///     .start()?;
/// let slo = Slo::builder(&aggregator)
///     .objectives([site])
///     .interval(Duration::from_millis(20))
///     .start()?;
///
/// telemetry::execute!("shop.endpoint.stop", {}, { outcome: "ok", status: 200 });
/// telemetry::execute!("shop.endpoint.stop", {}, { outcome: "error", status: 503 });
///
/// let counted = |report: &telemetry_slo::Report| report.objectives[0].valid == 2.0;
/// let report = slo.wait_for(counted, Duration::from_secs(10)).unwrap();
/// assert_eq!(report.objectives[0].ratio, Some(0.5));
/// assert_eq!(report.objectives[0].burn_rate(Duration::from_secs(300)), Some(50.0));
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends the evaluations: keep it until the end of `main`"]
pub struct Slo {
    shared: Arc<Shared>,
    interval: Duration,
    _push: Push,
}

impl Slo {
    /// Begins with nothing to evaluate.
    pub fn builder(aggregator: &Aggregator) -> SloBuilder<'_> {
        SloBuilder {
            aggregator,
            objectives: Vec::new(),
            alarms: Vec::new(),
            interval: None,
        }
    }

    /// How everything stood at the last evaluation; to a handler of what it tells, at the one before.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::clone(&self.shared.report())
    }

    /// Waits until an evaluation gives a report of which this is true; `None` if `timeout` passes
    /// before. It blocks the thread, so in async code it belongs into one of its own; in a handler of this
    /// crate's events it waits in vain, since no evaluation ends before that does.
    #[must_use]
    pub fn wait_for(&self, is_it: impl Fn(&Report) -> bool, timeout: Duration) -> Option<Report> {
        let began = Instant::now();
        let mut report = self.shared.lock();
        loop {
            let now = report.clone();
            drop(report);
            // Outside of the lock: it is code of users.
            if is_it(&now) {
                return Some(Report::clone(&now));
            }
            let left = timeout.checked_sub(began.elapsed())?;
            let waited =
                self.shared
                    .evaluated
                    .wait_timeout_while(self.shared.lock(), left, |report| {
                        Arc::ptr_eq(report, &now)
                    });
            report = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How often it is evaluated.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

impl fmt::Debug for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slo")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
