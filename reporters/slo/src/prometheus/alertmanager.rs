//! [`Alertmanager`]: who is told, how soon, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::policy::Severity;
use crate::prometheus::alarm::DOWN;
use crate::prometheus::builder::is_label;
use crate::prometheus::burn::{NO_DATA, alert_name};
use crate::prometheus::rules::Rules;
use crate::prometheus::text;
use crate::prometheus::yaml::Yaml;

/// The configuration of an Alertmanager; see [`Rules::alertmanager`].
///
/// A page goes out after seconds, a ticket may wait for others of its kind. One message is about
/// one alert of one objective, so several pairs of windows that fire are one incident; objectives
/// without data are one together. What pages silences what would only make a ticket of the same, a
/// pair of windows those of the longer ones, and a job that is down the data that it does not give.
///
/// ```
/// use telemetry_slo::Objective;
/// use telemetry_slo::prometheus::Rules;
///
/// let site = Objective::availability("site", ["shop.endpoint.stop"]);
/// let rules = Rules::builder(&[site]).build(|name| Some(name.replace('.', "_")))?;
/// let file = rules
///     .alertmanager()
///     .page("https://pager.example.com/hook")
///     .ticket("https://tracker.example.com/hook")
///     .to_yaml();
/// assert!(file.contains("url: \"https://pager.example.com/hook\""));
/// # Ok::<(), telemetry_slo::prometheus::RulesError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a configuration does nothing until it is written"]
pub struct Alertmanager {
    /// The labels that tell objectives apart, beside their names.
    own: Vec<String>,
    /// The labels that servers add to all of their alerts.
    servers: Vec<String>,
    /// The long windows of each severity, the shortest first.
    longs: BTreeMap<Severity, Vec<Duration>>,
    page: Vec<String>,
    ticket: Vec<String>,
    scale: f64,
}

/// How long to wait before the first message of a group, between its messages, and before the same is
/// said again.
type Waits = [u64; 3];

const PAGE: Waits = [15, 300, 4 * 3_600];
const TICKET: Waits = [5 * 60, 30 * 60, 24 * 3_600];

impl Alertmanager {
    pub(super) fn new(rules: &Rules) -> Self {
        let mut longs: BTreeMap<Severity, Vec<Duration>> = BTreeMap::new();
        let mut own = rules.settings().by.clone();
        for subject in rules.subjects() {
            for (label, _) in subject.objective.labels() {
                if !own.contains(label) {
                    own.push(label.clone());
                }
            }
            for pair in subject.objective.alerts().alerts() {
                longs.entry(pair.severity).or_default().push(pair.long);
            }
        }
        for times in longs.values_mut() {
            times.sort_unstable();
            times.dedup();
        }
        Self {
            own,
            servers: Vec::new(),
            longs,
            page: Vec::new(),
            ticket: Vec::new(),
            scale: 1.0,
        }
    }

    /// A webhook that pages are posted to; as often as wanted. Without one nobody is told: the
    /// receiver is there, and empty, for whoever adds theirs.
    pub fn page(mut self, webhook: impl Into<String>) -> Self {
        self.page.push(webhook.into());
        self
    }

    /// The same for tickets.
    pub fn ticket(mut self, webhook: impl Into<String>) -> Self {
        self.ticket.push(webhook.into());
        self
    }

