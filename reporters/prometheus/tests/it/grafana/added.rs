//! Panels of others.

use telemetry_prometheus::grafana::{Color, Dashboard, Panel};

use super::view::{View, application, bare_exprs, legends, reporter_of, title, unit};

fn titles<'v>(view: &'v View, row: &str) -> Vec<&'v str> {
    view.row(row).into_iter().map(title).collect()
}

#[test]
fn they_stand_beside_the_golden_signals_or_in_rows_of_their_own() {
    let prometheus = reporter_of(application("graf_added"));
    let view = View::new(
        Dashboard::builder(&prometheus)
            .panel(Panel::stat("Instances").query("count(up)", "up"))
            .row(
                "Objectives",
                [Panel::stat("Budget"), Panel::time_series("Burn")],
            )
            .row("More", [])
            .folded_row("Rare", [Panel::stat("Seldom")]),
    );
    let golden = "Golden signals: graf_added.endpoint";
    assert_eq!(
        view.rows()[..5],
        [
            golden,
            "Objectives",
            "More",
            "Rare",
            "Cost: graf_added.endpoint"
        ]
    );
    let rows = view
        .all()
        .into_iter()
        .filter(|panel| panel["collapsed"] == true);
    let folded: Vec<&str> = rows.map(title).collect();
    assert_eq!(folded, ["Rare", "Telemetry itself"]);
    assert_eq!(titles(&view, "Rare"), ["Seldom"]);
    assert_eq!(titles(&view, golden).last(), Some(&"Instances"));
    assert_eq!(titles(&view, "Objectives"), ["Budget", "Burn"]);
    // Without signals, panels have the row to themselves.
    let view = View::new(Dashboard::builder(&reporter_of([])).panel(Panel::stat("Instances")));
    assert_eq!(view.rows(), ["Golden signals", "Telemetry itself"]);
}

#[test]
fn they_are_shown_as_they_were_given() {
    let prometheus = reporter_of([]);
    let panel = Panel::time_series("Burn")
        .description("How fast")
        .unit("percentunit")
        .query("burn{job=~\"$job\"}", "1 h {{route}}")
        .query("slow_burn", "6 h")
        .threshold(14.4, Color::Red)
        .threshold(1.0, Color::Yellow)
        .base_color(Color::Blue)
        .min(0.0)
        .max(f64::NAN)
        .width(100)
        .height(0);
    let view = View::new(Dashboard::builder(&prometheus).panel(panel));
    let panel = view.panel("Burn");
    assert_eq!(panel["type"], "timeseries");
    assert_eq!(panel["description"], "How fast");
    assert_eq!(unit(panel), "percentunit");
    assert_eq!(bare_exprs(panel), ["burn{job=~\"$job\"}", "slow_burn"]);
    assert_eq!(legends(panel), ["1 h {{route}}", "6 h"]);
    let defaults = &panel["fieldConfig"]["defaults"];
    assert_eq!(
        defaults["thresholds"]["steps"],
        serde_json::json!([
            { "color": "blue", "value": null },
            { "color": "yellow", "value": 1 },
            { "color": "red", "value": 14.4 },
        ])
    );
    assert_eq!(defaults["custom"]["thresholdsStyle"]["mode"], "dashed");
    assert_eq!(defaults["min"], 0);
    assert!(defaults.get("max").is_none());
    assert_eq!([&panel["gridPos"]["w"], &panel["gridPos"]["h"]], [24, 2]);
}
