//! The small charts of the overview.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use telemetry::execute;
use telemetry_metrics::distribution;

use crate::program::{Program, figure, find_card};

/// The values of a line; those of slots without any are left out.
fn values(chart: &Json, label: &str) -> Vec<f64> {
    let lines = chart["lines"].as_array().expect("lines").iter();
    let mut lines = lines.filter(|line| line["label"] == label);
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("no {label}: {chart}"));
    let values = line["values"].as_array().expect("values").iter();
    values.filter_map(Json::as_f64).collect()
}

#[tokio::test]
async fn each_percentile_is_the_one_that_its_label_says() {
    let times = distribution("dash_curves.endpoint.duration")
        .events([
            "dash_curves.endpoint.stop",
            "dash_curves.endpoint.exception",
        ])
        .tags(["route", "outcome"])
        .unchecked();
    let program = Program::start([times]);
    for n in 1..=1_000 {
        let duration = Duration::from_millis(n);
        execute!("dash_curves.endpoint.stop", { duration }, { route: "/", outcome: "ok" });
    }
    // A chart has whole slots only, so it takes one until they are on it.
    let deadline = Instant::now() + Duration::from_secs(20);
    let chart = loop {
        let page = program.page("overview").await;
        let chart = find_card(&page, "signals", "times");
        if !values(&chart, "p99").is_empty() {
            break chart;
        }
        assert!(Instant::now() < deadline, "{chart}");
    };
    assert_eq!(chart["unit"], "seconds");
    let [p50, p95, p99] = ["p50", "p95", "p99"].map(|label| values(&chart, label));
    assert_eq!((p50.len(), p95.len()), (p99.len(), p99.len()));
    for ((p50, p95), p99) in p50.into_iter().zip(p95).zip(p99) {
        assert!(p50 < p95 && p95 < p99, "{p50} {p95} {p99}");
        assert!(p99 <= 1.0, "{p99}");
    }
    // As many as `/metrics` says there were.
    let page = program.page("metrics?show=0").await;
    let chart = &find_card(&page, "chart-0", "chart");
    assert!((figure(chart, "since start") - 1_000.0).abs() < f64::EPSILON);
}
