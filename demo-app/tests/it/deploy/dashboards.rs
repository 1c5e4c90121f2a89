//! The dashboards, which `ops` makes of the demo's metric definitions.

use std::collections::BTreeSet;

use demo_app::ops::{DASHBOARDS, Made};
use serde_json::Value;

use super::files::text;

/// A dashboard as it stands in its file.
pub(crate) fn json(made: &Made) -> Value {
    let text = text(&format!("grafana/dashboards/{}", made.file));
    serde_json::from_str(&text).expect("JSON")
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
fn each_definition_is_on_one_of_them() {
    let dashboards = DASHBOARDS.map(|one| json(&one));
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
    let signals = ["Rate", "Errors", "Duration", "Saturation", "Instances"];
    for (one, (span, signals)) in DASHBOARDS.iter().zip([
        ("Golden signals: demo.endpoint", &signals[..]),
        ("Golden signals: demo.jobs.attempt", &signals[..]),
        ("Golden signals", &signals[4..]),
        ("Golden signals", &signals[3..]),
    ]) {
        let dashboard = json(one);
        assert_eq!(dashboard["panels"][0]["title"], span, "{}", one.file);
        let titles: Vec<&Value> = first(&dashboard)
            .iter()
            .map(|panel| &panel["title"])
            .collect();
        assert_eq!(titles, signals, "{}", one.file);
    }
}
