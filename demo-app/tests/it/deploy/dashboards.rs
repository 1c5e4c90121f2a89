//! The dashboards, which are made of the demo's metric definitions.
//!
//! After a change of those, `RENEW_DASHBOARDS=1 cargo test -p demo-app --test it deploy::dashboards` writes
//! them anew.

use std::collections::BTreeSet;

use serde_json::Value;
use telemetry_metrics::{Aggregator, Check, Metric};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, Panel};

use super::files::{path, text};

/// A dashboard: the definitions that begin so.
pub(crate) struct Made {
    pub(crate) file: &'static str,
    title: &'static str,
    description: &'static str,
    prefixes: &'static [&'static str],
    /// The times of what its golden signals are about, where the generator's guess is not meant.
    about: Option<&'static str>,
}

/// The last has what is on none of the others.
pub(crate) const DASHBOARDS: [Made; 3] = [
    Made {
        file: "requests.json",
        title: "Demo: requests",
        description: "Pages, accounts, WebSockets, and the queries behind them",
        prefixes: &[
            "demo.endpoint.",
            "demo.repo.",
            "demo.n_plus_one.",
            "demo.accounts.",
            "demo.forms.",
            "demo.sessions.",
            "demo.table.",
            "demo.todos.",
            "demo.channel.",
            "demo.live.",
            "demo.load.",
            "demo.chaos.",
        ],
        about: None,
    },
    Made {
        file: "work.json",
        title: "Demo: work",
        description: "Jobs, commands, stored events and projections, calls to the other service",
        prefixes: &[
            "demo.jobs.",
            "demo.commands.",
            "demo.events.",
            "demo.projection.",
            "demo.process.",
            "demo.mailbox.",
            "demo.quotes.",
            "demo.upstream.",
            "demo.upstream_server.",
        ],
        // Not what arrives at the other service.
        about: Some("demo.jobs.attempt.duration"),
    },
    Made {
        file: "process.json",
        title: "Demo: process",
        description: "Memory, processor, tokio, panics, and how the telemetry itself fares",
        prefixes: &[],
        about: None,
    },
];

impl Made {
    fn has(&self, metric: &Metric) -> bool {
        let on = |one: &Self| one.prefixes.iter().any(|p| metric.name().starts_with(p));
        match self.prefixes {
            [] => !DASHBOARDS.iter().any(on),
            _ => on(self),
        }
    }

    fn made(&self) -> String {
        let metrics = demo_app::telemetry::metrics().into_iter();
        let aggregator = Aggregator::builder()
            .metrics(metrics.filter(|metric| self.has(metric)))
            .check_definitions(Check::Off)
            .start()
            .expect("the definitions are valid");
        let prometheus = Prometheus::new(&aggregator).expect("for Prometheus, too");
        let instances = Panel::stat("Instances")
            .description("Processes that are scraped, and answer")
            .query(r#"sum(up{job=~"$job"})"#, "");
        let uid = self.file.trim_end_matches(".json");
        let mut builder = Dashboard::builder(&prometheus);
        if let Some(times) = self.about {
            builder = builder.rate(times).errors(times).duration(times);
        }
        builder
            .title(self.title)
            .uid(format!("telemetry-demo-{uid}"))
            .description(self.description)
            .tags(["telemetry", "demo"])
            .panel(instances)
            .build()
            .expect("the settings are right")
            .to_json()
    }

    /// As it stands in the file.
    pub(crate) fn json(&self) -> Value {
        let text = text(&format!("grafana/dashboards/{}", self.file));
        serde_json::from_str(&text).expect("JSON")
    }
}

/// The panels, those of folded rows too, without the rows.
pub(crate) fn panels(dashboard: &Value) -> Vec<&Value> {
    let top = dashboard["panels"].as_array().expect("panels").iter();
    let all = top.flat_map(|panel| {
        let inside = panel["panels"].as_array().into_iter().flatten();
        [panel].into_iter().chain(inside)
    });
    all.filter(|panel| panel["type"] != "row").collect()
}

/// The queries of a panel.
pub(crate) fn queries(panel: &Value) -> Vec<&str> {
    let targets = panel["targets"].as_array().into_iter().flatten();
    targets
        .filter_map(|target| target["expr"].as_str())
        .collect()
}

/// The names that the queries ask for: what stands before a brace.
pub(crate) fn names(dashboard: &Value) -> BTreeSet<String> {
    let queries = panels(dashboard).into_iter().flat_map(queries);
    let selectors = queries.flat_map(|query| {
        let mut before: Vec<&str> = query.split('{').collect();
        before.pop();
        before
    });
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    selectors
        .map(|before| {
            before
                .rsplit(|c| !is_part(c))
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn the_dashboards_are_those_of_the_definitions() {
    for one in &DASHBOARDS {
        let (name, made) = (format!("grafana/dashboards/{}", one.file), one.made());
        if std::env::var_os("RENEW_DASHBOARDS").is_some() {
            std::fs::write(path(&name), &made).expect("a place for it");
        }
        let known = std::fs::read_to_string(path(&name)).unwrap_or_default();
        assert!(
            known == made,
            "{name} is out of date: run this test with RENEW_DASHBOARDS=1"
        );
    }
}

#[test]
fn each_definition_is_on_one_of_them() {
    let dashboards = DASHBOARDS.map(|one| one.json());
    for metric in demo_app::telemetry::metrics() {
        // Where two have a name, the kind stands behind it.
        let longer = format!("{} (", metric.name());
        let is_it = |panel: &Value| {
            let title = panel["title"].as_str().unwrap();
            title == metric.name() || title.starts_with(&longer)
        };
        let on = dashboards
            .iter()
            .filter(|dashboard| panels(dashboard).into_iter().any(is_it));
        assert_eq!(on.count(), 1, "{}", metric.name());
    }
}

/// The panels that a dashboard begins with: those above the second row.
pub(crate) fn first(dashboard: &Value) -> Vec<&Value> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let below = panels.skip(1);
    below.take_while(|panel| panel["type"] != "row").collect()
}

#[test]
fn they_begin_with_the_golden_signals() {
    let signals = [
        "Rate",
        "Errors",
        "Duration (p95)",
        "Saturation",
        "Instances",
    ];
    for (one, (span, signals)) in DASHBOARDS.iter().zip([
        ("Golden signals: demo.endpoint", &signals[..]),
        ("Golden signals: demo.jobs.attempt", &signals[..]),
        ("Golden signals", &signals[3..]),
    ]) {
        let dashboard = one.json();
        assert_eq!(dashboard["panels"][0]["title"], span, "{}", one.file);
        let titles: Vec<&Value> = first(&dashboard)
            .iter()
            .map(|panel| &panel["title"])
            .collect();
        assert_eq!(titles, signals, "{}", one.file);
    }
}
