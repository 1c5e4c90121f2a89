//! Calls that go well, and each of the ways in which they do not.

use std::net::SocketAddr;
use std::time::Duration;

use telemetry::SpanContext;
use telemetry::testing::{Capture, assert_emitted, capture_many};
use tokio::net::TcpListener;

use super::faults::{Fault, Faults};
use super::{QuoteError, Quotes, Server};

const DEADLINE: Duration = Duration::from_secs(20);

fn events() -> Capture {
    capture_many([
        "demo.upstream.*",
        "demo.upstream_server.*",
        "demo.quotes.fetch",
    ])
}

async fn start(faults: Faults, patience: Duration) -> (Quotes, Server) {
    let server = Server::start(faults).await.expect("a free port");
    let quotes = Quotes::of(server.address(), patience).expect("a host");
    (quotes, server)
}

/// A place where nobody listens.
async fn nowhere() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

#[tokio::test]
async fn a_call_and_what_it_causes_at_the_other_end_are_one_trace() {
    let events = events();
    let (quotes, server) = start(Faults::new(0), DEADLINE).await;
    let request = SpanContext::new_root();
    let quote = request.wrap(quotes.fetch()).await.expect("a quote");
    assert!(!quote.is_empty());
    let at_the_end = events.wait_for("demo.upstream_server.stop", DEADLINE);
    at_the_end.await.expect("it has answered");

    let mut below = request.span_id();
    for name in [
        "demo.quotes.fetch",
        "demo.upstream.stop",
        "demo.upstream_server.stop",
    ] {
        let [event] = &events.named(name)[..] else {
            panic!("not one {name}: {events:?}");
        };
        assert!(event.metadata_is("outcome", "ok"), "{event:?}");
        let span = event.span().expect("a span");
        assert_eq!(span.context().trace_id(), request.trace_id(), "{name}");
        assert_eq!(span.parent().map(|p| p.span_id()), Some(below), "{name}");
        below = span.context().span_id();
    }
    assert_emitted!(events, "demo.upstream.stop", {}, { host: "127.0.0.1", status: 200 });
    assert_eq!(quotes.in_flight(), 0);
    assert!(server.stop(DEADLINE).await);
    assert_eq!(quotes.fetch().await, Err(QuoteError::Connect));
}

#[tokio::test]
async fn an_answer_that_tells_of_an_error_is_one() {
    let events = events();
    let (quotes, server) = start(Faults::always(&[Fault::Status]), DEADLINE).await;
    assert_eq!(quotes.fetch().await, Err(QuoteError::Status));
    assert_emitted!(events, "demo.quotes.fetch", {}, { outcome: "error", reason: "status" });
    assert_emitted!(events, "demo.upstream.stop", {}, { outcome: "error", reason: "status", status: 500 });
    assert!(server.stop(DEADLINE).await);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_at_both_ends() {
    let events = events();
    let (quotes, server) = start(Faults::always(&[Fault::HangUp]), DEADLINE).await;
    assert_eq!(quotes.fetch().await, Err(QuoteError::Closed));
    let at_the_end = events.wait_for("demo.upstream_server.stop", DEADLINE);
    at_the_end.await.expect("it has hung up");
    assert_emitted!(events, "demo.quotes.fetch", {}, { outcome: "error", reason: "closed" });
    assert_emitted!(events, "demo.upstream.stop", {}, { outcome: "error", reason: "closed", status: 200 });
    assert_emitted!(events, "demo.upstream_server.stop", {}, { outcome: "error", status: 200 });
    assert!(server.stop(DEADLINE).await);
}

#[tokio::test]
async fn an_answer_that_is_late_is_given_up_at_both_ends() {
    let events = events();
    let patience = Duration::from_millis(100);
    let (quotes, server) = start(Faults::always(&[Fault::Late]), patience).await;
    assert_eq!(quotes.fetch().await, Err(QuoteError::Timeout));
    assert_emitted!(events, "demo.quotes.fetch", {}, { outcome: "error", reason: "timeout" });
    assert_emitted!(events, "demo.upstream.stop", {}, { outcome: "cancelled", status: None::<u16> });
    // Long before it would have answered.
    let at_the_end = events.wait_for("demo.upstream_server.stop", Duration::from_secs(2));
    at_the_end.await.expect("it has noticed");
    assert_emitted!(events, "demo.upstream_server.stop", {}, { outcome: "cancelled" });
    assert_eq!(quotes.in_flight(), 0);
    assert!(server.stop(DEADLINE).await);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_apart_from_one_that_fails() {
    let events = events();
    let quotes = Quotes::of(nowhere().await, DEADLINE).expect("a host");
    assert_eq!(quotes.fetch().await, Err(QuoteError::Connect));
    assert_emitted!(events, "demo.quotes.fetch", {}, { outcome: "error", reason: "connect" });
    assert_emitted!(events, "demo.upstream.stop", {}, { outcome: "error", reason: "connect" });
}

#[tokio::test]
async fn there_are_only_so_many_calls_at_a_time() {
    let events = events();
    let patience = Duration::from_millis(500);
    let (quotes, _server) = start(Faults::always(&[Fault::Late]), patience).await;
    let all = (0..super::quotes::CALLS_AT_A_TIME + 10).map(|_| quotes.fetch());
    let answers = futures_util::future::join_all(all).await;
    let count = |error| answers.iter().filter(|a| **a == Err(error)).count();
    assert_eq!(count(QuoteError::Busy), 10);
    assert_eq!(count(QuoteError::Timeout), super::quotes::CALLS_AT_A_TIME);
    assert_eq!(
        events.named("demo.upstream.stop").len(),
        super::quotes::CALLS_AT_A_TIME
    );
    assert_eq!(quotes.in_flight(), 0);
}
