//! `--bridge`: exporters of the `metrics` crate show the same numbers.

use std::net::UdpSocket;

use demo_app::{Bridge, Config, Demo, StartError};
use telemetry_bridge::{MetricsRecorder, metrics};

use crate::support::{TestDemo, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_for_prometheus_shows_the_numbers_of_our_own() {
    let demo = TestDemo::with(Config {
        bridge: Some(Bridge::Prometheus),
        ..Config::default()
    })
    .await;
    for _ in 0..7 {
        demo.get("/users-slow").await;
    }
    demo.requests("/users-slow", "200", "ok", 7).await;
    let reply = demo.get("/metrics/bridge").await;
    assert_eq!(reply.status, 200);
    let theirs = reply.body;
    let ours = demo.get("/metrics").await.body;
    // The order of labels is the definition's in both.
    for sample in [
        "demo_endpoint_stop_count_total{method=\"GET\",route=\"/users-slow\",status=\"200\",outcome=\"ok\"} 7",
        "demo_endpoint_duration_seconds_count{method=\"GET\",route=\"/users-slow\",status=\"200\",outcome=\"ok\"} 7",
        "demo_repo_query_total_time_seconds_count{system=\"sqlite\",source=\"todo_items\",command=\"SELECT\"} 140",
    ] {
        assert!(ours.contains(sample), "{sample} in {ours}");
        assert!(theirs.contains(sample), "{sample} in {theirs}");
    }
    assert!(theirs.contains("# TYPE demo_endpoint_duration_seconds histogram\n"));
    assert!(theirs.contains("# TYPE demo_repo_query_total_time_seconds summary\n"));
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_flag_there_is_no_such_route() {
    let demo = TestDemo::start().await;
    assert_eq!(demo.get("/metrics/bridge").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_for_statsd_sends_the_numbers_under_a_prefix() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    let demo = TestDemo::with(Config {
        bridge: Some(Bridge::Statsd),
        bridge_statsd: Some(daemon.local_addr().unwrap().to_string()),
        flush_ms: 20,
        ..Config::default()
    })
    .await;
    for _ in 0..5 {
        demo.get("/users-fast").await;
    }
    demo.requests("/users-fast", "200", "ok", 5).await;
    // What a counter's line is, up to its number, and what follows it.
    daemon.set_nonblocking(true).unwrap();
    let (mut total, mut text) = (0, vec![0; 65_536]);
    let sum = || {
        while let Ok(length) = daemon.recv(&mut text) {
            for line in String::from_utf8_lossy(&text[..length]).lines() {
                let tags = "|c|#method:GET,route:/users-fast,status:200,outcome:ok";
                total += line
                    .strip_prefix("bridge.demo.endpoint.stop.count:")
                    .and_then(|rest| rest.strip_suffix(tags)?.parse::<u64>().ok())
                    .unwrap_or(0);
            }
        }
        let total = total;
        async move { total }
    };
    eventually(sum, |total| *total >= 5).await;
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    daemon.set_nonblocking(true).unwrap();
    assert_eq!(total, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_to_statsd_needs_an_address() {
    let config = Config {
        bridge: Some(Bridge::Statsd),
        ..Config::default()
    };
    let error = Demo::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::BridgeAddress));
    assert!(error.to_string().contains("--bridge-statsd"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_record_through_metrics_is_on_the_metrics_page_and_sent_to_statsd() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_nonblocking(true).unwrap();
    let demo = TestDemo::with(Config {
        statsd: Some(daemon.local_addr().unwrap().to_string()),
        flush_ms: 20,
        ..Config::default()
    })
    .await;
    let recorder = MetricsRecorder::builder(demo.aggregator()).build();
    metrics::with_local_recorder(&recorder, || {
        metrics::describe_histogram!("rpc_time", metrics::Unit::Milliseconds, "Time of a call");
        metrics::counter!("rpc_calls", "method" => "get").increment(3);
        for millis in [250.0, 250.0, 500.0] {
            metrics::histogram!("rpc_time").record(millis);
        }
    });
    let text = demo.get("/metrics").await.body;
    for line in [
        "# HELP rpc_time_seconds Time of a call",
        "rpc_calls_total{method=\"get\"} 3",
        "rpc_time_seconds_sum 1",
        "rpc_time_seconds_count 3",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    let mut buffer = vec![0; 65_536];
    let mut lines: Vec<String> = Vec::new();
    let sent = || {
        while let Ok(length) = daemon.recv(&mut buffer) {
            let datagram = String::from_utf8_lossy(&buffer[..length]).into_owned();
            lines.extend(
                datagram
                    .lines()
                    .filter(|line| line.starts_with("rpc_"))
                    .map(str::to_owned),
            );
        }
        let mut lines = lines.clone();
        lines.sort();
        async move { lines }
    };
    let lines = eventually(sent, |lines| lines.len() >= 4).await;
    assert_eq!(
        lines,
        [
            "rpc_calls.get:3|c",
            "rpc_time:250|ms",
            "rpc_time:250|ms",
            "rpc_time:500|ms"
        ]
    );
}
