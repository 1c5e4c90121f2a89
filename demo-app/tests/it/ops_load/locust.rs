//! The scripts for locust, run by it: what it asked for is what the demo counts, and its exit code says
//! whether the demo keeps its objectives.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use demo_app::Config;
use serde_json::Value;

use super::scripts::{Requests, SHAPES, Said, copy, counts, objectives, run};
use crate::support::TestDemo;

/// Runs a shape against a demo, so many times as fast. Visitors take next to no time to read.
async fn visit(folder: &Path, shape: &str, base: &str, more: &[(&str, &str)]) -> Said {
    let found_by = "set LOCUST to the path of the program, as .ci/run does";
    let locust = std::env::var_os("LOCUST").unwrap_or_else(|| panic!("{found_by}"));
    let mut command = Command::new(locust);
    command
        .args(["--headless", "--only-summary", "--json"])
        .args(["--loglevel", "WARNING", "--host", base, "--locustfile"])
        .arg(folder.join(format!("{shape}.py")))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs([("VISITS", "30"), ("THINK", "0.05")])
        .envs(more.iter().copied());
    run(command).await
}

/// How often locust has asked, by method and route. Its statistics know no statuses.
fn asked(said: &Said) -> Requests {
    let json = said
        .out
        .split_once("\n[")
        .map(|(_, json)| format!("[{json}"));
    let json = json.and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let json = json.unwrap_or_else(|| panic!("no statistics: {said:?}"));
    let lines = json.as_array().expect("a list").iter();
    lines
        .map(|line| {
            let [method, route] = ["method", "name"].map(|key| line[key].as_str().expect("text"));
            let times = line["num_requests"].as_u64().expect("a count");
            (format!("{method} {route}"), times)
        })
        .collect()
}

/// What it says at the end: each name, and whether it was kept.
fn verdict(said: &Said) -> Vec<(String, bool)> {
    let lines = said.out.lines().filter_map(|line| {
        let kept = line.ends_with("kept");
        (kept || line.ends_with("MISSED")).then(|| (line[..20].trim_end().to_owned(), kept))
    });
    lines.collect()
}

fn missed(said: &Said) -> Vec<String> {
    let all = verdict(said).into_iter();
    all.filter_map(|(name, kept)| (!kept).then_some(name))
        .collect()
}

/// How long anything takes is told from elsewhere: this machine may be busy with other tests.
const PATIENT: Option<(&str, &str, &str)> = Some(("objectives.json", "250.0", "10000.0"));

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs locust"]
async fn a_demo_that_keeps_its_objectives_is_told_so() {
    let scripts = copy("locust", PATIENT);
    // Of each shape a few seconds.
    for (shape, speed) in SHAPES.into_iter().zip(["6", "120", "60", "3000"]) {
        let demo = TestDemo::start().await;
        let base = format!("http://{}", demo.address());
        let said = visit(&scripts.0, shape, &base, &[("SPEED", speed)]).await;
        assert_eq!(said.code, Some(0), "{shape}: {said:?}");
        let mut names: Vec<_> = objectives();
        names.retain(|one| shape != "smoke" || one["target"].as_f64() > Some(0.99));
        assert_eq!(verdict(&said).len(), names.len() + 2, "{shape}: {said:?}");
        // The demo has counted these requests, and beside them those that asked whether it is there.
        let asked = asked(&said);
        let mut seen = Requests::new();
        for (key, times) in counts(&demo, asked.values().sum()).await {
            let (request, _status) = key.rsplit_once(' ').expect("a status");
            if request != "GET /health" {
                *seen.entry(request.to_owned()).or_default() += times;
            }
        }
        assert_eq!(seen, asked, "{shape}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs locust"]
async fn a_demo_that_is_broken_on_purpose_is_told_which_it_missed() {
    let chaos = "latency=300ms,errors=20%".parse().expect("chaos");
    let demo = TestDemo::with(Config {
        chaos,
        upstream_fail_percent: 100,
        ..Config::default()
    })
    .await;
    let base = format!("http://{}", demo.address());
    let scripts = copy("locust", None);
    let said = visit(&scripts.0, "load", &base, &[("SPEED", "120")]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    let mut missed_in_load = missed(&said);
    // With such delays a visit may take longer than until the next one is due.
    missed_in_load.retain(|name| name != "visits on time");
    let expected = ["site", "site-latency", "quotes", "visits completed"];
    assert_eq!(missed_in_load, expected, "{said:?}");
    // A soak is given up long before its four hours are over, of which each is twelve seconds here.
    let began = Instant::now();
    let said = visit(&scripts.0, "soak", &base, &[("SPEED", "300")]).await;
    assert!(began.elapsed() < Duration::from_secs(36), "{said:?}");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(!missed(&said).is_empty(), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs locust"]
async fn pages_that_are_broken_on_purpose_are_about_no_objective() {
    let demo = TestDemo::start().await;
    let base = format!("http://{}", demo.address());
    let scripts = copy("locust", PATIENT);
    let more = [("SPEED", "6"), ("BROKEN", "1"), ("VISITS", "60")];
    let said = visit(&scripts.0, "smoke", &base, &more).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(asked(&said).contains_key("GET /fail"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs locust"]
async fn what_cannot_be_run_says_why() {
    let scripts = copy("locust", None);
    let nowhere = visit(&scripts.0, "smoke", "http://127.0.0.1:1", &[]).await;
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.out.contains("no demo answers at"), "{nowhere:?}");
    let slow = visit(
        &scripts.0,
        "smoke",
        "http://127.0.0.1:1",
        &[("SPEED", "slow")],
    )
    .await;
    assert_eq!(slow.code, Some(1), "{slow:?}");
    assert!(slow.error.contains("SPEED: write a number"), "{slow:?}");
}
