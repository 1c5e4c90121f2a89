//! [`Worker`]: what the thread does at each interval.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use telemetry_metrics::push::Flush;
use telemetry_metrics::{Aggregator, Health, Snapshot, Snapshots};

use super::engine::{Engine, Readings};
use super::events;
use super::source::Source;
use crate::alarm::Alarm;
use crate::objective::Objective;
use crate::problem::SloProblem;
use crate::report::Report;

/// What the thread and those who ask share.
#[derive(Debug)]
pub(super) struct Shared {
    report: Mutex<Arc<Report>>,
    pub(super) evaluated: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Arc<Report>> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self) -> Arc<Report> {
        self.lock().clone()
    }
}

/// What the thread owns.
pub(super) struct Worker {
    /// Not the time of day, which may jump.
    begin: Instant,
    snapshots: Snapshots,
    source: Source,
    engine: Engine,
    health: Health,
    shared: Arc<Shared>,
}

impl Worker {
    pub(super) fn new(
        aggregator: &Aggregator,
        objectives: &[Objective],
        alarms: &[Alarm],
        interval: Duration,
    ) -> Result<Self, Vec<SloProblem>> {
        let snapshots = aggregator.snapshots();
        let before = snapshots.take();
        let source = Source::find(objectives, alarms, &before)?;
        let readings = first(&snapshots, &source, &before);
        let engine = Engine::new(objectives, alarms, interval, &readings);
        let report = Arc::new(engine.report(SystemTime::now()));
        let mut worker = Self {
            begin: Instant::now(),
            health: aggregator.register_health("slo"),
            shared: Arc::new(Shared {
                report: Mutex::new(report),
                evaluated: Condvar::new(),
            }),
            snapshots,
            source,
            engine,
        };
        worker.evaluate(Duration::ZERO, &readings);
        Ok(worker)
    }

    fn evaluate(&mut self, now: Duration, readings: &Readings) {
        let happenings = self.engine.evaluate(now, readings);
        let report = Arc::new(self.engine.report(SystemTime::now()));
        events::status(&report);
        for happening in &happenings {
            events::tell(happening, &report);
        }
        // Last, so that whoever waits for it finds the events told.
        *self.shared.lock() = report;
        self.shared.evaluated.notify_all();
        self.health.sent(1);
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }
}

/// Where everything begins. It is what comes on top of this that counts, so it is the other way around
/// than later: what is good is read before what counts at all. Else all that was good in between would
/// look bad for ever.
fn first(snapshots: &Snapshots, source: &Source, before: &Snapshot) -> Readings {
    source.read(&snapshots.take(), Some(before))
}

fn read(snapshots: &Snapshots, source: &Source) -> Readings {
    let snapshot = snapshots.take();
    let later = source.has_ratios().then(|| snapshots.take());
    source.read(&snapshot, later.as_ref())
}

impl Flush for Worker {
    fn flush(&mut self, _: Instant) -> Result<(), String> {
        let readings = read(&self.snapshots, &self.source);
        let now = self.begin.elapsed();
        self.evaluate(now, &readings);
        Ok(())
    }

    fn last_flush(&mut self, _: Instant) -> Result<(), String> {
        Ok(())
    }

    fn health(&self) -> Option<&Health> {
        Some(&self.health)
    }
}
