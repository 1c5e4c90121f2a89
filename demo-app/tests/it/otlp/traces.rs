//! The trees.

use telemetry::SpanContext;
use telemetry_otlp_receiver::{Kind, Outcome, Span, Value};

use super::{Sending, Trace};
use crate::flow::is_welcomed;
use crate::support::runtime;
use crate::support::visitor::{PASSWORD, Visitor};

/// A context as a caller has it, and its trace as the receiver writes it.
fn caller(visitor: &mut Visitor) -> (SpanContext, String) {
    let context = SpanContext::new_root();
    visitor.headers = vec![("traceparent", context.to_string())];
    (context, context.trace_id().to_string())
}

fn has(trace: &Trace<'_>, name: &str) -> bool {
    trace.named(name).next().is_some()
}

#[track_caller]
fn is_within(span: &Span, above: &Span) {
    assert_eq!(span.parent, above.id, "{}", span.name);
    assert!(
        span.start >= above.start && span.end <= above.end,
        "{span:#?} in {above:#?}"
    );
    assert!(span.end >= span.start);
}

#[test]
#[ignore = "needs ddapm-test-agent; .ci/run installs it and runs this"]
fn the_slow_page_is_a_request_with_one_query_of_users_and_twenty_of_todo_items_below() {
    let sending = Sending::start();
    let mut visitor = sending.visitor();
    let (sent, id) = caller(&mut visitor);
    assert_eq!(runtime().block_on(visitor.get("/users-slow")).status, 200);
    let spans = sending.trace(&id, |trace| has(trace, "GET /users-slow"));
    let trace = Trace::of(&spans);
    assert_eq!(spans.len(), 22, "{:#?}", trace.spans);

    let request = trace.one("GET /users-slow");
    assert_eq!(
        (request.kind, request.outcome),
        (Kind::Server, Outcome::Unset)
    );
    assert_eq!(request.parent, sent.span_id().to_string());
    assert_eq!(request.attributes["http.request.method"], "GET".into());
    assert_eq!(request.attributes["http.route"], "/users-slow".into());
    assert_eq!(
        request.attributes["http.response.status_code"],
        200_i64.into()
    );
    assert_eq!(
        request.resource.attributes["service.name"],
        "demo-app".into()
    );

    let users: Vec<_> = trace.named("SELECT users").collect();
    let items: Vec<_> = trace.named("SELECT todo_items").collect();
    assert_eq!((users.len(), items.len()), (1, 20));
    for query in users.into_iter().chain(items) {
        is_within(query, request);
        assert_eq!((query.kind, query.outcome), (Kind::Client, Outcome::Unset));
        assert_eq!(query.attributes["db.system.name"], "sqlite".into());
        assert_eq!(query.attributes["db.operation.name"], "SELECT".into());
        let statement = query.attributes.text("db.query.text");
        assert!(statement.is_some_and(|text| text.starts_with("SELECT ")));
        assert!(matches!(
            query.attributes["db.response.returned_rows"],
            Value::Int(1..)
        ));
    }

    let (_, id) = caller(&mut visitor);
    assert_eq!(runtime().block_on(visitor.get("/users-fast")).status, 200);
    let fast = sending.trace(&id, |trace| has(trace, "GET /users-fast"));
    assert_eq!(fast.len(), 2, "the request and one query: {fast:#?}");
    sending.stop();
}

#[test]
#[ignore = "needs ddapm-test-agent; .ci/run installs it and runs this"]
fn what_fails_says_so() {
    let sending = Sending::start();
    let mut visitor = sending.visitor();
    let (_, failed) = caller(&mut visitor);
    assert_eq!(runtime().block_on(visitor.get("/fail")).status, 500);
    let (_, panicked) = caller(&mut visitor);
    assert_eq!(runtime().block_on(visitor.get("/panic")).status, 500);
    let (_, lost) = caller(&mut visitor);
    assert_eq!(
        runtime()
            .block_on(visitor.get("/nowhere/%3Cscript%3E"))
            .status,
        404
    );

    let spans = sending.trace(&failed, |trace| has(trace, "GET /fail"));
    let request = Trace::of(&spans).one("GET /fail");
    assert_eq!(request.outcome, Outcome::Error);
    assert_eq!(
        request.attributes["http.response.status_code"],
        500_i64.into()
    );
    assert_eq!(request.attributes["error.type"], "500".into());

    let spans = sending.trace(&panicked, |trace| has(trace, "GET /panic"));
    let request = Trace::of(&spans).one("GET /panic");
    assert_eq!(request.outcome, Outcome::Error);
    let exception = request
        .events
        .iter()
        .find(|event| event.name == "exception");
    let exception = exception.unwrap_or_else(|| panic!("{request:#?}"));
    let message = exception.attributes.text("exception.message");
    assert_eq!(message, Some("the /panic page was asked for"));

    let spans = sending.trace(&lost, |trace| has(trace, "GET"));
    let request = Trace::of(&spans).one("GET");
    assert_eq!(request.outcome, Outcome::Unset, "a 404 is the client's");
    assert_eq!(request.attributes.get("http.route"), None);
    assert!(!format!("{request:?}").contains("script"), "{request:#?}");
    sending.stop();
}

