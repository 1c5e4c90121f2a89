//! What recording a span allocates on the thread on which it ends: nothing, once that is warm. In a
//! process of its own, because it replaces the allocator.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use telemetry::{Number, SpanContext, Value, completion_span, span};
use telemetry_counting::{Counting, allocations_in};
use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::OpenTelemetry;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Takes every request, and looks at none.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer_all(stream.unwrap()));
        }
    });
    format!("http://{address}")
}

fn answer_all(mut stream: TcpStream) {
    let mut received = Vec::new();
    let mut part = [0; 65_536];
    while let Ok(more @ 1..) = stream.read(&mut part) {
        received.extend_from_slice(&part[..more]);
        while let Some(size) = request_len(&received) {
            received.drain(..size);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

/// Of the first request, if it is all there.
fn request_len(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let size = head + 4 + length.map_or(0, |length| length.trim().parse().unwrap());
    (size <= received.len()).then_some(size)
}

/// Spans of several kinds.
fn work(parent: SpanContext) {
    let time = Some(Number::Duration(Duration::from_millis(1)));
    let request = span!("alloc.endpoint", { method: "GET", route: "/users/{id}", version: "1.1" });
    request.finish_with(
        &[
            ("headers_time", time),
            ("response_size", Some(Number::Unsigned(300))),
        ],
        &[("status", Some(Value::Unsigned(200)))],
    );
    completion_span!("alloc.query", {
        repo: "shop", source: "users", command: "SELECT", statement: "SELECT 1 + ?", system: "sqlite",
    })
    .finish();
    span!("alloc.job", { queue: "mail", worker: "Send", attempt: 1, link: parent }).finish();
    drop(span!("alloc.plain", { text: "x", number: 1.5, flag: true, letter: 'x' }));
    // What the span is told while it runs takes memory in the core; see what is counted.
    let failed = span!("alloc.failed", { method: "GET", host: "example.org:81" });
    failed.set("status", 503);
    failed.fail("unavailable");
    failed.finish();
}

#[test]
fn recording_a_span_allocates_nothing() {
    let parent = SpanContext::new_root();
    let count = |between: &mut dyn FnMut()| {
        let mut all = 0;
        for round in 0..60 {
            between();
            let allocations = allocations_in(50, || work(parent));
            // Vectors are warm once each has been appended to.
            if round >= 30 {
                all += allocations;
            }
        }
        all
    };
    let of_the_core = {
        let _seen = telemetry::attach_spans("alloc-nothing", |_| {})
            .unwrap()
            .guard();
        count(&mut || ())
    };
    let aggregator = Aggregator::builder().start().unwrap();
    let otel = OpenTelemetry::builder(&aggregator)
        .endpoint(receiver())
        .without_metrics()
        .start()
        .unwrap();
    let with_reporter = count(&mut || otel.flush(Duration::from_secs(20)).unwrap());
    assert_eq!(with_reporter, of_the_core);
    otel.stop(Duration::from_secs(20)).unwrap();
    let health = aggregator.health();
    assert_eq!((health[0].sent, health[0].dropped), (60 * 50 * 5, 0));
}
