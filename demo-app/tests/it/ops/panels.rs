//! Every panel of every generated dashboard has something to show, asked of a real Prometheus.

use std::time::{Duration, Instant};

use demo_app::Config;
use demo_app::ops::Files;
use serde_json::Value;

use crate::deploy::dashboards::{panels, queries};
use crate::deploy::prometheus::as_sent;
use crate::support::alerting::Alerting;
use crate::support::program::Program;
use crate::support::visitor::Visitor;
use crate::support::{HEAVY, http, runtime};

/// How long all of them may take until they have something.
const PATIENCE: Duration = Duration::from_secs(150);

#[test]
#[ignore = "needs installed Prometheus and Alertmanager; .ci/run installs them and runs this"]
fn every_panel_of_every_dashboard_is_answered() {
    let _turn = HEAVY.blocking_lock();
    // A process of its own, so that it can keep traces, and nobody else's panics are counted.
    let program = Program::start(&[
        "--load",
        "20",
        "--slo-speed",
        "60",
        "--chaos",
        "latency=5ms,errors=5%,after=15s",
    ]);
    runtime().block_on(are_answered(&program));
}

async fn are_answered(program: &Program) {
    let config = Config {
        listen: program.address,
        slo_speed: 60,
        ..Config::default()
    };
    let mut visitor = Visitor::new(program.address);
    // Before chaos begins, which would refuse the form.
    let crash = [("kind", "crash"), ("jobs", "1"), ("label", "")];
    visitor.submit("/jobs", "/jobs", &crash).await;
    let watched = Alerting::of(&config, program.address).await;
    let deadline = Instant::now() + PATIENCE;
    let mut asked: Vec<(String, String, String)> = Vec::new();
    for file in Files::of(&config)
        .make()
        .expect("the definitions are right")
    {
        if !file.path.starts_with("grafana/") {
            continue;
        }
        let dashboard: Value = serde_json::from_str(&file.text).expect("JSON");
        // What marks starts and deploys, of which there is none at the moment, is understood.
        for query in annotations(&dashboard) {
            watched.prometheus.series(&query).await;
        }
        for panel in panels(&dashboard) {
            let title = panel["title"].as_str().expect("a title");
            let of = |query| (file.path.clone(), title.to_owned(), as_sent(query));
            asked.extend(queries(panel).into_iter().map(of));
        }
    }
    assert!(asked.len() > 100, "{}", asked.len());
    loop {
        // What visitors do not do: they are polite.
        for path in ["/panic", "/metrics", "/jobs"] {
            http::get(program.address, path).await;
        }
        let mut left = Vec::new();
        for one in asked {
            if watched.prometheus.series(&one.2).await.is_empty() {
                left.push(one);
            }
        }
        asked = left;
        if asked.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "not answered: {asked:#?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The queries of what is marked in all charts.
fn annotations(dashboard: &Value) -> Vec<String> {
    let list = dashboard["annotations"]["list"].as_array();
    let list = list.into_iter().flatten();
    let queries = list.filter_map(|one| one["expr"].as_str());
    let queries = queries.map(|query| {
        // The longer name first.
        let query = query.replace("$__interval_ms", "15000");
        as_sent(&query.replace("$__interval", "15s"))
    });
    let queries: Vec<String> = queries.collect();
    assert!(!queries.is_empty(), "starts are marked");
    queries
}