#[test]
#[ignore = "needs ddapm-test-agent; .ci/run installs it and runs this"]
fn a_command_goes_through_to_the_projection_and_the_follow_up() {
    let sending = Sending::start();
    let mut visitor = sending.visitor();
    let (sent, id) = caller(&mut visitor);
    let runtime = runtime();
    runtime.block_on(async {
        assert_eq!(visitor.sign_up("Ida", PASSWORD).await.status, 303);
        visitor.headers.clear();
        is_welcomed(&mut visitor, "Ida").await;
    });
    let is_welcome = |trace: &Trace<'_>| trace.with("projection", "messages").is_some();
    let spans = sending.trace(&id, |trace| {
        is_welcome(trace) && has(trace, "POST /sign-up")
    });
    let trace = Trace::of(&spans);
    let last = trace
        .with("projection", "messages")
        .expect("it was waited for");
    assert_eq!(
        trace.path(last),
        [
            "demo.projection.apply",
            "demo.commands.handle",
            "demo.process.react",
            "demo.commands.handle",
            "demo.accounts.sign_up",
            "POST /sign-up",
        ]
    );
    let commands: Vec<_> = trace.named("demo.commands.handle").collect();
    let of = |command: &str| {
        let of = commands
            .iter()
            .find(|span| span.attributes.text("command") == Some(command));
        *of.unwrap_or_else(|| panic!("no {command}: {commands:#?}"))
    };
    let (first, follow_up) = (of("sign_up"), of("send_welcome"));
    assert_eq!(trace.path(follow_up).len(), trace.path(first).len() + 2);
    assert!(follow_up.start >= first.end, "it answers what was stored");
    assert_eq!(
        trace.one("POST /sign-up").parent,
        sent.span_id().to_string()
    );
    // What was written is in it as well.
    assert!(
        has(&trace, "INSERT users"),
        "{:?}",
        trace
            .spans
            .iter()
            .map(|span| &span.name)
            .collect::<Vec<_>>()
    );
    sending.stop();
}

#[test]
#[ignore = "needs ddapm-test-agent; .ci/run installs it and runs this"]
fn logging_in_is_a_trace_that_says_how_it_went_and_nothing_else() {
    let sending = Sending::start();
    let mut visitor = sending.visitor();
    let runtime = runtime();
    runtime.block_on(visitor.sign_up("Mona", PASSWORD));
    let mut ids = Vec::new();
    for password in [PASSWORD, "not the password"] {
        let mut visitor = sending.visitor();
        let (_, id) = caller(&mut visitor);
        let reply = runtime.block_on(visitor.log_in("Mona", password));
        ids.push((id, reply.status));
    }
    for (id, status) in ids {
        let spans = sending.trace(&id, |trace| has(trace, "POST /log-in"));
        let trace = Trace::of(&spans);
        let request = trace.one("POST /log-in");
        let attempt = trace.one("demo.accounts.log_in");
        assert_eq!(attempt.parent, request.id);
        let worked = status == 303;
        assert_eq!(attempt.outcome == Outcome::Unset, worked, "{attempt:#?}");
        let hashed = trace.one("demo.accounts.hash_password");
        assert_eq!(hashed.parent, attempt.id);
        let all = format!("{spans:?}");
        assert!(
            !all.contains("Mona") && !all.contains("the password"),
            "{all}"
        );
    }
    sending.stop();
}

#[test]
#[ignore = "needs ddapm-test-agent; .ci/run installs it and runs this"]
fn a_job_and_an_outgoing_call_are_below_the_request_that_caused_them() {
    let sending = Sending::start();
    let mut visitor = sending.visitor();
    let runtime = runtime();
    let (_, job) = caller(&mut visitor);
    let fields = [("kind", "resize_image"), ("jobs", "1"), ("label", "")];
    let reply = runtime.block_on(visitor.submit("/jobs", "/jobs", &fields));
    assert_eq!(reply.status, 303, "{}", reply.body);
    let spans = sending.trace(&job, |trace| {
        has(trace, "process default") && has(trace, "POST /jobs")
    });
    let trace = Trace::of(&spans);
    let attempt = trace.one("process default");
    assert_eq!(
        (attempt.kind, attempt.outcome),
        (Kind::Consumer, Outcome::Unset)
    );
    assert_eq!(attempt.parent, trace.one("POST /jobs").id);
    assert_eq!(
        attempt.attributes["messaging.destination.name"],
        "default".into()
    );

    let (_, call) = caller(&mut visitor);
    assert_eq!(runtime.block_on(visitor.get("/quote")).status, 200);
    let is_there = |trace: &Trace<'_>| trace.named("GET /quote").count() == 2;
    let spans = sending.trace(&call, is_there);
    let trace = Trace::of(&spans);
    let there = trace
        .named("GET /quote")
        .find(|span| trace.parent(span).is_some());
    let there = there.expect("the other service's own span");
    assert_eq!(
        trace.path(there),
        ["GET /quote", "GET", "demo.quotes.fetch", "GET /quote"]
    );
    let client = trace.one("GET");
    assert_eq!((client.kind, there.kind), (Kind::Client, Kind::Server));
    assert_eq!(client.attributes["server.address"], "127.0.0.1".into());
    is_within(there, client);
    sending.stop();
}
