//! A dashboard as the tests look at it.

use serde_json::Value as Json;
use telemetry_metrics::{
    Aggregator, Check, Metric, counter, distribution, last_value, sum, summary,
};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, DashboardBuilder};

use crate::support::reporter;

/// The definitions of an application that serves requests from a database, like the demo's, under a
/// prefix of a test's own.
pub(crate) fn application(prefix: &str) -> Vec<Metric> {
    let name = |rest: &str| format!("{prefix}.{rest}");
    vec![
        counter(name("endpoint.stop.count"))
            .tags(["method", "route", "status", "outcome"])
            .description("Requests answered, or given up by the client"),
        counter(name("endpoint.exception.count"))
            .tags(["route"])
            .description("Requests whose handler panicked"),
        distribution(name("endpoint.duration"))
            .events([name("endpoint.stop"), name("endpoint.exception")])
            .tags(["route", "outcome"])
            .description("Time from a request to the end of its answer"),
        sum(name("endpoint.stop.bytes")).bytes(),
        summary(name("repo.query.total_time")).tags(["source", "command"]),
        distribution(name("repo.query.queue_time")).tags(["source", "command"]),
        last_value(name("memory.total")).bytes(),
        last_value(name("cpu.cumulative")).seconds(),
        last_value(name("total_run_queue_lengths.total")),
        last_value(name("system_counts.threads")),
        sum(name("endpoint.open")).up_down().measurement("change"),
    ]
}

/// A reporter of these definitions; the aggregator may go.
pub(crate) fn reporter_of(metrics: impl IntoIterator<Item = Metric>) -> Prometheus {
    // Most of these tests emit nothing, which would be warned of.
    let aggregator = Aggregator::builder()
        .metrics(metrics)
        .check_definitions(Check::Off)
        .start()
        .expect("the definitions are valid");
    reporter(&aggregator)
}

/// A dashboard, read back.
#[derive(Debug)]
pub(crate) struct View(pub(crate) Json);

impl View {
    pub(crate) fn new(builder: DashboardBuilder) -> Self {
        let dashboard = builder.build().expect("the settings are right");
        Self::read(&dashboard.to_json())
    }

    pub(crate) fn of(prometheus: &Prometheus) -> Self {
        Self::new(Dashboard::builder(prometheus))
    }

    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("the dashboard is JSON"))
    }

    /// Rows and panels as they stand from top to bottom, those in folded rows included.
    pub(crate) fn all(&self) -> Vec<&Json> {
        let panels = self.0["panels"].as_array().expect("a list");
        panels
            .iter()
            .flat_map(|panel| {
                let inside = panel["panels"].as_array().into_iter().flatten();
                [panel].into_iter().chain(inside)
            })
            .collect()
    }

    pub(crate) fn panels(&self) -> Vec<&Json> {
        let mut all = self.all();
        all.retain(|panel| panel["type"] != "row");
        all
    }

    /// The panels of the row with this title.
    pub(crate) fn row(&self, title: &str) -> Vec<&Json> {
        let rows = self.all().into_iter();
        let mut rows = rows.skip_while(|panel| panel["title"] != title);
        assert!(rows.next().is_some(), "no row is called {title}");
        rows.take_while(|panel| panel["type"] != "row").collect()
    }

    /// The titles of the rows.
    pub(crate) fn rows(&self) -> Vec<&str> {
        let mut all = self.all();
        all.retain(|panel| panel["type"] == "row");
        all.into_iter().map(title).collect()
    }

    /// What is marked in the panels, by its query.
    pub(crate) fn marks(&self) -> Vec<(&str, &str)> {
        let list = self.0["annotations"]["list"].as_array().expect("a list");
        let marks = list.iter().filter(|mark| mark["builtIn"] == 0);
        marks
            .map(|mark| {
                let (name, expr) = (mark["name"].as_str(), mark["expr"].as_str());
                (name.expect("a name"), expr.expect("PromQL"))
            })
            .collect()
    }

    pub(crate) fn panel(&self, title: &str) -> &Json {
        let mut panels = self.panels();
        panels.retain(|panel| panel["title"] == title);
        assert_eq!(panels.len(), 1, "{title}");
        panels[0]
    }
}

pub(crate) fn title(panel: &Json) -> &str {
    panel["title"].as_str().expect("it has a title")
}

/// The queries of a panel.
pub(crate) fn exprs(panel: &Json) -> Vec<&str> {
    let targets = panel["targets"].as_array().expect("it has queries");
    let exprs = targets.iter().map(|target| target["expr"].as_str());
    exprs.map(|expr| expr.expect("PromQL")).collect()
}

pub(crate) fn legends(panel: &Json) -> Vec<&str> {
    let targets = panel["targets"].as_array().expect("it has queries");
    let legends = targets.iter().map(|target| target["legendFormat"].as_str());
    legends.map(|legend| legend.expect("a legend")).collect()
}

/// The query without the choices that the dashboard's variables make, and without its interval:
/// shorter to compare.
pub(crate) fn bare(expr: &str) -> String {
    expr.replace("job=~\"$job\",instance=~\"$instance\"", "")
        .replace("$__rate_interval", "i")
        .replace(",}", "}")
        .replace("{}", "")
}

/// The bare queries of a panel.
pub(crate) fn bare_exprs(panel: &Json) -> Vec<String> {
    exprs(panel).into_iter().map(bare).collect()
}

/// The unit of a panel.
pub(crate) fn unit(panel: &Json) -> &str {
    let unit = &panel["fieldConfig"]["defaults"]["unit"];
    unit.as_str().expect("it has a unit")
}
