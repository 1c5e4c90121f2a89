//! Grafana's own descriptions of what a dashboard is, asked about a dashboard with everything on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use telemetry_metrics::{Aggregator, Unit, counter, last_value};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Color, Dashboard, Panel};

use super::view::application;
use crate::support::Directory;

/// Every kind of panel, variable and setting.
fn everything() -> String {
    let mut metrics = application("graf_schema");
    metrics.extend([
        counter("graf_schema.odd.count")
            .tags(["$job", "größe"])
            .description("\"$job\" [[job]]\n\\ {{x}}"),
        last_value("graf_schema.other.load").unit(Unit::Other("jobs/s")),
    ]);
    let aggregator = Aggregator::builder()
        .metrics(metrics)
        .constant_tag("env", "prod")
        .start()
        .expect("the definitions are valid");
    let prometheus = Prometheus::builder(&aggregator)
        .build_info("graf_schema", [("version", "1.2.3")])
        .build()
        .expect("they are for Prometheus, too");
    let burn = Panel::time_series("Burn")
        .description("How fast")
        .unit("percentunit")
        .query("vector(1)", "1 h")
        .query("vector(2)", "6 h")
        .threshold(1.0, Color::Yellow)
        .threshold(14.4, Color::Red)
        .min(0.0)
        .max(100.5);
    let budget = Panel::stat("Budget")
        .query("vector(1)", "")
        .base_color(Color::Red)
        .threshold(0.25, Color::Green);
    let gauge = Panel::gauge("Left")
        .query("vector(1)", "")
        .min(0.0)
        .max(1.0)
        .decimals(2);
    let table = Panel::table("Firing")
        .query("ALERTS", "Since")
        .query("vector(1)", "");
    let states = Panel::state_timeline("Alerts").query("ALERTS", "{{alertname}}");
    Dashboard::builder(&prometheus)
        .link("Traces", "https://tempo.example")
        .title("Shop $job")
        .description("For those on call")
        .tags(["shop"])
        .panel(budget)
        .row("Objectives", [burn, gauge, table, states])
        .build()
        .expect("the settings are right")
        .to_json()
}

/// The text with something replaced, which must be there.
fn spoilt(text: &str, good: &str, bad: &str) -> String {
    assert!(text.contains(good), "there is no {good}");
    text.replacen(good, bad, 1)
}

fn script(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join("grafana").join(name)
}

/// Runs a command; says whether it was content, and what it said.
fn run(command: &mut Command, found_by: &str) -> (bool, String) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}; {found_by}"));
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// TypeScript's compiler, with the types of `@grafana/schema`.
fn check_types(dashboard: &str) -> (bool, String) {
    let variable = "GRAFANA_NODE_MODULES";
    let found_by = "set GRAFANA_NODE_MODULES to the `node_modules` that has `@grafana/schema` and \
                    `typescript`, and have `node` in the PATH";
    let modules = std::env::var_os(variable).unwrap_or_else(|| panic!("{found_by}"));
    let directory = Directory::new("grafana-types");
    let file = directory.path().join("dashboard.json");
    std::fs::write(&file, dashboard).expect("the file can be written");
    let mut node = Command::new("node");
    node.arg(script("schema.mjs"));
    run(node.arg(modules).arg(file).arg(directory.path()), found_by)
}

/// The foundation SDK, which drops what it does not know.
fn round_trip(dashboard: &str) -> (bool, String) {
    let found_by = "set TEST_PYTHON to a Python that has `grafana-foundation-sdk`, or have it in \
                    the `python3` of the PATH";
    let python = std::env::var_os("TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let directory = Directory::new("grafana-round-trip");
    let file = directory.path().join("dashboard.json");
    std::fs::write(&file, dashboard).expect("the file can be written");
    run(
        Command::new(python).arg(script("round_trip.py")).arg(file),
        found_by,
    )
}

#[test]
#[ignore = "needs node with @grafana/schema and typescript"]
fn the_dashboard_has_the_types_that_grafana_publishes() {
    let dashboard = everything();
    let (content, said) = check_types(&dashboard);
    assert!(content, "{said}");
    // It would not be content with anything.
    for (good, bad) in [
        ("\"title\": \"Shop", "\"titel\": \"Shop"),
        ("\"w\": 24", "\"w\": \"24\""),
        ("\"schemaVersion\": 39,", ""),
        ("\"collapsed\"", "\"colapsed\""),
        ("\"refresh\": 2", "\"refresh\": 5"),
        ("\"mode\": \"absolute\"", "\"mode\": \"absolut\""),
        ("\"displayMode\": \"table\"", "\"displayMode\": \"tabel\""),
        ("\"fillOpacity\": 10", "\"fillOpacity\": \"10\""),
        ("\"yHistogram\"", "\"yHisto\""),
        ("\"colorMode\": \"value\"", "\"colorMode\": \"val\""),
        ("\"legendFormat\"", "\"legend\""),
        ("\"sizing\": \"auto\"", "\"sizing\": \"big\""),
        ("\"cellHeight\": \"sm\"", "\"cellHeight\": \"s\""),
        ("\"showHeader\"", "\"showHead\""),
        ("\"mergeValues\": true", "\"mergeValues\": \"true\""),
        ("\"iconColor\": \"blue\"", "\"iconColour\": \"blue\""),
        ("\"useValueForTime\": true", "\"useValueForTime\": 1"),
        ("\"keepTime\"", "\"keepTimes\""),
    ] {
        let (content, said) = check_types(&spoilt(&dashboard, good, bad));
        assert!(!content && said.contains("error TS"), "{bad}: {said}");
    }
}

#[test]
#[ignore = "needs Python with grafana-foundation-sdk"]
fn the_dashboard_survives_grafanas_own_types() {
    let dashboard = everything();
    let (content, said) = round_trip(&dashboard);
    assert!(content, "{said}");
    for (good, bad) in [
        ("\"title\": \"Shop", "\"titel\": \"Shop"),
        ("\"collapsed\"", "\"colapsed\""),
        ("\"yHistogram\"", "\"yHisto\""),
        ("\"fillOpacity\"", "\"fillOpacty\""),
        ("\"textFormat\"", "\"textFromat\""),
        ("\"showHeader\"", "\"showHeaders\""),
    ] {
        let (content, said) = round_trip(&spoilt(&dashboard, good, bad));
        assert!(!content && said.contains(": dropped"), "{bad}: {said}");
    }
}
