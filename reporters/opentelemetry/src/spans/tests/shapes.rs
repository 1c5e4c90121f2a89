//! Spans as the instrumentation crates emit them, and what the conventions make of them.

use std::time::Duration;

use telemetry::{SpanName, Value, completion_span, display, span};

use super::*;
use crate::Convention;

const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const PRODUCER: i32 = 4;
const CONSUMER: i32 = 5;

fn answered(prefix: &str, method: &str, route: &str, status: u16) -> telemetry::Span {
    let name = SpanName::new(&format!("{prefix}.endpoint")).unwrap();
    let span = span!(name, { method, route, version: "1.1" });
    span.set("status", status);
    span.set("status_class", "2xx");
    span.measure("headers_time", Duration::from_millis(2));
    span.measure("request_size", 12_u64);
    span.measure("response_size", 345_u64);
    span
}

#[test]
fn a_request_that_is_answered() {
    let recording = Recording::of("spans.server");
    answered("spans.server", "GET", "/users/{id}", 200).finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind, status(&span)),
        ("GET /users/{id}", SERVER, (0, ""))
    );
    expect(
        &span,
        &[
            ("http.request.method", text("GET")),
            ("http.route", text("/users/{id}")),
            ("network.protocol.version", text("1.1")),
            ("http.response.status_code", int(200)),
            ("status_class", text("2xx")),
            ("headers_time", double(0.002)),
            ("http.request.body.size", int(12)),
            ("http.response.body.size", int(345)),
        ],
    );

    // Whose mistake it was is not the server's matter.
    answered("spans.server", "OTHER", "unmatched", 404).finish();
    let span = recording.one();
    assert_eq!((&*span.name, status(&span)), ("HTTP", (0, "")));
    let told = attributes(&span.attributes);
    assert_eq!(told["http.request.method"], text("_OTHER"));
    assert!(!told.contains_key("http.route") && !told.contains_key("error.type"));
}

#[test]
fn a_request_that_fails() {
    let recording = Recording::of("spans.failing");
    let failing = answered("spans.failing", "POST", "unmatched", 503);
    failing.fail("503 Service Unavailable");
    failing.finish();
    let span = recording.one();
    // What the status code says is not said again, and no exception was seen.
    assert_eq!(
        (&*span.name, status(&span), span.events.len()),
        ("POST", (2, ""), 0)
    );
    assert_eq!(attributes(&span.attributes)["error.type"], text("503"));

    let broken = answered("spans.failing", "GET", "/", 404);
    broken.fail("the body broke off");
    broken.finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, status(&span)),
        ("GET /", (2, "the body broke off"))
    );
    assert_eq!(attributes(&span.attributes)["error.type"], text("_OTHER"));

    let name = SpanName::new("spans.failing.endpoint").unwrap();
    let span = span!(name, { method: "GET", route: "/", version: "other" });
    let panic = || span.in_scope(|| std::panic::resume_unwind(Box::new("oh")));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic)).unwrap_err();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind, status(&span)),
        ("GET /", SERVER, (2, "oh"))
    );
    assert_eq!(span.events.len(), 1);
    let expected = [
        ("http.request.method", text("GET")),
        ("http.route", text("/")),
        ("error.type", text("panic")),
    ];
    expect(&span, &expected);
}

#[test]
fn a_request_that_is_made() {
    let recording = Recording::of("spans.client");
    let call = |host: &str| {
        span!("spans.client.api", {
            method: "GET", host, status: None::<u16>, status_class: None::<&str>
        })
    };
    let slow = call("api.example.org:8443");
    slow.set("status", 429_u16);
    slow.fail("status");
    slow.finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind, status(&span)),
        ("GET", CLIENT, (2, ""))
    );
    expect(
        &span,
        &[
            ("http.request.method", text("GET")),
            ("server.address", text("api.example.org")),
            ("server.port", int(8443)),
            ("http.response.status_code", int(429)),
            ("error.type", text("429")),
        ],
    );
    let absent = call("other");
    absent.fail("connect");
    absent.finish();
    let span = recording.one();
    assert_eq!(status(&span), (2, "connect"));
    let expected = [
        ("http.request.method", text("GET")),
        ("error.type", text("connect")),
    ];
    expect(&span, &expected);
    let told = call("a:1");
    told.set("server.port", 2);
    told.finish();
    assert_eq!(
        attributes(&recording.one().attributes)["server.port"],
        int(2)
    );
    for (host, address) in [
        ("[::1]:80", "[::1]"),
        ("::1", "::1"),
        ("a:x", "a:x"),
        ("[::1]", "[::1]"),
    ] {
        call(host).finish();
        assert_eq!(
            attributes(&recording.one().attributes)["server.address"],
            text(address)
        );
    }
}

