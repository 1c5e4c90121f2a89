//! `--chaos`: pages break on purpose, as often and as long as is said, and everything sees it.

use std::time::{Duration, Instant};

use demo_app::Config;
use telemetry_metrics::Data;

use crate::support::program::Program;
use crate::support::{TestDemo, eventually, http, runtime};

const INJECTED: &str = "demo.chaos.injected.count";

async fn broken(chaos: &str) -> TestDemo {
    TestDemo::with(Config {
        chaos: chaos.parse().expect("chaos"),
        ..Config::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_requests_fail_as_it_says_and_are_counted_as_errors() {
    let demo = broken("errors=20%").await;
    let mut refused = 0;
    for _ in 0..200 {
        let reply = demo.get("/users-fast").await;
        match reply.status {
            503 => {
                assert!(reply.body.contains("on purpose"), "{}", reply.body);
                refused += 1;
            }
            status => assert_eq!(status, 200),
        }
    }
    assert!((38..=42).contains(&refused), "{refused}");
    demo.requests("/users-fast", "503", "error", refused).await;
    assert_eq!(demo.counted(INJECTED, &[("kind", "error")]), refused);
    assert_eq!(demo.counted(INJECTED, &[("kind", "latency")]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_take_longer_and_the_endpoint_measures_it() {
    let demo = broken("latency=300ms").await;
    let began = Instant::now();
    assert_eq!(demo.get("/users-fast").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    demo.requests("/users-fast", "200", "ok", 1).await;
    let tags = [
        ("method", "GET"),
        ("route", "/users-fast"),
        ("status", "200"),
        ("outcome", "ok"),
    ];
    let snapshot = demo.aggregator().snapshot();
    let Some(Data::Distribution(times)) = snapshot.find("demo.endpoint.duration", &tags) else {
        panic!("no times");
    };
    assert!(times.sum.as_f64() >= 0.3, "{times:?}");
    assert_eq!(demo.counted(INJECTED, &[("kind", "latency")]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_spared_and_so_are_files() {
    let demo = broken("errors=100%").await;
    for path in [
        "/health",
        "/metrics",
        "/style.css",
        "/live/live.js",
        "/live/live.css",
        "/jobs/jobs.js",
    ] {
        assert_eq!(demo.get(path).await.status, 200, "{path}");
    }
    assert_eq!(demo.get("/nothing").await.status, 404);
    // Not shown to whoever does not say whom they ask; but that is its own answer.
    assert_eq!(demo.get("/dashboard/").await.status, 403);
    for path in ["/", "/me", "/fail", "/jobs/state", "/live"] {
        assert_eq!(demo.get(path).await.status, 503, "{path}");
    }
    assert_eq!(demo.counted(INJECTED, &[("kind", "error")]), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_delayed_ends_with_its_client() {
    let demo = broken("latency=60s").await;
    let asked = http::get(demo.address(), "/users-fast");
    let given_up = tokio::time::timeout(Duration::from_millis(200), asked).await;
    assert!(given_up.is_err());
    let tags = [("route", "/users-fast"), ("outcome", "cancelled")];
    let cancelled = || async {
        let snapshot = demo.aggregator().snapshot();
        let mut families = snapshot.families.iter();
        let family = families.find(|f| f.definition.name() == "demo.endpoint.stop.count");
        let all = family.into_iter().flat_map(|family| {
            let series = family.series.iter();
            series.map(move |series| series.tags(&family.definition).collect::<Vec<_>>())
        });
        all.filter(|of| tags.iter().all(|tag| of.contains(tag)))
            .count()
    };
    eventually(cancelled, |n| *n == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_begins_and_ends_when_it_says() {
    let demo = broken("errors=100%,after=1s,for=1s").await;
    assert_eq!(demo.get("/users-fast").await.status, 200);
    let status = || async { demo.get("/users-fast").await.status };
    eventually(status, |status| *status == 503).await;
    eventually(status, |status| *status == 200).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(status().await, 200);
}

#[test]
fn the_environment_may_ask_for_it_and_nothing_is_nothing() {
    let get = |chaos: &str| {
        let program = Program::start_with(&[], |command| {
            command.env("CHAOS", chaos);
        });
        let reply = runtime().block_on(http::get(program.address, "/users-fast"));
        reply.status
    };
    assert_eq!(get("errors=100%"), 503);
    assert_eq!(get(""), 200);
}
