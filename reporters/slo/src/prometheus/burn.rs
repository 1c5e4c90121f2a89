//! The rules of one objective.

use std::time::Duration;

use crate::objective::Objective;
use crate::policy::{BurnAlert, Severity};
use crate::prometheus::rule::{Alert, Group, Pairs, Rule};
use crate::prometheus::settings::Settings;
use crate::prometheus::source::Source;
use crate::prometheus::text;

/// An objective, and what has been found out about it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) objective: Objective,
    source: Source,
    /// Its windows, the shortest first; never empty.
    pub(super) windows: Vec<Duration>,
}

/// What looks at a month reads 200,000 samples, for a number that changes little: two minutes are
/// often enough, and more often than the five after which a server takes a series for gone.
const SELDOM: Duration = Duration::from_secs(120);

/// What that is of thirty days, for windows that are shorter.
const EVALUATIONS_PER_WINDOW: u32 = 21_600;

/// The name of the alerts of a severity.
pub(super) fn alert_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Page => "SloBurnsFast",
        Severity::Ticket => "SloBurnsSlowly",
    }
}

/// The name of the alert of an objective that cannot be judged.
pub(super) const NO_DATA: &str = "SloNoData";

impl Subject {
    /// `None` without a window.
    pub(super) fn new(objective: Objective, source: Source) -> Option<Self> {
        let windows = objective.alerts().windows();
        let some = !windows.is_empty();
        some.then_some(Self {
            objective,
            source,
            windows,
        })
    }

    pub(super) fn shortest(&self) -> Duration {
        self.windows[0]
    }

    /// The share that may be bad.
    pub(super) fn budget(&self) -> f64 {
        self.objective.error_budget()
    }

    /// The labels of everything that is recorded of it.
    pub(super) fn labels(&self) -> Pairs {
        let name = ("slo".to_owned(), self.objective.name().to_owned());
        let own = self.objective.labels().iter().cloned();
        std::iter::once(name).chain(own).collect()
    }

    /// A recorded series of it; with a window if it has one.
    pub(super) fn recorded(&self, what: &str, window: Option<Duration>) -> String {
        format!(
            "{}{}",
            recorded(what, window),
            text::matchers(&self.labels())
        )
    }

    /// Its rules, and by themselves those that look at the objective's whole window.
    pub(super) fn groups(&self, settings: &Settings) -> [Group; 2] {
        let interval = settings.interval(self.shortest());
        let mut rules = self.recording(settings);
        rules.extend(self.alerting(settings).into_iter().map(Rule::Alert));
        let name = format!("{}-{}", settings.prefix, self.objective.name());
        let seldom = self.objective.window_length() / EVALUATIONS_PER_WINDOW;
        [
            Group {
                name: name.clone(),
                interval,
                rules,
            },
            Group {
                name: format!("{name}.budget"),
                interval: interval.max(seldom.min(SELDOM)),
                rules: self.budget_rules(settings, interval),
            },
        ]
    }

    fn record(&self, name: String, expr: String) -> Rule {
        Rule::Record {
            name,
            expr,
            labels: self.labels(),
        }
    }

    fn recording(&self, settings: &Settings) -> Vec<Rule> {
        let record = |name, expr| self.record(name, expr);
        let first = self.shortest();
        let target = text::number(self.objective.target_share());
        let budget = text::number(self.budget());
        let mut rules = vec![
            record("slo:objective:ratio".into(), format!("vector({target})")),
            record(recorded("valid", Some(first)), self.source.valid(first)),
            record(recorded("bad", Some(first)), self.source.bad(first)),
        ];
        for window in &self.windows {
            let (bad, valid) = self.totals(*window, settings);
            let enough = self.enough(*window, settings);
            rules.push(record(
                recorded("error_ratio", Some(*window)),
                // Nothing divided by nothing is no number, and no breach: it must be absent.
                format!("{bad}\n/\n({valid} {enough})"),
            ));
        }
        for window in &self.windows {
            let ratio = self.recorded("error_ratio", Some(*window));
            rules.push(record(
                recorded("burn_rate", Some(*window)),
                format!("{ratio} / {budget}"),
            ));
        }
        rules
    }

    /// What is left of the budget. `every` is how often the shortest window is recorded.
    fn budget_rules(&self, settings: &Settings, every: Duration) -> Vec<Rule> {
        let (first, window) = (self.shortest(), self.objective.window_length());
        let budget = text::number(self.budget());
        let (bad, valid) = self.totals(window, settings);
        let recorded = self.recorded("valid", Some(first));
        let share = text::number(every.as_secs_f64() / window.as_secs_f64());
        let window = text::duration(window);
        let left = format!(
            // Where nothing counted at all, nothing is used up.
            "1 - {bad}\n/\nclamp_min({valid}, 1e-12) / {budget}"
        );
        let covered = format!("clamp_max(count_over_time({recorded}[{window}]) * {share}, 1)");
        vec![
            self.record("slo:error_budget_left:ratio".to_owned(), left),
            self.record("slo:window_covered:ratio".to_owned(), covered),
        ]
    }

    /// What must be true of what counts within a window for it to be judged.
    fn enough(&self, window: Duration, settings: &Settings) -> String {
        let events = self.objective.min_events_of();
        if events <= 1 {
            return "> 0".to_owned();
        }
        // In the unit of the totals: per second, or as often as once was recorded.
        let first = self.shortest();
        let recorded = window != first && window > settings.counters_up_to(first);
        let per = if recorded {
            settings.interval(first)
        } else {
            window
        };
        format!(">= {events} / {}", text::number(per.as_secs_f64()))
    }

