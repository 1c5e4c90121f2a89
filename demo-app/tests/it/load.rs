//! Virtual visitors: what they say they did is what the application counts.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};

use demo_app::Config;
use rustix::process::Signal;
use telemetry::{Event, attach_many};

use crate::support::program::Program;
use crate::support::{TestDemo, eventually, http};

/// How often: by method, route, status and outcome.
type Counts = BTreeMap<[String; 4], u64>;

fn key(event: &Event<'_>) -> [String; 4] {
    ["method", "route", "status", "outcome"].map(|key| {
        let value = event.metadata(key).map(|value| value.to_string());
        value.unwrap_or_default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_counts_what_the_visitors_did() {
    let counts = Arc::<Mutex<(Counts, Counts)>>::default();
    let count = counts.clone();
    let names = [
        "demo.endpoint.stop",
        "demo.endpoint.exception",
        "demo.load.request",
    ];
    let attached = attach_many("test-load", names, move |event| {
        let mut counts = count.lock().unwrap();
        let (served, asked) = &mut *counts;
        let counts = match event.name() {
            "demo.load.request" => asked,
            _ => served,
        };
        *counts.entry(key(event)).or_default() += 1;
    });
    let _guard = attached.unwrap().guard();
    let demo = TestDemo::with(Config {
        load: Some(40),
        ..Config::default()
    })
    .await;
    let seen = async || {
        let counts = counts.lock().unwrap();
        let with = |outcome: &str| -> u64 {
            let asked = counts.1.iter();
            asked
                .filter(|(key, _)| key[3] == outcome)
                .map(|(_, n)| n)
                .sum()
        };
        let sockets = counts.1.keys().any(|key| key[2] == "101");
        (with("ok"), with("error"), with("cancelled"), sockets)
    };
    eventually(seen, |(ok, error, cancelled, sockets)| {
        *ok >= 150 && *error >= 3 && *cancelled >= 3 && *sockets
    })
    .await;

    let TestDemo { demo, _turn } = demo;
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    let (served, asked) = std::mem::take(&mut *counts.lock().unwrap());
    assert_eq!(served, asked);
    assert!(asked.keys().all(|key| key[3] != "failed"), "{asked:?}");
}

#[test]
fn visitors_are_silent_and_leave_with_the_program() {
    let mut program = Program::start(&["--load", "3"]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let visited = async || {
        let metrics = http::get(program.address, "/metrics").await.body;
        metrics.contains("demo_load_request_count_total{")
    };
    runtime.block_on(eventually(visited, |visited| *visited));
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    assert_eq!(program.said(), "");
    let mut rest = String::new();
    program.out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