    /// Labels that servers add to everything they send (`external_labels`), such as `cluster` and
    /// `env`, if several send theirs to one Alertmanager: what differs in one of them is another
    /// incident, and keeps nothing back of the others. Not what tells two servers with the same
    /// targets apart, or each incident is told twice. A text that cannot be a label is left out.
    pub fn apart_by<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        let labels = labels.into_iter().map(Into::into);
        for label in labels.filter(|label: &String| is_label(label)) {
            if !self.own.contains(&label) && !self.servers.contains(&label) {
                self.servers.push(label);
            }
        }
        self
    }

    /// The same with all waiting times multiplied, for demonstrations and tests; none is below a
    /// tenth of a second. What is not a finite number above zero changes nothing.
    pub fn scaled(mut self, by: f64) -> Self {
        if by.is_finite() && by > 0.0 {
            self.scale *= by;
        }
        self
    }

    /// The file.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let pair = |key: &str, value| (key.to_owned(), value);
        let group_by = |labels: &[&str]| {
            let labels = labels.iter().map(|label| (*label).to_owned());
            let mut labels: Vec<String> = labels.collect();
            for label in self.own.iter().chain(&self.servers) {
                if !labels.contains(label) {
                    labels.push(label.clone());
                }
            }
            pair("group_by", texts(labels))
        };
        let mut route = vec![
            // Alerts of others end where somebody has a look.
            pair("receiver", Yaml::text("ticket")),
            group_by(&["alertname", "slo", "job", "severity"]),
        ];
        route.extend(self.waits(TICKET));
        let mut pages = vec![
            pair("receiver", Yaml::text("page")),
            pair("matchers", texts([is("severity", "page")])),
        ];
        pages.extend(self.waits(PAGE));
        // What makes one objective's data vanish makes those of all vanish.
        let no_data = vec![
            pair("matchers", texts([is("alertname", NO_DATA)])),
            group_by(&["alertname", "job", "severity"]),
        ];
        pages.push(pair("routes", Yaml::List(vec![Yaml::Map(no_data)])));
        route.push(pair("routes", Yaml::List(vec![Yaml::Map(pages)])));
        let receivers = [("page", &self.page), ("ticket", &self.ticket)];
        let receivers = receivers.map(|(name, urls)| receiver(name, urls));
        let file = Yaml::Map(vec![
            pair("route", Yaml::Map(route)),
            pair("inhibit_rules", Yaml::List(self.inhibitions())),
            pair("receivers", Yaml::List(receivers.to_vec())),
        ]);
        file.document(&self.comment())
    }

    fn comment(&self) -> String {
        let mut comment =
            "Made from the objectives and alarms of the application by telemetry-slo.\n\
             Change them there, and make this file again."
                .to_owned();
        for (name, urls) in [("page", &self.page), ("ticket", &self.ticket)] {
            if urls.is_empty() {
                comment.push_str(&format!(
                    "\nThe receiver `{name}` tells nobody yet: give it a webhook."
                ));
            }
        }
        comment
    }

    fn waits(&self, waits: Waits) -> impl Iterator<Item = (String, Yaml)> + use<> {
        let scale = self.scale;
        let scaled = move |seconds: u64| {
            let time = Duration::try_from_secs_f64(seconds as f64 * scale);
            time.unwrap_or(Duration::MAX / 4).clamp(
                Duration::from_millis(100),
                Duration::from_secs(365 * 86_400),
            )
        };
        let keys = ["group_wait", "group_interval", "repeat_interval"];
        let all = keys.into_iter().zip(waits);
        all.map(move |(key, wait)| {
            let text = text::duration(scaled(wait));
            (key.to_owned(), Yaml::plain(text))
        })
    }

    fn inhibitions(&self) -> Vec<Yaml> {
        let same = |label: &str, others: &[String]| {
            let others = others.iter().chain(&self.servers).cloned();
            std::iter::once(label.to_owned()).chain(others).collect()
        };
        let same_slo: Vec<String> = same("slo", &self.own);
        let same_job: Vec<String> = same("job", &[]);
        let name = |severity| is("alertname", alert_name(severity));
        let mut rules = vec![
            inhibition(
                vec![name(Severity::Page)],
                vec![name(Severity::Ticket)],
                same_slo.clone(),
            ),
            inhibition(
                vec![is("alertname", DOWN), is("severity", "page")],
                vec![is("alertname", DOWN), is("severity", "ticket")],
                same_job.clone(),
            ),
            // Where nobody answers there are no data: that is one page, not one more for each objective.
            inhibition(
                vec![is("alertname", DOWN), is("severity", "page")],
                vec![is("alertname", NO_DATA)],
                same_job,
            ),
        ];
        for (severity, longs) in &self.longs {
            for (at, long) in longs.iter().enumerate().skip(1) {
                let shorter: Vec<String> = longs[..at]
                    .iter()
                    .map(|time| text::duration(*time))
                    .collect();
                rules.push(inhibition(
                    vec![name(*severity), among("long", &shorter)],
                    vec![name(*severity), is("long", &text::duration(*long))],
                    same_slo.clone(),
                ));
            }
        }
        rules
    }
}

fn texts(texts: impl IntoIterator<Item = String>) -> Yaml {
    Yaml::List(texts.into_iter().map(Yaml::Text).collect())
}

fn is(label: &str, value: &str) -> String {
    format!("{label}={}", text::quoted(value))
}

fn among(label: &str, values: &[String]) -> String {
    format!("{label}=~{}", text::quoted(&values.join("|")))
}

fn inhibition(source: Vec<String>, target: Vec<String>, equal: Vec<String>) -> Yaml {
    Yaml::Map(vec![
        ("source_matchers".to_owned(), texts(source)),
        ("target_matchers".to_owned(), texts(target)),
        ("equal".to_owned(), texts(equal)),
    ])
}

fn receiver(name: &str, urls: &[String]) -> Yaml {
    let mut pairs = vec![("name".to_owned(), Yaml::text(name))];
    let hook = |url: &String| {
        Yaml::Map(vec![
            ("url".to_owned(), Yaml::text(url)),
            ("send_resolved".to_owned(), Yaml::plain("true")),
        ])
    };
    if !urls.is_empty() {
        let hooks = urls.iter().map(hook).collect();
        pairs.push(("webhook_configs".to_owned(), Yaml::List(hooks)));
    }
    Yaml::Map(pairs)
}
