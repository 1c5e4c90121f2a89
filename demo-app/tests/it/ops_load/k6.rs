//! The scripts for k6 visit the demo. There is no k6 to run them, so what stands in for it is ours:
//! `tests/k6`. It makes their visits, and holds them to their thresholds.

use std::path::Path;
use std::process::Command;

use demo_app::Config;
use serde_json::Value;

use super::scripts::{Requests, SHAPES, Said, copy, counts, objectives, path, run, tag};
use crate::support::TestDemo;

const STAND_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/k6/run.mjs");

/// Visits of each kind: enough for each to go each of its ways.
const VISITS: u32 = 8;

/// Runs a script, which visits the pages that are broken on purpose as well.
async fn visit(script: &Path, base: &str, more: &[&str]) -> Said {
    let mut node = Command::new("node");
    node.arg(STAND_IN).arg(script).arg(base);
    node.arg(VISITS.to_string()).arg("BROKEN=1").args(more);
    run(node).await
}

fn json(said: &Said) -> Value {
    assert_eq!(said.code, Some(0), "{said:?}");
    serde_json::from_str(&said.out).expect("JSON")
}

/// The thresholds of a run that begin so, all of them or those that were not met.
fn thresholds(ran: &Value, prefix: &str, met: bool) -> Vec<String> {
    let all = ran["thresholds"].as_array().expect("a list").iter();
    all.filter(|one| met || one["ok"] == false)
        .map(|one| one["name"].as_str().expect("text").to_owned())
        .filter(|name| name.starts_with(prefix))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node"]
async fn each_shape_visits_what_there_is() {
    for shape in SHAPES {
        let demo = TestDemo::start().await;
        let base = format!("http://{}", demo.address());
        let script = path("k6").join(format!("{shape}.js"));
        let ran = json(&visit(&script, &base, &[]).await);
        let requests: Requests = serde_json::from_value(ran["requests"].clone()).expect("counts");
        assert_eq!(
            counts(&demo, requests.values().sum()).await,
            requests,
            "{shape}"
        );
        let kinds = ["browse", "member", "work", "quote", "broken"];
        assert_eq!(ran["scenarios"], Value::from(kinds.to_vec()), "{shape}");
        for (check, seen) in ran["checks"].as_object().expect("checks") {
            assert_eq!(seen["failed"], 0, "{shape}: {check}: {ran:#}");
        }
        // How long anything takes is not what this is about.
        let missed = thresholds(&ran, "", false);
        let missed: Vec<_> = missed
            .iter()
            .filter(|name| !name.starts_with("http_req_duration"))
            .collect();
        assert!(missed.is_empty(), "{shape}: {missed:?}");
        for one in objectives() {
            let metric = match one["latency_ms"].is_null() {
                true => "http_req_failed",
                false => "http_req_duration",
            };
            let name = format!("{metric}{{{}:yes", tag(&one));
            let few = shape == "smoke" && one["target"].as_f64() <= Some(0.99);
            assert_eq!(
                thresholds(&ran, &name, true).len(),
                usize::from(!few),
                "{shape}: {name}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node"]
async fn an_objective_that_is_missed_is_a_threshold_that_is_not_met() {
    let demo = TestDemo::with(Config {
        landing_delay_ms: "400-400".parse().expect("a delay"),
        upstream_fail_percent: 100,
        ..Config::default()
    })
    .await;
    let base = format!("http://{}", demo.address());
    let ran = json(&visit(&path("k6/load.js"), &base, &[]).await);
    let slow = thresholds(&ran, "http_req_duration", false);
    let failed = thresholds(&ran, "http_req_failed", false);
    let site = "http_req_duration{slo_site_latency:yes,expected_response:true}";
    assert_eq!(slow, [site], "{ran:#}");
    assert_eq!(failed, ["http_req_failed{slo_quotes:yes}"], "{ran:#}");
    // The visitors were told, so they have nothing to complain of.
    assert!(thresholds(&ran, "checks", false).is_empty(), "{ran:#}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node"]
async fn what_k6_would_refuse_is_refused() {
    let demo = TestDemo::start().await;
    let base = format!("http://{}", demo.address());
    for (file, good, bad, refused) in [
        // The types take these.
        (
            "visits.js",
            "\"visit_completed\"",
            "\"v\"",
            "invalid metric name",
        ),
        (
            "visits.js",
            "\"visit_duration\"",
            "\"visit_completed\"",
            "there is a metric",
        ),
        (
            "load.js",
            "broken, browse, member",
            "broken, member",
            "no function browse",
        ),
        (
            "load.js",
            "exec: visit.exec",
            "exec: `${visit.exec}s`",
            "no function browses",
        ),
        ("load.js", "startRate: 0", "startRate: -1", "startRate"),
        (
            "shapes.js",
            "60000 / SPEED))}ms",
            "60000 / SPEED))}",
            "duration",
        ),
        ("shapes.js", "checks: [", "cheks: [", "no such metric"),
        ("shapes.js", "`p(${", "`p${", "cannot be read"),
        ("shapes.js", "`rate<=${", "`count<=${", "has no count"),
        ("shapes.js", "}:yes`", "}=yes`", "is not tag:value"),
        ("shapes.js", "\"p(99)\"", "\"p99\"", "no statistic"),
        ("env.js", "\"SPEED\", 1", "\"SPEED\", 0 / 0", "duration"),
    ] {
        let folder = copy("k6", Some((file, good, bad)));
        let said = visit(&folder.0.join("load.js"), &base, &[]).await;
        assert_eq!(said.code, Some(1), "{bad}: {said:?}");
        assert!(said.error.contains(refused), "{bad}: {said:?}");
    }
    let nowhere = visit(&path("k6/smoke.js"), "http://127.0.0.1:1", &[]).await;
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.error.contains("no demo answers at"), "{nowhere:?}");
    let slow = visit(&path("k6/smoke.js"), &base, &["SPEED=slow"]).await;
    assert!(slow.error.contains("SPEED: write a number"), "{slow:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node"]
async fn a_script_that_has_lost_its_way_fails_its_checks() {
    let demo = TestDemo::start().await;
    let base = format!("http://{}", demo.address());
    for (file, good, bad) in [
        ("visits.js", "get(\"/users-fast\"", "get(\"/user-fast\""),
        ("visits.js", "\"resize_image\"", "\"resize\""),
        ("visits.js", "\"not this one\"", "password"),
        ("http.js", "{ ...hidden, ...fields }", "fields"),
        ("http.js", "type=\"hidden\"", "type=\"secret\""),
    ] {
        let folder = copy("k6", Some((file, good, bad)));
        let ran = json(&visit(&folder.0.join("load.js"), &base, &[]).await);
        let checks = ran["checks"].as_object().expect("checks");
        let failed = checks.values().any(|seen| seen["failed"] != 0);
        assert!(failed, "{bad}: {ran:#}");
    }
}
