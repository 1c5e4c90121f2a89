//! [`RulesBuilder`]: what rules are made from.

use std::time::Duration;

use crate::alarm::{Alarm, Reading};
use crate::check::check;
use crate::objective::Objective;
use crate::problem::SloError;
use crate::prometheus::Rules;
use crate::prometheus::alarm::Watch;
use crate::prometheus::burn::Subject;
use crate::prometheus::error::{RulesError, RulesProblem};
use crate::prometheus::rule::Pairs;
use crate::prometheus::settings::{SCRAPES_PER_WINDOW, Settings};
use crate::prometheus::source::Source;

/// Labels of alerts and of recorded series that are ours.
const TAKEN: [&str; 8] = [
    "slo",
    "severity",
    "short",
    "long",
    "definition",
    "alertname",
    "alertstate",
    "le",
];

/// Makes [`Rules`]; see [`Rules::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct RulesBuilder {
    objectives: Vec<Objective>,
    alarms: Vec<Alarm>,
    settings: Settings,
}

impl RulesBuilder {
    pub(super) fn new(objectives: &[Objective]) -> Self {
        Self {
            objectives: objectives.to_vec(),
            alarms: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// Alarms that become alerting rules too.
    pub fn alarms(mut self, alarms: &[Alarm]) -> Self {
        self.alarms.extend_from_slice(alarms);
        self
    }

    /// Which series are meant, such as `[("job", "shop")]`: labels that must be equal. Without it,
    /// all that have the definitions' names.
    pub fn selector<K: Into<String>, V: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.settings.selector = pairs(labels);
        self
    }

    /// Which targets [`InstanceDown`](Rules#alerts) is about: labels that must be equal on `up`.
    /// `job` and `instance` of the selector unless it is called, and all targets of the server if
    /// it has neither.
    pub fn targets<K: Into<String>, V: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.settings.targets = Some(pairs(labels));
        self
    }

    /// Labels by which budgets are kept apart, such as a region: each of their values has its own.
    /// Without it all instances share one.
    pub fn by<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.settings.by = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Where the pages of the alerts are: every alert gets an annotation `runbook_url` with
    /// `<base>/<alert>.md`, such as `slo-burns-fast.md`.
    pub fn runbooks(mut self, base: impl Into<String>) -> Self {
        self.settings.runbooks = Some(base.into());
        self
    }

    /// Where to look first: every alert gets it as annotation `dashboard_url`.
    pub fn dashboard(mut self, url: impl Into<String>) -> Self {
        self.settings.dashboard = Some(url.into());
        self
    }

