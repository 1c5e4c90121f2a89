//! Calls to another service, as visitors see them, and as they are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use demo_app::Config;
use telemetry::SpanContext;
use telemetry::testing::capture;
use telemetry_metrics::Data;
use tokio::task::JoinSet;

use crate::support::{DEADLINE, TestDemo, eventually, http};

fn failing(percent: u8) -> Config {
    Config {
        upstream_fail_percent: percent,
        ..Config::default()
    }
}

impl TestDemo {
    fn fetched(&self, outcome: &str, reason: Option<&str>) -> u64 {
        let mut tags = vec![("outcome", outcome)];
        tags.extend(reason.map(|reason| ("reason", reason)));
        self.counted("demo.quotes.fetch.count", &tags)
    }

    fn called(&self, class: Option<&str>, outcome: &str) -> u64 {
        let mut tags = vec![("method", "GET"), ("host", "127.0.0.1")];
        tags.extend(class.map(|class| ("status_class", class)));
        tags.push(("outcome", outcome));
        self.counted("demo.upstream.stop.count", &tags)
    }

    fn served(&self, status: Option<(&str, &str)>, outcome: &str) -> u64 {
        let mut tags = vec![("method", "GET"), ("route", "/quote")];
        if let Some((status, class)) = status {
            tags.extend([("status", status), ("status_class", class)]);
        }
        tags.push(("outcome", outcome));
        self.counted("demo.upstream_server.stop.count", &tags)
    }
}

/// Gets the page so often at once, and returns the statuses.
async fn visits(demo: &TestDemo, times: usize) -> Vec<u16> {
    let address = demo.address();
    let mut visitors = JoinSet::new();
    for _ in 0..times {
        visitors.spawn(async move { http::get(address, "/quote").await.status });
    }
    visitors.join_all().await
}

#[tokio::test]
async fn a_quote_is_shown_and_the_call_counted_at_both_ends() {
    let demo = TestDemo::start().await;
    for _ in 0..10 {
        let reply = demo.get("/quote").await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains("<blockquote"), "{}", reply.body);
        assert!(
            reply.head.contains("cache-control: no-store"),
            "{}",
            reply.head
        );
    }
    assert_eq!(demo.fetched("ok", None), 10);
    assert_eq!(demo.called(Some("2xx"), "ok"), 10);
    let served = || async { demo.served(Some(("200", "2xx")), "ok") };
    eventually(served, |served| *served == 10).await;
    // They are no requests of the site's own.
    demo.requests("/quote", "200", "ok", 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_is_told_and_counted_as_what_it_is() {
    let demo = TestDemo::with(failing(100)).await;
    let began = Instant::now();
    let mut statuses = visits(&demo, 9).await;
    statuses.sort_unstable();
    // The service says that it has failed, hangs up, or is late.
    assert_eq!(statuses, [[502; 3], [502; 3], [504; 3]].concat());
    assert!(began.elapsed() >= Duration::from_secs(1));
    for reason in ["status", "closed", "timeout"] {
        assert_eq!(demo.fetched("error", Some(reason)), 3, "{reason}");
    }
    for (reason, class) in [("status", "5xx"), ("closed", "2xx")] {
        let tags = [("method", "GET"), ("host", "127.0.0.1"), ("reason", reason)];
        assert_eq!(demo.counted("demo.upstream.failure.count", &tags), 3);
        assert_eq!(demo.called(Some(class), "error"), 3);
    }
    assert_eq!(demo.called(None, "cancelled"), 3);
    let served = || async {
        [
            demo.served(Some(("500", "5xx")), "error"),
            demo.served(Some(("200", "2xx")), "error"),
            demo.served(None, "cancelled"),
        ]
    };
    eventually(served, |served| *served == [3, 3, 3]).await;

    let reply = demo.get("/quote").await;
    assert!(reply.body.contains("role=\"alert\""), "{}", reply.body);
    assert!(reply.body.contains("Try again"), "{}", reply.body);
}

#[tokio::test]
async fn a_request_its_call_and_what_the_service_does_are_one_trace() {
    for (percent, outcome) in [(0, "ok"), (100, "error")] {
        let demo = TestDemo::with(failing(percent)).await;
        let events = capture("demo.*");
        let sent = SpanContext::new_root();
        let headers = [("traceparent", sent.to_string())];
        let reply = visitor(&demo, headers).await;
        let stop = events.wait_for("demo.endpoint.stop", DEADLINE);
        stop.await.expect("the request ends");
        let mut above = sent.span_id();
        for name in [
            "demo.endpoint.stop",
            "demo.quotes.fetch",
            "demo.upstream.stop",
            "demo.upstream_server.stop",
        ] {
            let [event] = &events.named(name)[..] else {
                panic!("not one {name}: {events:?}");
            };
            assert!(event.metadata_is("outcome", outcome), "{event:?}");
            let span = event.span().expect("a span");
            assert_eq!(span.context().trace_id(), sent.trace_id(), "{name}");
            let parent = span.parent().map(|parent| parent.span_id());
            assert_eq!(parent, Some(above), "{name}");
            above = span.context().span_id();
        }
        let id = sent.trace_id().to_string();
        assert!(reply.body.contains(&id), "{}", reply.body);
    }
}

async fn visitor(demo: &TestDemo, headers: [(&'static str, String); 1]) -> http::Reply {
    let mut visitor = crate::support::visitor::Visitor::new(demo.address());
    visitor.headers.extend(headers);
    visitor.get("/quote").await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_visitors_at_a_time_are_answered_and_nothing_stays_in_flight() {
    let demo = TestDemo::with(failing(20)).await;
    let statuses = visits(&demo, 200).await;
    let count = |status| statuses.iter().filter(|s| **s == status).count() as u64;
    assert_eq!(count(200) + count(502) + count(503) + count(504), 200);
    assert_eq!(demo.fetched("ok", None), count(200));
    let failed = ["status", "closed", "connect", "malformed"];
    let failed: u64 = failed.map(|r| demo.fetched("error", Some(r))).iter().sum();
    assert_eq!(failed, count(502));
    assert_eq!(demo.fetched("error", Some("timeout")), count(504));
    assert_eq!(demo.fetched("error", Some("busy")), count(503));
    assert_eq!(demo.called(Some("2xx"), "ok"), count(200));

    // Whatever the poller saw meanwhile, in the end it sees none.
    for gauge in [
        "demo.upstream.calls.in_flight",
        "demo.upstream_server.in_flight.count",
    ] {
        let gauge = || async {
            match demo.aggregator().snapshot().find(gauge, &[]) {
                Some(Data::LastValue(value)) => value.as_f64(),
                _ => -1.0,
            }
        };
        eventually(gauge, |value| *value == 0.0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_stops_waits_for_its_calls_and_the_service_ends_with_it() {
    let demo = TestDemo::with(failing(100)).await;
    let address = demo.address();
    let begun = Arc::<AtomicU32>::default();
    let count = begun.clone();
    let _guard = telemetry::attach("test-calls", "demo.upstream_server.start", move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap()
    .guard();
    let visits: Vec<_> = (0..9)
        .map(|_| tokio::spawn(http::try_get(address, "/quote")))
        .collect();
    // One third of them is late.
    eventually(async || begun.load(Ordering::Relaxed), |n| *n == 9).await;
    let TestDemo { demo, _turn } = demo;
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    for visit in visits {
        let status = visit.await.unwrap().expect("an answer").status;
        assert!(matches!(status, 502 | 504), "{status}");
    }
}
