//! Virtual visitors: what they say they did is what the application counts.

use std::collections::BTreeMap;
use std::io::Read;

use demo_app::Config;
use rustix::process::Signal;
use telemetry_metrics::{Data, Snapshots};

use crate::support::postgres::Postgres;
use crate::support::program::Program;
use crate::support::{TestDemo, eventually, http, runtime};

/// How often: by method, route, status and outcome.
type Counts = BTreeMap<[String; 4], u64>;

fn counts(numbers: &Snapshots, name: &str) -> Counts {
    let families = numbers.take().families;
    let family = families
        .iter()
        .find(|family| family.definition.name() == name);
    let family = family.unwrap_or_else(|| panic!("{name} is not defined"));
    let counts = family.series.iter().map(|series| {
        let tags: BTreeMap<_, _> = series.tags(&family.definition).collect();
        let key = ["method", "route", "status", "outcome"]
            .map(|key| tags.get(key).copied().unwrap_or_default().to_owned());
        match series.data {
            Data::Counter(count) => (key, count),
            _ => panic!("{name} is no counter"),
        }
    });
    counts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_counts_what_the_visitors_did() {
    visitors_and_application_agree(Config::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL; .ci/run installs it and runs this"]
async fn so_it_does_on_postgresql() {
    let server = Postgres::start("load").await;
    visitors_and_application_agree(Config {
        database: server.url(),
        ..Config::default()
    })
    .await;
}

async fn visitors_and_application_agree(config: Config) {
    let demo = TestDemo::with(Config {
        load: Some(40),
        ..config
    })
    .await;
    let numbers = demo.aggregator().snapshots();
    let seen = async || {
        let asked = counts(&numbers, "demo.load.request.count");
        let sum = |of: &dyn Fn(&[String; 4]) -> bool| -> u64 {
            asked
                .iter()
                .filter(|(key, _)| of(key))
                .map(|(_, n)| n)
                .sum()
        };
        [
            sum(&|key| key[3] == "ok") / 50,
            sum(&|key| key[3] == "error"),
            sum(&|key| key[3] == "cancelled"),
            sum(&|key| key[2] == "101"),
            sum(&|key| key[0] == "POST" && key[2] == "303"),
        ]
    };
    eventually(seen, |seen| seen.iter().all(|n| *n >= 3)).await;

    let TestDemo { demo, _turn } = demo;
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    let asked = counts(&numbers, "demo.load.request.count");
    assert_eq!(counts(&numbers, "demo.endpoint.stop.count"), asked);
    assert!(asked.keys().all(|key| key[3] != "failed"), "{asked:?}");
}

#[test]
fn visitors_are_silent_and_leave_with_the_program() {
    let mut program = Program::start(&["--load", "3"]);
    let runtime = runtime();
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
