//! What all rules have in common.

use std::time::Duration;

use crate::prometheus::rule::Pairs;
use crate::prometheus::text;

/// Prometheus evaluates a rate only from two samples on; with four per window, one or two may be
/// lost.
pub(super) const SCRAPES_PER_WINDOW: u32 = 4;

/// A server scrapes nothing in its first five seconds, and that must not be told, however short the
/// windows are.
const SERVER_STARTS: Duration = Duration::from_secs(30);

/// Up to how many times the shortest window the counters themselves are read.
const COUNTERS_UP_TO: u32 = 12;

/// What all rules have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) selector: Pairs,
    pub(super) targets: Option<Pairs>,
    pub(super) by: Vec<String>,
    pub(super) runbooks: Option<String>,
    pub(super) dashboard: Option<String>,
    pub(super) prefix: String,
    pub(super) interval: Option<Duration>,
    pub(super) scrape_interval: Duration,
    pub(super) counters_up_to: Option<Duration>,
    pub(super) no_data_after: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            selector: Vec::new(),
            targets: None,
            by: Vec::new(),
            runbooks: None,
            dashboard: None,
            prefix: "slo".to_owned(),
            interval: None,
            scrape_interval: Duration::from_secs(15),
            counters_up_to: None,
            no_data_after: None,
        }
    }
}

impl Settings {
    /// A selector of series, with one matcher more.
    pub(super) fn series(&self, name: &str, and: Option<String>) -> String {
        let own = self.selector.iter();
        let own = own.map(|(key, value)| format!("{key}={}", text::quoted(value)));
        format!("{name}{}", text::braced(own.chain(and)))
    }

    /// A series of each target, such as `up`. It has the labels that Prometheus gives to a target,
    /// and none that the application adds.
    pub(super) fn of_targets(&self, name: &str) -> String {
        let of_targets = |(key, _): &&(String, String)| key == "job" || key == "instance";
        let pairs = match &self.targets {
            Some(pairs) => pairs.clone(),
            None => self.selector.iter().filter(of_targets).cloned().collect(),
        };
        format!("{name}{}", text::matchers(&pairs))
    }

    /// How often rules are evaluated, given the shortest window.
    pub(super) fn interval(&self, shortest: Duration) -> Duration {
        let usual = Duration::from_secs(30).min(shortest / 5);
        self.interval.unwrap_or(usual)
    }

    /// Up to which window the counters themselves are read.
    pub(super) fn counters_up_to(&self, shortest: Duration) -> Duration {
        self.counters_up_to
            .unwrap_or(shortest.saturating_mul(COUNTERS_UP_TO))
    }

    /// For how long series must be missing.
    pub(super) fn no_data_after(&self, shortest: Duration) -> Duration {
        self.no_data_after
            .unwrap_or(shortest.saturating_mul(2).max(SERVER_STARTS))
    }

    /// For how long an instance must not have answered.
    pub(super) fn down_after(&self, shortest: Duration) -> Duration {
        shortest.max(SERVER_STARTS)
    }

    /// What is behind an alert: its page, and a dashboard.
    pub(super) fn links(&self, alert: &str) -> Pairs {
        let mut links = Vec::new();
        if let Some(base) = &self.runbooks {
            let url = format!("{}/{}.md", base.trim_end_matches('/'), text::kebab(alert));
            links.push(("runbook_url".to_owned(), text::literal(&url)));
        }
        if let Some(url) = &self.dashboard {
            links.push(("dashboard_url".to_owned(), text::literal(url)));
        }
        links
    }
}
