//! The live page and its WebSockets, whoever is at the other end.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use demo_app::Config;
use futures_util::SinkExt;
use telemetry::{OwnedEvent, attach_many};
use telemetry_metrics::Data;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::socket::Socket;
use crate::support::{TestDemo, eventually};

const STOPS: &str = "demo.live.handle_event.stop.count";

impl TestDemo {
    async fn clicks(&self, event: &str, outcome: &str, expected: u64) {
        let tags = [("event", event), ("outcome", outcome)];
        eventually(async || self.counted(STOPS, &tags), |n| *n >= expected).await;
        assert_eq!(self.counted(STOPS, &tags), expected, "{tags:?}");
    }

    async fn closed(&self, reason: &str, expected: u64) {
        let tags = [("channel", "live"), ("reason", reason)];
        let count = async || self.counted("demo.channel.closed.count", &tags);
        eventually(count, |n| *n >= expected).await;
        assert_eq!(count().await, expected, "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_click_takes_its_time_and_comes_back_as_html() {
    let demo = TestDemo::start().await;
    let mut socket = Socket::open(demo.address()).await;
    for n in 1..=3 {
        let began = Instant::now();
        socket.send("quick").await;
        let html = socket.html().await;
        assert!(began.elapsed() >= Duration::from_millis(50));
        assert!(
            html.contains(&format!(r#"id="live-count-quick">{n}<"#)),
            "{html}"
        );
    }
    for n in 1..=4 {
        let began = Instant::now();
        socket.send("steady").await;
        let html = socket.html().await;
        assert!(began.elapsed() >= Duration::from_millis(500));
        assert_eq!(
            html.contains("failed, every fourth click"),
            n == 4,
            "{html}"
        );
    }
    let began = Instant::now();
    socket.send("slow").await;
    let html = socket.html().await;
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert!(html.contains(r#"id="live-count-slow">1<"#), "{html}");
    demo.clicks("quick", "ok", 3).await;
    demo.clicks("steady", "ok", 3).await;
    demo.clicks("steady", "error", 1).await;
    demo.clicks("slow", "ok", 1).await;
    let joined = [("channel", "live"), ("outcome", "ok")];
    assert_eq!(demo.counted("demo.channel.joined.count", &joined), 1);
    socket.0.close(None).await.unwrap();
    assert_eq!(socket.code().await, 0, "the server says goodbye as well");
    demo.closed("client", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_own_visit_only() {
    let demo = TestDemo::start().await;
    let mut other = Socket::open(demo.address()).await;
    let mut socket = Socket::open(demo.address()).await;
    socket.send("quick").await;
    socket.html().await;
    socket.send("raise").await;
    assert_eq!(socket.code().await, 1011);
    let tags = [("event", "raise")];
    let name = "demo.live.handle_event.exception.count";
    assert_eq!(demo.counted(name, &tags), 1);
    demo.closed("error", 1).await;
    let panics = async || {
        let metrics = demo.get("/metrics").await.body;
        let panics = metrics.lines().filter(|line| {
            line.starts_with("process_panic_count_total{") && line.contains("live/click.rs")
        });
        panics.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let panics = eventually(panics, |lines| !lines.is_empty()).await;
    assert!(panics.len() == 1 && panics[0].ends_with(" 1"), "{panics:?}");
    // The next visit begins anew, and others have not noticed.
    let mut again = Socket::open(demo.address()).await;
    again.send("quick").await;
    assert!(again.html().await.contains(r#"id="live-count-quick">1<"#));
    other.send("quick").await;
    other.html().await;
}

/// The names and traces of events, in the order in which they were emitted.
fn record(id: &str, patterns: &[&str]) -> (Arc<Mutex<Vec<OwnedEvent>>>, telemetry::AttachGuard) {
    let seen = Arc::<Mutex<Vec<OwnedEvent>>>::default();
    let keep = seen.clone();
    let attached = attach_many(id, patterns, move |event| {
        keep.lock().unwrap().push(event.to_owned());
    });
    (seen, attached.unwrap().guard())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_one_trace_and_is_shown_with_its_id() {
    let demo = TestDemo::start().await;
    let mut socket = Socket::open(demo.address()).await;
    let names = [
        "demo.channel.handle_in",
        "demo.live.handle_event.stop",
        "demo.live.render",
    ];
    let (seen, _guard) = record("test-live-trace", &names);
    let mut traces = Vec::new();
    for _ in 0..2 {
        socket.send("quick").await;
        let html = socket.html().await;
        let events = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(events.len(), 3, "{events:?}");
        for name in names {
            let event = events.iter().find(|event| event.name() == name);
            let trace = event.and_then(OwnedEvent::context).expect(name).trace_id();
            assert!(html.contains(&trace.to_string()), "{name}");
            traces.push(trace);
        }
    }
    traces.dedup();
    assert_eq!(
        traces.len(),
        2,
        "a message does not belong to the one before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_are_handled_one_at_a_time_and_in_order() {
    let demo = TestDemo::start().await;
    let mut socket = Socket::open(demo.address()).await;
    let names = [
        "demo.live.handle_event.start",
        "demo.live.handle_event.stop",
    ];
    let (seen, _guard) = record("test-live-order", &names);
    for event in ["steady", "quick", "quick", "nothing", "quick"] {
        socket.send(event).await;
    }
    for _ in 0..5 {
        socket.html().await;
    }
    let seen: Vec<String> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|event| {
            let (_, end) = event.name().rsplit_once('.').unwrap();
            format!("{} {end}", event.metadata("event").unwrap())
        })
        .collect();
    let one_after_the_other = ["steady", "quick", "quick", "other", "quick"]
        .map(|event| [format!("{event} start"), format!("{event} stop")])
        .concat();
    assert_eq!(seen, one_after_the_other);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicks_faster_than_can_be_handled_is_sent_away() {
    let demo = TestDemo::start().await;
    let mut socket = Socket::open(demo.address()).await;
    for _ in 0..18 {
        socket.send("slow").await;
    }
    assert_eq!(socket.code().await, 1013);
    demo.clicks("slow", "cancelled", 1).await;
    demo.closed("server", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_sends_gets_through_or_brings_it_down() {
    let demo = TestDemo::start().await;
    let open = async || Socket::open(demo.address()).await;

    let mut strange = open().await;
    for n in 0..10 {
        strange.send(&format!("<script>alert({n})</script>")).await;
        let html = strange.html().await;
        assert!(!html.contains("script"), "{html}");
    }
    strange.send("quick ").await;
    assert_eq!(strange.code().await, 1008);
    demo.clicks("other", "error", 10).await;

    let mut long = open().await;
    long.send(&"quick".repeat(20)).await;
    assert_eq!(long.code().await, 1009);

    let mut binary = open().await;
    binary.0.send(Message::binary("quick")).await.unwrap();
    assert_eq!(binary.code().await, 1003);

    // Ten megabytes announced, in a masked frame of text; nothing of that is waited for.
    let mut longer = open().await;
    let mut frame = vec![0x81, 0xff];
    frame.extend(10_000_000_u64.to_be_bytes());
    frame.extend([0; 4]);
    longer.raw(&frame).await;
    assert_eq!(longer.code().await, 1009);

    // A frame that is not masked, a reserved opcode, text that is not UTF-8.
    for bytes in [
        &[0x81, 0x01, b'x'][..],
        &[0x83, 0x80, 0, 0, 0, 0],
        &[0x81, 0x81, 0, 0, 0, 0, 0xff],
    ] {
        let mut broken = open().await;
        broken.raw(bytes).await;
        assert_eq!(broken.code().await, 1002, "{bytes:?}");
    }

    // Pings are answered, but not without end.
    let mut pings = open().await;
    let mut code = None;
    for _ in 0..1_100 {
        if pings
            .0
            .send(Message::Ping(Vec::new().into()))
            .await
            .is_err()
        {
            code = Some(0);
            break;
        }
    }
    let code = match code {
        Some(code) => code,
        None => pings.code().await,
    };
    assert!([0, 1008].contains(&code), "{code}");

    demo.closed("error", 8).await;
    let mut still = open().await;
    still.send("quick").await;
    still.html().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_are_refused() {
    let demo = TestDemo::start().await;
    let address = demo.address();
    let refused = |reason| demo.counted("demo.live.refused.count", &[("reason", reason)]);
    for (n, origin) in ["http://evil.example", "null", "http://127.0.0.1:1"]
        .into_iter()
        .enumerate()
    {
        match Socket::ask(address, &[("origin", origin)]).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403),
            _ => panic!("{origin} is not refused"),
        }
        assert_eq!(refused("origin"), n as u64 + 1);
    }
    let ours = format!("http://{address}");
    assert!(Socket::ask(address, &[("origin", &ours)]).await.is_ok());
    assert_eq!(refused("origin"), 3);
    // Somebody who asks for a page gets none, and no panic.
    assert_eq!(demo.get("/live/socket").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_more_sockets_than_allowed_and_the_gauge_says_how_many() {
    let demo = TestDemo::with(Config {
        live_sockets: 2,
        ..Config::default()
    })
    .await;
    let address = demo.address();
    let first = Socket::open(address).await;
    let _second = Socket::open(address).await;
    match Socket::ask(address, &[]).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        _ => panic!("one too many"),
    }
    assert_eq!(
        demo.counted("demo.live.refused.count", &[("reason", "full")]),
        1
    );
    let gauge = async || match demo
        .aggregator()
        .snapshot()
        .find("demo.live.sockets.open", &[])
    {
        Some(Data::LastValue(open)) => open.as_f64(),
        _ => -1.0,
    };
    eventually(gauge, |open| *open == 2.0).await;
    drop(first);
    demo.closed("error", 1).await;
    let again = async || Socket::ask(address, &[]).await.is_ok();
    eventually(again, |seated| *seated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_is_dead_and_who_answers_pings_is_not() {
    let demo = TestDemo::with(Config {
        live_ping_ms: 250,
        ..Config::default()
    })
    .await;
    let mut alive = Socket::open(demo.address()).await;
    // It is not read any more, so its pings are not answered.
    let dead = Socket::open(demo.address()).await;
    let mut pings = 0;
    while pings < 8 {
        pings += usize::from(matches!(alive.next().await, Some(Ok(Message::Ping(_)))));
    }
    demo.closed("server", 1).await;
    drop(dead);
    alive.send("quick").await;
    alive.html().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_application_stops_all_sockets_are_told_and_counted() {
    let demo = TestDemo::start().await;
    let (seen, _guard) = record("test-live-stop", &["demo.channel.closed"]);
    let mut sockets = Vec::new();
    for n in 0..50 {
        let mut socket = Socket::open(demo.address()).await;
        // Some are busy.
        if n % 2 == 0 {
            socket.send("slow").await;
        }
        sockets.push(socket);
    }
    let TestDemo { demo, _turn } = demo;
    let began = Instant::now();
    let stopped = tokio::spawn(demo.stop());
    for socket in &mut sockets {
        assert_eq!(socket.code().await, 1001);
    }
    let report = stopped.await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "nobody is waited for"
    );
    assert_eq!(report.complaints(), [""; 0]);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 50);
    assert!(
        seen.iter()
            .all(|event| event.metadata_is("reason", "server"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_dropped_leaves_no_socket_behind() {
    let demo = TestDemo::start().await;
    let mut socket = Socket::open(demo.address()).await;
    let TestDemo { demo, _turn } = demo;
    drop(demo);
    assert_eq!(socket.code().await, 1001);
}
