//! Calls of clients that are not tower services.

use std::io;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry::testing::{assert_emitted, capture};
use telemetry::{SpanContext, span};
use telemetry_http::Calls;

use crate::client_support::{Upstream, calls, end, ended, ending};

#[test]
fn how_a_call_ends_is_what_it_was_told() {
    type Tell = fn(&Calls);
    let tells: [(&str, Tell, _); 10] = [
        (
            "respond",
            |calls| calls.begin("GET", "x").respond(200),
            ended("ok", "", 200),
        ),
        (
            "status",
            |calls| calls.begin("GET", "x").respond(429),
            ended("error", "status", 429),
        ),
        (
            "odd",
            |calls| calls.begin("GET", "x").respond(65_535),
            ended("error", "status", 65_535),
        ),
        (
            "zero",
            |calls| calls.begin("GET", "x").respond(0),
            ended("ok", "", 0),
        ),
        (
            "finish",
            |calls| calls.begin("GET", "x").finish(),
            ended("ok", "", 0),
        ),
        (
            "fail",
            |calls| {
                let error = io::Error::from(io::ErrorKind::ConnectionRefused);
                calls.begin("GET", "x").fail(&error);
            },
            ended("error", "connect", 0),
        ),
        (
            "fail_late",
            |calls| {
                let mut call = calls.begin("GET", "x");
                call.answered(200);
                call.fail(&"7x".parse::<u8>().unwrap_err());
            },
            ended("error", "body", 200),
        ),
        (
            "fail_with",
            |calls| calls.begin("GET", "x").fail_with("circuit_open"),
            ended("error", "circuit_open", 0),
        ),
        (
            "drop",
            |calls| drop(calls.begin("GET", "x")),
            ended("cancelled", "", 0),
        ),
        (
            "drop_late",
            |calls| {
                let mut call = calls.begin("GET", "x");
                call.answered(200);
            },
            ended("cancelled", "", 200),
        ),
    ];
    for (name, tell, expected) in tells {
        let prefix = format!("client_hand_{name}");
        let captured = capture(&format!("{prefix}.*"));
        tell(&calls(&prefix));
        assert_eq!(ending(&end(&captured, &prefix)), expected, "{name}");
    }
}

#[test]
fn a_status_that_is_none_has_no_class() {
    let captured = capture("client_hand_class.*");
    let calls = calls("client_hand_class");
    for status in [0, 99, 100, 999, 1000] {
        calls.begin("GET", "x").respond(status);
    }
    let stops = captured.named("client_hand_class.stop");
    let classes = stops.iter().map(|stop| stop.metadata("status_class"));
    let classes: Vec<_> = classes
        .map(|class| class.and_then(|class| class.as_str().map(str::to_owned)))
        .collect();
    let known = |class: &str| Some(class.to_owned());
    assert_eq!(classes, [None, None, known("1xx"), known("5xx"), None]);
}

#[test]
fn a_call_that_is_dropped_half_way_says_how_much_had_come() {
    let captured = capture("client_hand_half.*");
    let calls = calls("client_hand_half");
    let begin = || {
        let mut call = calls.begin("GET", "x");
        call.answered(200);
        call.received(3);
        call
    };
    drop(begin());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _call = begin();
        panic!("boom");
    }));
    unwound.unwrap_err();
    for (event, outcome) in [("stop", "cancelled"), ("exception", "panic")] {
        let ends = captured.named(&format!("client_hand_half.{event}"));
        assert_eq!(ends.len(), 1);
        assert!(ends[0].metadata_is("outcome", outcome));
        assert_eq!(
            ends[0]
                .measurement("response_size")
                .and_then(telemetry::Number::as_f64),
            Some(3.0)
        );
        assert!(ends[0].measurement("headers_time").is_some());
    }
}

#[test]
fn a_call_over_a_blocking_socket_is_measured_and_hands_its_trace_on() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "hello" }));
    let upstream = runtime.block_on(Upstream::start(router));

    let captured = capture("client_blocking.*");
    let calls = calls("client_blocking.call");
    span!("client_blocking.caller").in_scope(|| {
        let mut call = calls.begin("GET", &upstream.url("/"));
        let within = call.enter();
        assert_eq!(SpanContext::current(), call.context());
        let address = upstream.url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let traceparent = call.traceparent().unwrap();
        write!(
            stream,
            "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ntraceparent: {traceparent}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        drop(within);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"));
        call.answered(200);
        call.received(3);
        call.received(2);
        call.finish();
    });
    let stop = assert_emitted!(captured, "client_blocking.call.stop", { response_size: 5 }, {
        method: "GET", host: "127.0.0.1", status_class: "2xx", outcome: "ok",
    });
    let context = stop.span().unwrap().context();
    assert_eq!(upstream.seen("traceparent"), [Some(context.to_string())]);
    let caller = &captured.named("client_blocking.caller.stop")[0];
    assert_eq!(
        stop.span().unwrap().parent(),
        Some(caller.span().unwrap().context())
    );
    // Its connections, and their task, end with it.
    drop(upstream);
    runtime.shutdown_background();
}

#[test]
fn what_is_no_host_and_no_method_never_becomes_a_tag() {
    let captured = capture("client_hand_odd.*");
    let calls = calls("client_hand_odd");
    let long = "x".repeat(1 << 20);
    for odd in [
        "",
        "evil.test",
        "http://",
        "127.0.0.1\\@evil.test",
        "a b",
        "\0",
        &long,
    ] {
        calls.begin(odd, odd).finish();
    }
    let events = captured.events();
    assert_eq!(events.len(), 14);
    for event in events {
        assert!(event.metadata_is("host", "other"), "{event:?}");
        assert!(event.metadata_is("method", "OTHER"), "{event:?}");
    }
}

#[tokio::test]
async fn a_call_hands_on_what_is_current_if_nobody_observes_it_and_only_where_it_may() {
    let current = SpanContext::new_root();
    let calls = calls("client_hand_unobserved");
    assert!(calls.begin("GET", "127.0.0.1").traceparent().is_none());
    let private = calls.clone().propagate_nowhere();
    current.in_scope(|| {
        let call = calls.begin("GET", "127.0.0.1");
        assert_eq!(call.traceparent(), Some(current.traceparent()));
        let call = private.begin("GET", "127.0.0.1");
        assert!(call.traceparent().is_none() && call.context().is_some());
    });
    let call = current.in_scope(|| calls.begin("GET", "127.0.0.1"));
    assert_eq!(SpanContext::current(), None);
    let within = call.scope(async { SpanContext::current() }).await;
    assert_eq!(within, Some(current));
}