#[test]
fn a_query() {
    let recording = Recording::of("spans.query");
    let query = |source: Option<&str>, system: Option<&str>| {
        let span = completion_span!("spans.query.query", {
            repo: "shop",
            source,
            command: "SELECT",
            statement: "SELECT * FROM users WHERE id = $1",
            system,
            reason: None::<&str>,
        });
        span.measure("total_time", Duration::from_millis(4));
        span.measure("rows", 1_u64);
        span
    };
    query(Some("users"), Some("postgresql")).finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind, status(&span)),
        ("SELECT users", CLIENT, (0, ""))
    );
    expect(
        &span,
        &[
            ("repo", text("shop")),
            ("db.collection.name", text("users")),
            ("db.operation.name", text("SELECT")),
            ("db.query.text", text("SELECT * FROM users WHERE id = $1")),
            ("db.system.name", text("postgresql")),
            ("total_time", double(0.004)),
            ("db.response.returned_rows", int(1)),
        ],
    );

    let failed = query(None, None);
    failed.fail("unique_violation");
    failed.finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, status(&span)),
        ("SELECT", (2, "unique_violation"))
    );
    assert_eq!(span.events.len(), 0);
    let told = attributes(&span.attributes);
    assert_eq!(told["error.type"], text("unique_violation"));
    assert_eq!(told["db.system.name"], text("other_sql"));
    assert!(!told.contains_key("db.collection.name") && !told.contains_key("reason"));
}

#[test]
fn a_transaction_is_no_call_itself() {
    let recording = Recording::of("spans.transaction");
    let span = completion_span!("spans.transaction.repo.transaction", {
        repo: "shop", savepoint: false, system: "sqlite", ended: None::<&str>, reason: None::<&str>,
    });
    span.measure("statements", 2_u64);
    span.set("ended", "committed");
    span.finish();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind),
        ("spans.transaction.repo.transaction", 1)
    );
    expect(
        &span,
        &[
            ("repo", text("shop")),
            ("savepoint", any_value::Value::BoolValue(false)),
            ("db.system.name", text("sqlite")),
            ("ended", text("committed")),
            ("statements", int(2)),
        ],
    );
}

#[test]
fn an_attempt_and_a_batch() {
    let recording = Recording::of("spans.jobs");
    let enqueuer = remote("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let attempt = span!("spans.jobs.attempt", {
        queue: "emails", worker: "SendWelcome", attempt: 2_u32, link: Some(enqueuer),
    });
    attempt.measure("queue_time", Duration::from_secs(2));
    attempt.measure("attempts", 2_u32);
    attempt.fail("mailbox full");
    attempt.finish();
    let batch = span!("spans.jobs.batch", { queue: "emails", worker: "Digest" });
    batch.measure("messages", 30_u64);
    batch.measure("failed", 0);
    batch.finish();
    let [attempt, batch] = &recording.spans()[..] else {
        panic!("two spans have ended")
    };
    assert_eq!((&*attempt.name, attempt.kind), ("process emails", CONSUMER));
    assert_eq!(
        (status(attempt), attempt.events.len()),
        ((2, "mailbox full"), 0)
    );
    assert_eq!(attempt.links[0].span_id, enqueuer.span_id().to_bytes());
    expect(
        attempt,
        &[
            ("messaging.operation.name", text("process")),
            ("messaging.operation.type", text("process")),
            ("messaging.system", text("telemetry_jobs")),
            ("messaging.destination.name", text("emails")),
            ("worker", text("SendWelcome")),
            ("attempt", int(2)),
            ("attempts", int(2)),
            ("queue_time", double(2.0)),
            ("error.type", text("_OTHER")),
        ],
    );
    assert_eq!(
        (&*batch.name, batch.kind, batch.links.len()),
        ("process emails", CONSUMER, 0)
    );
    let told = attributes(&batch.attributes);
    assert_eq!(told["messaging.batch.message_count"], int(30));
    assert_eq!(told["failed"], int(0));
}

#[test]
fn a_message_of_a_channel() {
    let recording = Recording::of("spans.channel");
    let join = SpanContext::new_root();
    completion_span!("spans.channel.handle_in", {
        channel: "room", event: "ping", link: Some(join).as_ref().map(display),
    })
    .finish();
    let span = recording.one();
    assert_eq!((&*span.name, span.kind), ("room ping", SERVER));
    assert_eq!(span.links[0].trace_id, join.trace_id().to_bytes());
    expect(&span, &[("channel", text("room")), ("event", text("ping"))]);
}

#[test]
fn a_convention_can_be_said_and_turned_off() {
    let conventions = [
        ("spans.choice.none", Convention::None),
        ("spans.choice.send", Convention::MessagingSend),
        ("spans.choice.server", Convention::HttpServer),
        ("spans.choice.db", Convention::Database),
    ];
    let conventions = conventions.map(|(prefix, convention)| (prefix.to_owned(), convention));
    let settings = SpanSettings {
        conventions: conventions.into(),
        sampler: Sampler::AlwaysOn,
    };
    let recording = Recording::with("spans.choice", settings);
    span!("spans.choice.none.walk", { method: "foot", route: "short" }).finish();
    span!("spans.choice.send", { queue: "mail", "messaging.system": "kafka" }).finish();
    span!("spans.choice.server", { method: "GET", status: Value::Unsigned(204) }).finish();
    span!("spans.choice.db.get", { system: "redis" }).finish();
    let [walk, send, server, db] = &recording.spans()[..] else {
        panic!("four spans have ended")
    };
    assert_eq!((&*walk.name, walk.kind), ("spans.choice.none.walk", 1));
    expect(walk, &[("method", text("foot")), ("route", text("short"))]);
    assert_eq!((&*send.name, send.kind), ("send mail", PRODUCER));
    // The application's own wins over what is always said.
    assert_eq!(
        attributes(&send.attributes)["messaging.system"],
        text("kafka")
    );
    assert_eq!((&*server.name, server.kind), ("GET", SERVER));
    assert_eq!((&*db.name, db.kind), ("spans.choice.db.get", CLIENT));
    expect(db, &[("db.system.name", text("redis"))]);
}
