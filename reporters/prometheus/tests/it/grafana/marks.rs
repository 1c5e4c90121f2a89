//! What is marked in all panels: starts and deploys.

use std::process::Command;

use serde_json::json;
use telemetry_metrics::{Aggregator, last_value};
use telemetry_prometheus::Prometheus;

use super::view::{View, bare, reporter_of};
use crate::support::Directory;

fn view(program: Option<&str>) -> View {
    let aggregator = Aggregator::builder().start().unwrap();
    let mut builder = Prometheus::builder(&aggregator);
    if let Some(program) = program {
        builder = builder.build_info(program, [("version", "1"), ("git.revision", "")]);
    }
    View::of(&builder.build().unwrap())
}

fn bare_marks(view: &View) -> Vec<(String, String)> {
    let marks = view.marks().into_iter();
    marks
        .map(|(name, expr)| (name.to_owned(), bare(expr)))
        .collect()
}

#[test]
fn starts_are_marked_and_deploys_of_what_says_its_build() {
    let start = "process_start_time_seconds";
    let started = format!("{start} * 1000 and time() - {start} < 300 + $__interval_ms / 1000");
    assert_eq!(bare_marks(&view(None)), [("Start".to_owned(), started)]);

    let view = view(Some("graf-shop"));
    let deploy = "max by (version, git_revision) (graf_shop_build_info) unless \
                  max by (version, git_revision) \
                  (max_over_time(graf_shop_build_info[10m] offset $__interval))";
    assert_eq!(
        bare_marks(&view)[1],
        ("Deploy".to_owned(), deploy.to_owned())
    );
    let marks = view.0["annotations"]["list"].as_array().unwrap();
    assert_eq!(marks[0]["builtIn"], 1);
    assert_eq!(marks[1]["useValueForTime"], true);
    assert_eq!(marks[2]["useValueForTime"], false);
    assert_eq!(
        marks[2]["textFormat"],
        "version {{version}}, git_revision {{git_revision}}"
    );
    for mark in &marks[1..] {
        assert_eq!(mark["datasource"]["uid"], "${datasource}");
        assert_eq!(mark["enable"], true);
    }
}

#[test]
fn without_a_start_there_is_no_mark_of_it() {
    let aggregator = Aggregator::builder().start().unwrap();
    let builder = Prometheus::builder(&aggregator).process_start_time(false);
    assert!(View::of(&builder.build().unwrap()).marks().is_empty());
    // A definition will do.
    let own = last_value("process.start_time")
        .event("graf_marks.start")
        .seconds();
    assert_eq!(View::of(&reporter_of([own])).marks().len(), 1);
}

/// A process that is started at 0:00 and again at 10:00, with a new version at 20:00, and back to the
/// old one, at once, at 40:00; asked at each step as Grafana does.
#[test]
#[ignore = "needs promtool"]
fn a_mark_stands_where_something_happened_and_nowhere_else() {
    let view = view(Some("graf-shop"));
    let expr = |name: &str| {
        let marks = view.marks();
        let (_, expr) = marks.iter().find(|(known, _)| *known == name).unwrap();
        expr.replace("$__interval_ms", "60000")
            .replace("$__interval", "1m")
            .replace("$job", ".*")
            .replace("$instance", ".*")
    };
    let (start, deploy) = (expr("Start"), expr("Deploy"));
    let mut cases = Vec::new();
    for minute in 0..60 {
        let at = |text: &str| text.to_owned();
        let version = match minute {
            0 | 40 => Some("1"),
            20 => Some("2"),
            _ => None,
        };
        let deployed = version
            .map(|version| json!({ "labels": format!("{{version=\"{version}\"}}"), "value": 1 }));
        cases.push(json!({
            "expr": deploy, "eval_time": format!("{minute}m"),
            "exp_samples": deployed.into_iter().collect::<Vec<_>>(),
        }));
        // The value is the time of the start, for as long as it is new.
        let started = match minute {
            0..6 => Some(0),
            11..16 => Some(600_000),
            20..26 => Some(1_200_000),
            40..46 => Some(2_400_000),
            _ => None,
        };
        let started = started
            .map(|time| json!({ "labels": at("{job=\"a\",instance=\"b\"}"), "value": time }));
        cases.push(json!({
            "expr": start, "eval_time": format!("{minute}m"),
            "exp_samples": started.into_iter().collect::<Vec<_>>(),
        }));
    }
    let series = |name: &str, labels: &str, values: &str| {
        let series = format!("{name}{{job=\"a\",instance=\"b\"{labels}}}");
        json!({ "series": series, "values": values })
    };
    let info = "graf_shop_build_info";
    let tests = json!({ "tests": [{
        "interval": "1m",
        "input_series": [
            // It is away for a minute when it is started again.
            series("process_start_time_seconds", "", "0+0x9 stale 600+0x8 1200+0x19 2400+0x19"),
            series(info, ",version=\"1\"", "1+0x9 stale 1+0x8 stale _x19 1+0x19"),
            series(info, ",version=\"2\"", "_x20 1+0x19 stale"),
        ],
        "promql_expr_test": cases,
    }] });
    let directory = Directory::new("marks");
    let file = directory.path().join("tests.yml");
    // JSON is YAML.
    std::fs::write(&file, tests.to_string()).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&file)
        .output();
    let output = output.expect("promtool is found through PATH");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
}