    /// What the names of the groups begin with; `slo` unless it is called. A server wants the names
    /// of the groups within one file to differ.
    pub fn group_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// How often rules are evaluated: every 30 seconds, or five times in the shortest window if that
    /// is more often, unless it is called.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.interval = Some(interval);
        self
    }

    /// How often the server scrapes; 15 seconds unless it is called. It changes no rule: a window
    /// into which fewer than four scrapes fit is an error, because a rate over it would come and
    /// go.
    pub fn scrape_interval(mut self, interval: Duration) -> Self {
        self.settings.scrape_interval = interval;
        self
    }

    /// Up to which window the counters of the instances are read; longer ones add up what was
    /// recorded of the shortest. Twelve times the shortest window, an hour, unless it is called.
    ///
    /// Counters know of what happened before the rules were there and while the server did not
    /// scrape, but reading days of them costs the server time that grows with the number of
    /// instances.
    pub fn counters_up_to(mut self, window: Duration) -> Self {
        self.settings.counters_up_to = Some(window);
        self
    }

    /// How long the series of an objective must have been missing before `SloNoData` fires; twice
    /// the shortest window, 10 minutes, and never less than half a minute, unless it is called.
    pub fn no_data_after(mut self, after: Duration) -> Self {
        self.settings.no_data_after = Some(after);
        self
    }

    /// Makes the rules. `name_of` says what the samples of a definition are called, which is
    /// `Prometheus::family_name` of the reporter.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in one error: a definition that `name_of` does not know, a window
    /// into which too few scrapes fit, names and labels that Prometheus would refuse, objectives of
    /// the same name.
    ///
    /// ```
    /// use telemetry_slo::Objective;
    /// use telemetry_slo::prometheus::Rules;
    ///
    /// let site = Objective::availability("site", ["shop.endpoint.stop"]);
    /// let error = Rules::builder(&[site]).build(|_| None).unwrap_err();
    /// assert!(error.to_string().contains("`slo.site.good`"));
    /// ```
    pub fn build(self, name_of: impl Fn(&str) -> Option<String>) -> Result<Rules, RulesError> {
        let name_of: &dyn Fn(&str) -> Option<String> = &name_of;
        let mut problems = self.problems();
        let (mut subjects, mut watches) = (Vec::new(), Vec::new());
        for objective in &self.objectives {
            match Source::new(&objective.measured(), &self.settings, name_of) {
                Ok(source) => subjects.extend(Subject::new(objective.clone(), source)),
                Err(unknown) => problems.extend(unknowns(objective.name(), unknown)),
            }
        }
        for alarm in &self.alarms {
            match Watch::new(alarm, name_of) {
                Ok(watch) => watches.push(watch),
                Err(unknown) => problems.extend(unknowns(alarm.name(), unknown)),
            }
        }
        if problems.is_empty() {
            Ok(Rules::new(self.settings, subjects, watches))
        } else {
            Err(RulesError::new(problems))
        }
    }

    fn problems(&self) -> Vec<RulesProblem> {
        let mut problems = Vec::new();
        let settings = &self.settings;
        let selector = settings.selector.iter();
        let selector = selector.chain(settings.targets.iter().flatten());
        let selector = selector.map(|(key, _)| ("selector", key));
        for (of, label) in selector.chain(settings.by.iter().map(|label| ("by", label))) {
            if !is_label(label) {
                problems.push(RulesProblem::BadName {
                    of: of.to_owned(),
                    name: label.clone(),
                });
            }
        }
        let ours = settings.by.iter().filter(|label| is_taken(label));
        problems.extend(ours.map(|label| taken("by", label)));
        if let Err(SloError::Problems(found)) = check(&self.objectives, &self.alarms) {
            problems.extend(found.into_iter().map(RulesProblem::Given));
        }
        for objective in &self.objectives {
            self.check_objective(objective, &mut problems);
        }
        for alarm in &self.alarms {
            let ours = alarm
                .labels()
                .iter()
                .filter(|(label, _)| label == "definition");
            problems.extend(ours.map(|(label, _)| taken(alarm.name(), label)));
            if let Reading::Rise { within, .. } = alarm.reading() {
                self.check_window(alarm.name(), *within, &mut problems);
            }
        }
        problems
    }

    fn check_objective(&self, objective: &Objective, problems: &mut Vec<RulesProblem>) {
        let of = objective.name();
        let labels = objective.labels().iter();
        let twice = labels.filter(|(label, _)| self.settings.by.contains(label));
        problems.extend(twice.map(|(label, _)| taken(of, label)));
        let windows = objective.alerts().windows();
        let Some(shortest) = windows.first().copied() else {
            return;
        };
        let missing = self.settings.no_data_after(shortest) / 2;
        self.check_window(of, shortest.min(missing), problems);
        let interval = self.settings.interval(shortest);
        if interval.is_zero() || interval > shortest {
            let of = of.to_owned();
            problems.push(RulesProblem::Interval { interval, of });
        }
    }

    fn check_window(&self, of: &str, window: Duration, problems: &mut Vec<RulesProblem>) {
        let least = self
            .settings
            .scrape_interval
            .saturating_mul(SCRAPES_PER_WINDOW);
        if window < least {
            let of = of.to_owned();
            problems.push(RulesProblem::WindowTooShort { of, window, least });
        }
    }
}

fn pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Pairs {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

fn unknowns(of: &str, definitions: Vec<String>) -> impl Iterator<Item = RulesProblem> {
    let of = of.to_owned();
    let problem = move |definition| RulesProblem::Unknown {
        of: of.clone(),
        definition,
    };
    definitions.into_iter().map(problem)
}

fn taken(of: &str, label: &str) -> RulesProblem {
    RulesProblem::TakenLabel {
        of: of.to_owned(),
        label: label.to_owned(),
    }
}

/// Whether it can be the name of a label of one's own.
pub(super) fn is_label(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(first)
        && !name.starts_with("__")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_taken(label: &str) -> bool {
    TAKEN.contains(&label)
}
