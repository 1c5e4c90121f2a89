//! [`Engine`]: evaluates objectives and alarms. It reads no clock and no aggregator: what happens
//! follows from the moments and the readings that it is given.

use std::time::{Duration, SystemTime};

use super::alarm::{self, Point};
use super::objective::{self, Tally};
use crate::alarm::Alarm;
use crate::objective::Objective;
use crate::report::Report;

/// What was counted at one moment, in the order of the objectives and alarms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    pub(crate) objectives: Vec<Option<Tally>>,
    pub(crate) alarms: Vec<Vec<Point>>,
}

/// All objectives and alarms, over time.
#[derive(Debug)]
pub(crate) struct Engine {
    interval: Duration,
    objectives: Vec<objective::Watch>,
    alarms: Vec<alarm::Watch>,
    now: Duration,
    evaluations: u64,
    late: u64,
}

/// What began or ceased to fire: an objective or an alarm by its place, and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happening {
    Slo(usize, objective::Change),
    Alarm(usize, alarm::Change),
}

impl Engine {
    /// Begins with what was counted before.
    pub(crate) fn new(
        objectives: &[Objective],
        alarms: &[Alarm],
        interval: Duration,
        readings: &Readings,
    ) -> Self {
        let tally = |at: usize| readings.objectives.get(at).copied().flatten();
        let objectives = objectives.iter().enumerate();
        Self {
            interval,
            objectives: objectives
                .map(|(at, objective)| objective::Watch::new(objective, tally(at)))
                .collect(),
            alarms: alarms.iter().map(alarm::Watch::new).collect(),
            now: Duration::ZERO,
            evaluations: 0,
            late: 0,
        }
    }

    /// How things stand so long after the beginning. Returns what changed, in the order of the
    /// objectives and alarms.
    pub(crate) fn evaluate(&mut self, now: Duration, readings: &Readings) -> Vec<Happening> {
        let now = now.max(self.now);
        let is_late = now - self.now > 2 * self.interval;
        self.late += u64::from(is_late && self.evaluations > 0);
        self.now = now;
        self.evaluations += 1;
        let mut happenings = Vec::new();
        for (at, watch) in self.objectives.iter_mut().enumerate() {
            let tally = readings.objectives.get(at).copied().flatten();
            watch.evaluate(now, tally, |change| {
                happenings.push(Happening::Slo(at, change));
            });
        }
        for (at, watch) in self.alarms.iter_mut().enumerate() {
            let points = readings.alarms.get(at).map_or(&[][..], Vec::as_slice);
            if let Some(change) = watch.evaluate(now, points) {
                happenings.push(Happening::Alarm(at, change));
            }
        }
        happenings
    }

    /// How things stood at the last evaluation, which was `at` this moment.
    pub(crate) fn report(&self, at: SystemTime) -> Report {
        let objectives = self.objectives.iter();
        let alarms = self.alarms.iter();
        Report {
            at,
            running: self.now,
            evaluations: self.evaluations,
            late: self.late,
            objectives: objectives.map(|watch| watch.report(self.now)).collect(),
            alarms: alarms.map(|watch| watch.report(self.now)).collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.objectives.iter().map(objective::Watch::bytes).sum()
    }
}