    /// What is bad and what counts within a window, both in the same unit, whichever that is.
    ///
    /// Days of all the counters of all instances are more than a server can be asked for twice a
    /// minute, so long windows add up what was recorded of the shortest one: every event is in as
    /// many of its values as every other, so each still weighs the same. That is late by half of
    /// the shortest window, which a short one could not bear.
    fn totals(&self, window: Duration, settings: &Settings) -> (String, String) {
        let first = self.shortest();
        let over = |what| {
            let series = self.recorded(what, Some(first));
            format!("sum_over_time({series}[{}])", text::duration(window))
        };
        if window == first {
            let now = |what| self.recorded(what, Some(first));
            (now("bad"), now("valid"))
        } else if window <= settings.counters_up_to(first) {
            (self.source.bad(window), self.source.valid(window))
        } else {
            (over("bad"), over("valid"))
        }
    }

    fn alerting(&self, settings: &Settings) -> Vec<Alert> {
        let pairs = self.objective.alerts().alerts().iter();
        let mut alerts: Vec<Alert> = pairs.map(|pair| self.burns(pair, settings)).collect();
        alerts.push(self.no_data(settings));
        alerts
    }

    fn burns(&self, pair: &BurnAlert, settings: &Settings) -> Alert {
        let name = alert_name(pair.severity);
        let above = |window| {
            format!(
                "{} > {}",
                self.recorded("error_ratio", Some(window)),
                text::number(self.objective.error_limit(pair))
            )
        };
        let (short, long) = (text::duration(pair.short), text::duration(pair.long));
        let (slo, factor) = (self.objective.name(), text::number(pair.factor));
        let allowed = text::percent(self.budget());
        let whole = self.objective.window_length();
        let (times, pace) = match factor.as_str() {
            "1" => ("faster than".to_owned(), "just that".to_owned()),
            _ => (
                format!("more than {factor} times as fast as"),
                format!("{factor} times that"),
            ),
        };
        let summary = format!("{slo}: the error budget burns {times} it may");
        let gone = text::about(
            Duration::try_from_secs_f64(whole.as_secs_f64() / pair.factor).unwrap_or(whole),
        );
        let description = format!(
            "{}{{{{ $value | humanizePercentage }}}} was bad in the last {short}, and more than {} in the last \
             {long}; {allowed} is allowed over {}. At {pace}, the whole budget is gone within {gone}.",
            self.promise(),
            text::percent(self.objective.error_limit(pair)),
            text::about(whole),
        );
        let mut labels = self.alert_labels(pair.severity);
        labels.push(("short".to_owned(), short));
        labels.push(("long".to_owned(), long));
        Alert {
            name: name.to_owned(),
            expr: format!("{}\nand\n{}", above(pair.short), above(pair.long)),
            hold: pair.hold,
            keep: pair.keep,
            labels,
            annotations: self.annotations(name, &summary, &description, settings),
        }
    }

    fn no_data(&self, settings: &Settings) -> Alert {
        let after = settings.no_data_after(self.shortest());
        let slo = self.objective.name();
        let summary = format!("{slo}: nothing is known of this objective");
        let description = format!(
            "{}There has been no series of it for {}: that is not \"no traffic\", which would be zeros. As \
             long as this lasts, no other alert of this objective can fire.",
            self.promise(),
            text::about(after)
        );
        // Half of the time in the window and half of it waiting, so that a server that has just been
        // started does not fire before its first scrape.
        let half = after / 2;
        let expr = self
            .source
            .missing(half, self.shortest().saturating_mul(12));
        Alert {
            name: NO_DATA.to_owned(),
            expr,
            hold: half,
            keep: Duration::ZERO,
            labels: self.alert_labels(Severity::Page),
            annotations: self.annotations(NO_DATA, &summary, &description, settings),
        }
    }

    fn alert_labels(&self, severity: Severity) -> Pairs {
        let literal = |(key, value): (String, String)| (key, text::literal(&value));
        let mut labels: Pairs = self.labels().into_iter().map(literal).collect();
        labels.push(("severity".to_owned(), severity.as_str().to_owned()));
        labels
    }

    /// What was promised, as the beginning of a description.
    fn promise(&self) -> String {
        match self.objective.description_text() {
            Some(text) => format!("{}. ", text::literal(text.trim().trim_end_matches('.'))),
            None => String::new(),
        }
    }

    fn annotations(
        &self,
        alert: &str,
        summary: &str,
        description: &str,
        settings: &Settings,
    ) -> Pairs {
        let mut summary = text::literal(summary);
        if !settings.by.is_empty() {
            let by = settings.by.iter();
            let by: Vec<String> = by
                .map(|label| format!("{label} {{{{ $labels.{label} }}}}"))
                .collect();
            summary = format!("{summary} ({})", by.join(", "));
        }
        let mut annotations = vec![
            ("summary".to_owned(), summary),
            ("description".to_owned(), description.to_owned()),
        ];
        annotations.extend(settings.links(alert));
        annotations
    }
}

/// The name of a recorded series: whose it is, what it is, and how it was calculated.
fn recorded(what: &str, window: Option<Duration>) -> String {
    match window {
        Some(window) => format!("slo:{what}:rate{}", text::duration(window)),
        None => format!("slo:{what}:ratio"),
    }
}
