//! Days in milliseconds: the engine with a clock and counters of the tests' own.

mod agreement;
mod alarms;
mod budget;
mod burns;
mod cost;
mod source;
mod young;

use std::time::Duration;

use super::engine::{Engine, Happening, Readings};
use super::objective::Tally;
use super::state::Turn;
use crate::objective::Objective;
use crate::report::{ObjectiveReport, Report};
use crate::span::span_text;

const TICK: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// One objective, and what happened to it.
struct Drive {
    engine: Engine,
    now: Duration,
    tally: Tally,
    /// `page 1h fires`, and when.
    told: Vec<(Duration, String)>,
}

impl Drive {
    fn new(objective: &Objective) -> Self {
        let readings = Readings::default();
        let engine = Engine::new(std::slice::from_ref(objective), &[], TICK, &readings);
        Self {
            engine,
            now: Duration::ZERO,
            tally: Tally::default(),
            told: Vec::new(),
        }
    }

    /// For some time, so much counts in each tick, of which so much is bad.
    fn run(&mut self, time: Duration, valid: f64, bad: f64) {
        let end = self.now + time;
        while self.now < end {
            self.tick(TICK, valid, bad);
        }
    }

    fn tick(&mut self, after: Duration, valid: f64, bad: f64) {
        self.now += after;
        self.tally.valid += valid;
        self.tally.good += valid - bad;
        self.evaluate();
    }

    fn evaluate(&mut self) {
        let readings = Readings {
            objectives: vec![Some(self.tally)],
            alarms: Vec::new(),
        };
        for happening in self.engine.evaluate(self.now, &readings) {
            let Happening::Slo(0, change) = happening else {
                panic!("{happening:?}");
            };
            let what = match change.turn {
                Turn::Fired => "fires",
                Turn::Resolved(_) => "resolves",
            };
            let severity = change.alert.severity.as_str();
            let long = span_text(change.alert.long);
            self.told
                .push((self.now, format!("{severity} {long} {what}")));
        }
    }

    /// What was told since the last time, and how long after a moment.
    fn told(&mut self, since: Duration) -> Vec<(u64, String)> {
        let told = std::mem::take(&mut self.told);
        let after = |(at, what): (Duration, String)| ((at - since).as_secs(), what);
        told.into_iter().map(after).collect()
    }

    fn report(&self) -> ObjectiveReport {
        self.whole_report().objectives.remove(0)
    }

    fn whole_report(&self) -> Report {
        self.engine.report(std::time::SystemTime::UNIX_EPOCH)
    }
}

fn objective(target: f64) -> Objective {
    Objective::availability("site", ["shop.endpoint.stop"]).target(target)
}
