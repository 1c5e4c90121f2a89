//! The kinds of panels that others may add, and links.

use telemetry_prometheus::grafana::{Color, Dashboard, Panel};

use super::view::{View, reporter_of};

fn view(panel: Panel) -> View {
    View::new(Dashboard::builder(&reporter_of([])).panel(panel))
}

#[test]
fn a_gauge_shows_the_newest_value_between_its_ends() {
    let view = view(
        Panel::gauge("Budget")
            .query("budget", "")
            .unit("percentunit")
            .min(0.0)
            .max(1.0)
            .decimals(2)
            .base_color(Color::Red)
            .threshold(0.25, Color::Green),
    );
    let panel = view.panel("Budget");
    assert_eq!(panel["type"], "gauge");
    let defaults = &panel["fieldConfig"]["defaults"];
    assert_eq!(defaults["color"]["mode"], "thresholds");
    assert_eq!(
        [&defaults["min"], &defaults["max"], &defaults["decimals"]],
        [0, 1, 2]
    );
    assert_eq!(panel["targets"][0]["instant"], true);
    assert_eq!(panel["targets"][0]["range"], false);
}

#[test]
fn a_table_has_a_line_for_each_series_and_a_column_for_each_query() {
    let one = view(Panel::table("One").query("up", "Up"));
    let panel = one.panel("One");
    assert_eq!(panel["type"], "table");
    assert_eq!(panel["targets"][0]["format"], "table");
    assert_eq!(panel["targets"][0]["instant"], true);
    let renamed = |panel: &serde_json::Value| {
        let steps = &panel["transformations"];
        assert_eq!(steps[0]["id"], "merge");
        assert_eq!(steps[1]["options"]["excludeByName"]["Time"], true);
        steps[1]["options"]["renameByName"].clone()
    };
    assert_eq!(renamed(panel), serde_json::json!({ "Value": "Up" }));

    // A template is no head of a column.
    let three = Panel::table("Three")
        .query("a", "A b")
        .query("b", "{{x}}")
        .query("c", "$job");
    let three = view(three);
    assert_eq!(
        renamed(three.panel("Three")),
        serde_json::json!({ "Value #A": "A b", "Value #C": "$job" })
    );
}

#[test]
fn a_state_timeline_has_the_thresholds_colours_over_time() {
    let view = view(
        Panel::state_timeline("Alerts")
            .query("ALERTS", "{{alertname}}")
            .threshold(1.0, Color::Red),
    );
    let panel = view.panel("Alerts");
    assert_eq!(panel["type"], "state-timeline");
    assert_eq!(
        panel["fieldConfig"]["defaults"]["color"]["mode"],
        "thresholds"
    );
    assert_eq!(panel["targets"][0]["range"], true);
}

#[test]
fn links_stand_at_the_top() {
    let builder = Dashboard::builder(&reporter_of([]));
    let view = View::new(
        builder
            .link("Traces", "https://tempo.example/$job")
            .link("Runbook", "/x"),
    );
    let links = view.0["links"].as_array().unwrap();
    let of = |key: &str| {
        links
            .iter()
            .map(|link| link[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("title"), ["Traces", "Runbook"]);
    assert_eq!(of("url"), ["https://tempo.example/$job", "/x"]);
}
