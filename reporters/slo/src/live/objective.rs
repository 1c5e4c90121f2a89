//! [`Watch`] of an objective: what was good over each window, and which of its alerts fire.

use std::time::Duration;

use super::ring::Ring;
use super::state::{Lamp, Turn};
use super::total::Total;
use crate::objective::Objective;
use crate::policy::BurnAlert;
use crate::report::{AlertReport, BurnReport, ObjectiveReport};

/// What an objective's counters say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Tally {
    pub(crate) valid: f64,
    pub(crate) good: f64,
}

/// Totals since the evaluations began.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Counted {
    valid: f64,
    bad: f64,
}

/// One objective, over time.
#[derive(Debug)]
pub(super) struct Watch {
    objective: Objective,
    valid: Total,
    good: Total,
    counted: Counted,
    /// By window, the shortest first.
    burns: Vec<Over>,
    budget: Over,
    alerts: Vec<Alert>,
}

#[derive(Debug)]
struct Over {
    window: Duration,
    ring: Ring<Counted>,
}

impl Over {
    fn new(window: Duration) -> Self {
        Self {
            window,
            ring: Ring::new(window, Duration::ZERO, Counted::default()),
        }
    }

    fn change(&self, now: Counted) -> Counted {
        let base = self.ring.base();
        Counted {
            valid: (now.valid - base.valid).max(0.0),
            bad: (now.bad - base.bad).max(0.0),
        }
    }
}

impl Counted {
    /// The share that was bad.
    fn errors(self) -> Option<f64> {
        // What is bad may be known a moment before it is known to count.
        (self.valid > 0.0).then(|| (self.bad / self.valid).min(1.0))
    }

    /// The same, unless less than that counted.
    fn errors_of_at_least(self, least: u64) -> Option<f64> {
        self.errors().filter(|_| self.valid >= least as f64)
    }
}

#[derive(Debug)]
struct Alert {
    rule: BurnAlert,
    /// The share of errors above which it is wrong.
    limit: f64,
    /// The places of its windows.
    short: usize,
    long: usize,
    lamp: Lamp,
    fired: u64,
}

impl Alert {
    /// What its windows say, the long one first, as it is judged by.
    ///
    /// As long as not even the short window is known, what is not known of it counts as good, at the
    /// traffic that there has been: of a process that has just begun all windows are the same few
    /// events, and the first that fails would be an outage by all of them.
    fn judged(&self, now: Duration, by_window: &[Option<f64>]) -> [Option<f64>; 2] {
        let short = self.rule.short;
        let known = if now < short {
            now.as_secs_f64() / short.as_secs_f64()
        } else {
            1.0
        };
        [self.long, self.short].map(|at| by_window[at].map(|of_known| of_known * known))
    }
}

/// What happened to which alert.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) alert: BurnAlert,
    pub(crate) turn: Turn,
    pub(crate) long_rate: Option<f64>,
    pub(crate) short_rate: Option<f64>,
}

impl Watch {
    /// Counts what comes on top of this reading.
    pub(super) fn new(objective: &Objective, tally: Option<Tally>) -> Self {
        let tally = tally.unwrap_or_default();
        let windows = objective.alerts().windows();
        let place = |window| windows.iter().position(|one| *one == window).unwrap_or(0);
        let alerts = objective.alerts().alerts().iter().map(|rule| Alert {
            rule: *rule,
            limit: objective.error_limit(rule),
            short: place(rule.short),
            long: place(rule.long),
            lamp: Lamp::default(),
            fired: 0,
        });
        Self {
            valid: Total::from(tally.valid),
            good: Total::from(tally.good),
            counted: Counted::default(),
            alerts: alerts.collect(),
            burns: windows.into_iter().map(Over::new).collect(),
            budget: Over::new(objective.window_length()),
            objective: objective.clone(),
        }
    }

    pub(super) fn evaluate(
        &mut self,
        now: Duration,
        tally: Option<Tally>,
        mut changed: impl FnMut(Change),
    ) {
        if let Some(tally) = tally {
            let valid = self.valid.read(tally.valid);
            let bad = valid - self.good.read(tally.good);
            self.counted = Counted {
                valid,
                // Whatever is bad stays bad.
                bad: bad.max(self.counted.bad),
            };
        }
        let counted = self.counted;
        for over in self.burns.iter_mut().chain([&mut self.budget]) {
            over.ring.push(now, counted);
        }
        let errors: Vec<_> = self
            .burns
            .iter()
            .map(|over| {
                over.change(counted)
                    .errors_of_at_least(self.objective.min_events)
            })
            .collect();
        let budget = self.objective.error_budget();
        for alert in &mut self.alerts {
            let [long, short] = alert.judged(now, &errors);
            let is_above = |errors: Option<f64>| errors.is_some_and(|share| share > alert.limit);
            let is_wrong = is_above(long) && is_above(short);
            let rule = alert.rule;
            let Some(turn) = alert.lamp.turn(now, is_wrong, rule.hold, rule.keep) else {
                continue;
            };
            alert.fired += u64::from(turn == Turn::Fired);
            let rate = |errors: Option<f64>| errors.map(|share| share / budget);
            changed(Change {
                alert: rule,
                turn,
                long_rate: rate(long),
                short_rate: rate(short),
            });
        }
    }

    pub(super) fn report(&self, now: Duration) -> ObjectiveReport {
        let objective = &self.objective;
        let budget = objective.error_budget();
        let burns: Vec<BurnReport> = self
            .burns
            .iter()
            .map(|over| {
                let change = over.change(self.counted);
                BurnReport {
                    window: over.window,
                    covered: over.window.min(now),
                    valid: change.valid,
                    bad: change.bad,
                    rate: change
                        .errors_of_at_least(objective.min_events)
                        .map(|share| share / budget),
                }
            })
            .collect();
        let rates: Vec<_> = burns.iter().map(|burn| burn.rate).collect();
        let alerts = self.alerts.iter().map(|alert| {
            let [long_rate, short_rate] = alert.judged(now, &rates);
            AlertReport {
                severity: alert.rule.severity,
                long: alert.rule.long,
                short: alert.rule.short,
                factor: alert.rule.factor,
                long_rate,
                short_rate,
                state: alert.lamp.state(),
                lasting: alert.lamp.lasting(now),
                fired: alert.fired,
            }
        });
        let alerts = alerts.collect();
        let change = self.budget.change(self.counted);
        let errors = change.errors();
        ObjectiveReport {
            name: objective.name().to_owned(),
            description: objective.description_text().map(str::to_owned),
            labels: objective.labels().to_vec(),
            measured: objective.measured(),
            target: objective.target_share(),
            window: self.budget.window,
            covered: self.budget.window.min(now),
            valid: change.valid,
            bad: change.bad,
            ratio: errors.map(|share| 1.0 - share),
            budget_left: errors.map_or(1.0, |share| 1.0 - share / budget),
            burns,
            alerts,
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let overs = self.burns.iter().chain([&self.budget]);
        overs.map(|over| over.ring.bytes()).sum()
    }
}
