//! [`Rules`]: everything, ready to be written.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::objective::Objective;
use crate::prometheus::alarm::{self, Watch};
use crate::prometheus::alertmanager::Alertmanager;
use crate::prometheus::builder::RulesBuilder;
use crate::prometheus::burn::Subject;
use crate::prometheus::panels::{self, PanelRow};
use crate::prometheus::rule::{Group, Rule};
use crate::prometheus::settings::Settings;
use crate::prometheus::yaml::Yaml;

/// What a server without objectives takes for the shortest window.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// Rules for a Prometheus server, from objectives and alarms.
///
/// # Recorded
///
/// With the label `slo` and those of the objective:
///
/// | series | |
/// |---|---|
/// | `slo:objective:ratio` | the target |
/// | `slo:valid:rate5m`, `slo:bad:rate5m` | what counts, and what of it is bad, per second, over the shortest window |
/// | `slo:error_ratio:rate5m`, and so on for each window | which share was bad; absent where nothing counted, or fewer than [`min_events`](Objective::min_events) |
/// | `slo:burn_rate:rate5m`, and so on for each window | how many times faster than allowed that is |
/// | `slo:error_budget_left:ratio` | which share of the budget is left over the objective's window: 1 is all of it, below 0 it is overdrawn |
/// | `slo:window_covered:ratio` | for which part of that window there are numbers |
///
/// # Alerts
///
/// | alert | severity | |
/// |---|---|---|
/// | `SloBurnsFast` | page | the burn rate is above the factor over both windows of a pair |
/// | `SloBurnsSlowly` | ticket | the same for the slow pairs |
/// | `SloNoData` | page | the series of the objective are missing, which is not the same as no traffic |
/// | one for each alarm | the alarm's | |
/// | `InstanceDown` | ticket; page if it is all of a job | a target does not answer |
///
/// Prometheus 2.42 or newer understands them.
#[derive(Debug, Clone)]
pub struct Rules {
    settings: Settings,
    subjects: Vec<Subject>,
    watches: Vec<Watch>,
}

impl Rules {
    /// Begins with objectives; [`RulesBuilder`] has everything else.
    ///
    /// ```
    /// use telemetry_slo::Objective;
    /// use telemetry_slo::prometheus::Rules;
    ///
    /// let site = Objective::availability("site", ["shop.web.stop"]).target(0.999);
    /// // With the reporter: `|definition| prometheus.family_name(definition)`.
    /// let names = |definition: &str| Some(format!("{}_total", definition.replace('.', "_")));
    /// let rules = Rules::builder(&[site])
    ///     .selector([("job", "shop")])
    ///     .runbooks("https://example.com/runbooks")
    ///     .build(names)?;
    ///
    /// let text = rules.to_yaml();
    /// assert!(text.contains("sum(rate(slo_site_valid_total{job=\"shop\"}[5m]))"));
    /// assert!(text.contains("alert: SloBurnsFast"));
    /// # Ok::<(), telemetry_slo::prometheus::RulesError>(())
    /// ```
    pub fn builder(objectives: &[Objective]) -> RulesBuilder {
        RulesBuilder::new(objectives)
    }

    pub(super) fn new(settings: Settings, subjects: Vec<Subject>, watches: Vec<Watch>) -> Self {
        Self {
            settings,
            subjects,
            watches,
        }
    }

    /// The file that `rule_files` of the server's configuration names. The same objectives always
    /// give the same text.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let groups = self.groups().iter().map(Group::to_yaml).collect();
        let file = Yaml::Map(vec![("groups".to_owned(), Yaml::List(groups))]);
        file.document(
            "Made from the objectives and alarms of the application by telemetry-slo.\n\
             Change them there, and make this file again.",
        )
    }

    /// The configuration of an Alertmanager that takes these alerts.
    pub fn alertmanager(&self) -> Alertmanager {
        Alertmanager::new(self)
    }

    /// What a dashboard shows of all this.
    #[must_use]
    pub fn panels(&self) -> Vec<PanelRow> {
        panels::rows(&self.settings, &self.subjects, &self.watches)
    }

    /// The names of the alerts, each once, in the order of the alphabet: what there should be
    /// runbooks for.
    #[must_use]
    pub fn alert_names(&self) -> Vec<String> {
        let groups = self.groups();
        let rules = groups.iter().flat_map(|group| &group.rules);
        let names = rules.filter_map(|rule| match rule {
            Rule::Alert(alert) => Some(alert.name.clone()),
            Rule::Record { .. } => None,
        });
        let names: BTreeSet<String> = names.collect();
        names.into_iter().collect()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    fn groups(&self) -> Vec<Group> {
        let subjects = self.subjects.iter();
        let mut groups: Vec<Group> = subjects
            .flat_map(|subject| subject.groups(&self.settings))
            .collect();
        let shortest = self.subjects.iter().map(Subject::shortest).min();
        let shortest = shortest.unwrap_or(FIVE_MINUTES);
        let interval = self.settings.interval(shortest);
        let watches = self.watches.iter();
        let alarms = watches.map(|watch| watch.alert(&self.settings));
        let saturation = Group {
            name: format!("{}.alarms", self.settings.prefix),
            interval,
            rules: alarms.map(Rule::Alert).collect(),
        };
        let down = alarm::down(&self.settings, self.settings.down_after(shortest)).into_iter();
        let targets = Group {
            name: format!("{}.targets", self.settings.prefix),
            interval,
            rules: down.map(Rule::Alert).collect(),
        };
        groups.extend([saturation, targets]);
        groups.retain(|group| !group.rules.is_empty());
        groups
    }
}
