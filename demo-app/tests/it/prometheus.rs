//! A real Prometheus scrapes the running application.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::servers::Prometheus;
use crate::support::{TestDemo, eventually};

/// All routes, and what a family of each definition is called.
const ROUTES: [&str; 7] = [
    "/",
    "/users-fast",
    "/users-slow",
    "/fail",
    "/panic",
    "/health",
    "/metrics",
];

const FAMILIES: [&str; 24] = [
    "demo_endpoint_stop_count_total",
    "demo_endpoint_exception_count_total",
    "demo_endpoint_duration_seconds_bucket",
    "demo_endpoint_in_flight",
    "demo_endpoint_in_flight_peak",
    "demo_repo_query_count_total",
    "demo_repo_query_rows_total",
    "demo_repo_query_total_time_seconds_sum",
    "demo_repo_query_queue_time_seconds_bucket",
    "demo_repo_pool_in_use",
    "demo_repo_pool_max",
    "demo_repo_pool_waiting",
    "vm_memory_total_bytes",
    "vm_memory_virtual_bytes",
    "vm_cpu_time_seconds",
    "vm_cpu_cumulative_seconds",
    "vm_cpu_utilization",
    "vm_tokio_utilization",
    "vm_total_run_queue_lengths",
    "vm_system_counts_threads",
    "vm_system_counts_tasks",
    "vm_system_counts_workers",
    "vm_system_counts_open_files",
    "vm_system_counts_open_files_limit",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed Prometheus; .ci/run installs it and runs this"]
async fn prometheus_answers_with_the_number_of_requests_made() {
    let demo = TestDemo::start().await;
    for _ in 0..37 {
        demo.get("/users-slow").await;
    }
    let prometheus = Prometheus::scraping(demo.address()).await;
    let slow = "sum(demo_endpoint_stop_count_total{route=\"/users-slow\"})";
    eventually(|| prometheus.query(slow), |n| *n == Some(37.0)).await;

    demo.get("/users-slow").await;
    eventually(|| prometheus.query(slow), |n| *n == Some(38.0)).await;
    // Stored events are read meanwhile.
    let queries = "sum(demo_repo_query_total_time_seconds_count{source=~\"users|todo_items\"})";
    assert_eq!(prometheus.query(queries).await, Some(38.0 * 21.0));
    let p95 = "histogram_quantile(0.95, sum by (le) (demo_endpoint_duration_seconds_bucket))";
    let p95 = prometheus.query(p95).await.expect("a quantile");
    assert!(p95 > 0.0 && p95 < 10.0, "{p95}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed Prometheus; .ci/run installs it and runs this"]
async fn after_every_route_each_definition_is_in_prometheus() {
    let demo = TestDemo::start().await;
    for route in ROUTES {
        demo.get(route).await;
    }
    // No page needs a transaction unless something is written.
    let of_routes = [
        "demo.endpoint.",
        "demo.repo.query.",
        "demo.repo.pool.",
        "vm.",
    ];
    let is_of_routes = |name: &str| of_routes.iter().any(|prefix| name.starts_with(prefix));
    let definitions = demo_app::telemetry::metrics();
    let defined = definitions
        .iter()
        .filter(|metric| is_of_routes(metric.name()));
    assert_eq!(FAMILIES.len(), defined.count());
    let prometheus = Prometheus::scraping(demo.address()).await;
    for family in FAMILIES {
        let count = format!("count({family})");
        eventually(|| prometheus.query(&count), |n| n.is_some_and(|n| n > 0.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed promtool; .ci/run installs it and runs this"]
async fn promtool_has_no_complaint() {
    let demo = TestDemo::start().await;
    for route in ROUTES {
        demo.get(route).await;
    }
    // A second scrape, so that what the first says of itself is in it, too.
    let text = demo.get("/metrics").await.body;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool: run .ci/setup");
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(output.status.success());
}
