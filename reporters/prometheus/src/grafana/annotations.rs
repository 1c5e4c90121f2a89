//! What is marked in all panels over time: when a process was started, and when a new version came.

use crate::about::START;
use crate::grafana::escape::literal;
use crate::grafana::json::{Json, object};
use crate::grafana::promql::{Scope, stored_labels};
use crate::grafana::render::datasource;
use crate::reporter::Prometheus;

/// How long after its start a process may be scraped for the first time, in seconds.
const FIRST_SCRAPE: u32 = 300;
/// For how long a version must have been away to be new. A process that is started anew is away for
/// moments, and no new version.
const AWAY: &str = "10m";

/// The list of them, each with a switch at the top of the dashboard.
pub(crate) fn list(prometheus: &Prometheus, scope: &Scope) -> Json {
    let about = prometheus.about();
    let mut list = vec![built_in()];
    if prometheus.shows_start() {
        let started = scope.select(START, "");
        // Each start is asked for at the steps that follow it, and its value is its time. Nothing is
        // drawn twice, as marks of a series that are less than a step apart are one.
        list.push(marks(Marks {
            name: "Start",
            expr: format!(
                "{started} * 1000 and time() - {started} < {FIRST_SCRAPE} + $__interval_ms / 1000"
            ),
            color: "blue",
            text: "{{job}} on {{instance}}".to_owned(),
            tags: "instance".to_owned(),
            value_is_time: true,
        }));
    }
    if let Some(build) = about.build() {
        let info = scope.select(&build.name, "");
        let labels = stored_labels(build.labels.iter().map(|(tag, _)| tag.as_str()));
        let by = |inner: &str| format!("max by ({}) ({inner})", labels.join(", "));
        let before = format!("max_over_time({info}[{AWAY}] offset $__interval)");
        let said = |label: &String| format!("{label} {{{{{label}}}}}");
        let text: Vec<String> = labels.iter().map(said).collect();
        list.push(marks(Marks {
            name: "Deploy",
            expr: format!("{} unless {}", by(&info), by(&before)),
            color: "purple",
            text: text.join(", "),
            tags: labels.first().cloned().unwrap_or_default(),
            value_is_time: false,
        }));
    }
    object! { "list": list }
}

struct Marks {
    name: &'static str,
    expr: String,
    color: &'static str,
    text: String,
    tags: String,
    /// In milliseconds; or else, where there is a value above zero, there is a mark.
    value_is_time: bool,
}

fn marks(marks: Marks) -> Json {
    object! {
        "builtIn": 0,
        "datasource": datasource(),
        "enable": true,
        "hide": false,
        "iconColor": marks.color,
        "name": literal(marks.name),
        // The rest is what the Prometheus data source adds.
        "expr": marks.expr,
        "step": "15s",
        "tagKeys": marks.tags,
        "textFormat": marks.text,
        "titleFormat": marks.name,
        "useValueForTime": marks.value_is_time,
    }
}

/// What every dashboard has: marks that somebody made by hand, and those of Grafana's own alerts.
fn built_in() -> Json {
    object! {
        "builtIn": 1,
        "datasource": object! { "type": "grafana", "uid": "-- Grafana --" },
        "enable": true,
        "hide": true,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    }
}
