//! Grafana dashboards, made of the metric definitions.
//!
//! They are in `deploy/grafana/dashboards`, because Compose mounts that folder and the image of
//! Grafana is built of it.

use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, GrafanaError, Panel};
use telemetry_slo::prometheus::Rules;

use super::panels::panel;

/// A dashboard: the definitions that begin so.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// The name of its file.
    pub file: &'static str,
    title: &'static str,
    description: &'static str,
    prefixes: &'static [&'static str],
    /// The times of what its golden signals are about, where the generator's guess is not meant.
    about: Option<&'static str>,
    /// Whether it shows what the rules record.
    has_objectives: bool,
}

/// All of them. The last has what is on none of the others.
pub const DASHBOARDS: [Made; 4] = [
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
        has_objectives: false,
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
        has_objectives: false,
    },
    Made {
        file: "objectives.json",
        title: "Demo: objectives",
        description: "What is promised, how much may still go wrong, and what fills up",
        prefixes: &["slo."],
        about: None,
        has_objectives: true,
    },
    Made {
        file: "process.json",
        title: "Demo: process",
        description: "Memory, processor, tokio, panics, and how the telemetry itself fares",
        prefixes: &[],
        about: None,
        has_objectives: false,
    },
];

impl Made {
    /// As JSON, for an application that is started so.
    pub(super) fn json(
        &self,
        prometheus: &Prometheus,
        rules: &Rules,
    ) -> Result<String, GrafanaError> {
        let instances = Panel::stat("Instances")
            .description("Processes that are scraped, and answer")
            .query(r#"sum(up{job=~"$job"})"#, "");
        let uid = self.file.trim_end_matches(".json");
        let mut builder = Dashboard::builder(prometheus);
        builder = match self.prefixes {
            [] => builder.except(
                DASHBOARDS
                    .iter()
                    .flat_map(|one| one.prefixes.iter().copied()),
            ),
            prefixes => builder.only(prefixes.iter().copied()),
        };
        if let Some(times) = self.about {
            builder = builder.rate(times).errors(times).duration(times);
        }
        if self.has_objectives {
            for row in rules.panels() {
                builder = builder.row(row.title, row.panels.into_iter().map(panel));
            }
        }
        let dashboard = builder
            .title(self.title)
            .uid(format!("telemetry-demo-{uid}"))
            .description(self.description)
            .tags(["telemetry", "demo"])
            .panel(instances)
            .build()?;
        Ok(dashboard.to_json())
    }
}
