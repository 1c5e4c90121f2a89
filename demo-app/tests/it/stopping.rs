//! Stopping: requests are drained, reporters are flushed.

use std::net::UdpSocket;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use demo_app::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{DEADLINE, TestDemo, http, received};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_and_the_last_numbers_are_sent() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let demo = TestDemo::with(Config {
        landing_delay_ms: "400-400".parse().unwrap(),
        statsd: Some(daemon.local_addr().unwrap().to_string()),
        // So long that only the last flush can have sent anything.
        flush_ms: 3_600_000,
        ..Config::default()
    })
    .await;
    let (started, under_way) = channel();
    let _guard = telemetry::attach("test-under-way", "demo.endpoint.start", move |_| {
        let _ = started.send(());
    })
    .unwrap()
    .guard();

    let request = tokio::spawn(http::try_get(demo.address(), "/"));
    let waited = tokio::task::spawn_blocking(move || under_way.recv_timeout(DEADLINE)).await;
    waited.unwrap().expect("the request has begun");
    let address = demo.address();
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    assert_eq!(request.await.unwrap().expect("drained").status, 200);
    assert!(
        http::try_get(address, "/").await.is_err(),
        "nobody listens any more"
    );

    let mut landed = 0;
    let deadline = Instant::now() + DEADLINE;
    while landed == 0 && Instant::now() < deadline {
        landed += received(&daemon, "demo.endpoint.stop.count.GET./.200.ok:");
    }
    assert_eq!(landed, 1, "the drained request is in the last flush");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_is_counted_as_cancelled() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let demo = TestDemo::with(Config {
        landing_delay_ms: "60000-60000".parse().unwrap(),
        statsd: Some(daemon.local_addr().unwrap().to_string()),
        flush_ms: 3_600_000,
        ..Config::default()
    })
    .await;
    let (started, under_way) = channel();
    let _guard = telemetry::attach("test-cut-off", "demo.endpoint.start", move |_| {
        let _ = started.send(());
    })
    .unwrap()
    .guard();
    let requests: Vec<_> = (0..10)
        .map(|_| tokio::spawn(http::try_get(demo.address(), "/")))
        .collect();
    let all = move || (0..10).try_for_each(|_| under_way.recv_timeout(DEADLINE));
    tokio::task::spawn_blocking(all)
        .await
        .unwrap()
        .expect("all have begun");

    let began = Instant::now();
    let report = demo.demo.stop_within(Duration::from_millis(100)).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(report.complaints()[0].contains("cut off"), "{report:?}");
    for request in requests {
        let reply = request.await.unwrap();
        assert!(
            reply.is_ok_and(|reply| reply.status == 503),
            "a client is told"
        );
    }
    let mut cancelled = 0;
    while cancelled < 10 && began.elapsed() < DEADLINE {
        cancelled += received(&daemon, "demo.endpoint.stop.count.GET./.none.cancelled:");
    }
    assert_eq!(cancelled, 10);
}

#[tokio::test]
async fn after_stopping_nobody_is_attached() {
    let demo = TestDemo::start().await;
    assert!(!telemetry::list_handlers("demo").is_empty());
    let TestDemo { demo, _turn } = demo;
    demo.stop().await;
    let left = telemetry::list_handlers("demo");
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_not_waited_for_longer_than_its_head_may_take() {
    let demo = TestDemo::start().await;
    let address = demo.address();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    // Not cut off for its sake: others are answered meanwhile.
    assert_eq!(demo.get("/health").await.status, 200);
    let began = Instant::now();
    let mut said = Vec::new();
    let ended = tokio::time::timeout(DEADLINE, half.read_to_end(&mut said)).await;
    ended.expect("it is closed in time").unwrap();
    assert!(began.elapsed() < Duration::from_secs(9), "{said:?}");

    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    assert_eq!(demo.get("/health").await.status, 200);
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
}
