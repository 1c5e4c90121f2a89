//! Spans, as they arrive.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use telemetry::{SpanContext, completion_span, display, span};
use telemetry_opentelemetry::Sampler;
use telemetry_otlp_receiver::{Kind, Outcome, Received, Receiver, Span, Value};

use crate::support::{SOON, Way, alone, nothing, now};

/// What a caller sent.
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn ids(span: &Span) -> (&str, &str) {
    (&span.trace, &span.id)
}

fn hex(context: SpanContext) -> (String, String) {
    (
        context.trace_id().to_string(),
        context.span_id().to_string(),
    )
}

#[track_caller]
fn assert_is(span: &Span, context: SpanContext) {
    let (trace, id) = hex(context);
    assert_eq!(ids(span), (&*trace, &*id), "{}", span.name);
}

/// A request as the HTTP layer tells of it, with what happens below it. What ran returns its ids.
fn a_request() -> Vec<SpanContext> {
    let caller = SpanContext::from_traceparent(CALLER).unwrap();
    let request = span!(
        parent: caller,
        "receiver.endpoint",
        { method: "GET", route: "/users/{id}", version: "1.1" }
    );
    let mut ran = vec![request.context().unwrap()];
    let handle = request.handle();
    request.in_scope(|| {
        let query = query("SELECT", Some("users"), "SELECT * FROM users WHERE id = ?");
        ran.extend(query.context());
        query.measure("rows", 1_u64);
        query.measure("query_time", Duration::from_millis(3));
        query.finish();

        let refused = query_of_orders();
        ran.extend(refused.context());
        refused.fail("unique_violation");
        refused.finish();

        let checkout =
            span!("receiver.checkout", { items: 3, vip: true, rate: 0.25, note: "ä\n\0" });
        ran.extend(checkout.context());
        let price = checkout.in_scope_result(|| "x".parse::<u8>());
        assert!(price.is_err());

        let charge = span!("receiver.charge");
        ran.extend(charge.context());
        let charged = catch_unwind(AssertUnwindSafe(|| {
            charge.in_scope(|| std::panic::resume_unwind(Box::new("no card")));
        }));
        assert!(charged.is_err());

        let late = span!("receiver.late", { "otel.kind": "client", "otel.name": "call a friend" });
        ran.extend(late.context());
        drop(late.wrap(std::future::pending::<()>()));

        handle.set("status", 200_u16);
        handle.set("status_class", "2xx");
        handle.measure("request_size", 0_u64);
        handle.measure("response_size", 1_234_u64);
        handle.measure("headers_time", Duration::from_micros(1_500));
    });
    ran
}

fn query(
    command: &'static str,
    source: Option<&'static str>,
    statement: &'static str,
) -> telemetry::Span {
    completion_span!("receiver.repo.query", {
        repo: "repo",
        system: "sqlite",
        source: source,
        command: command,
        statement: statement,
        reason: None::<&str>,
    })
}

fn query_of_orders() -> telemetry::Span {
    query("INSERT", Some("orders"), "INSERT INTO orders VALUES (?)")
}

fn a_tree_of_spans_arrives_as_it_was(way: Way) {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = nothing();
    let otel = way
        .to(&receiver, &aggregator)
        .without_metrics()
        .start()
        .unwrap();
    let before = now();
    let ran = a_request();
    let (enqueued, job) = {
        let link = ran[0].traceparent();
        let job = span!(
            parent: None::<SpanContext>,
            "receiver.jobs.attempt",
            { queue: "mail", worker: "Welcome", attempt: 2, link: display(&link) }
        );
        let context = job.context().unwrap();
        job.measure("queue_time", Duration::from_millis(20));
        job.finish();
        (ran[0], context)
    };
    let after = now();
    otel.flush(SOON).unwrap();
    let received = receiver.received();
    assert_eq!(received.spans.len(), 7);
    assert_eq!(otel.health().traces.unwrap().sent, 7);
    let resource = &received.spans[0].resource.attributes;
    assert_eq!(resource["service.name"], "receiver-tests".into());
    assert_eq!(resource["telemetry.sdk.language"], "rust".into());
    assert_eq!(
        resource["process.pid"],
        i64::from(std::process::id()).into()
    );
    for span in &received.spans {
        assert_eq!(span.dropped, [0; 3]);
        assert!(!span.scope.name.is_empty());
        assert!(before <= span.start && span.start <= span.end, "{span:#?}");
        assert!(span.end <= after, "{} is after {after}", span.end);
    }
    the_request(&received, &ran);
    the_queries(&received, &ran);
    what_failed(&received, &ran);
    the_job(&received, enqueued, job);
    way.check(&receiver);
    otel.stop(SOON).unwrap();
    assert_eq!(receiver.received().spans.len(), 7, "none of them twice");
}

fn the_request(received: &Received, ran: &[SpanContext]) {
    let request = received.span("GET /users/{id}");
    assert_is(request, ran[0]);
    assert_eq!(&*request.trace, &CALLER[3..35]);
    assert_eq!(&*request.parent, &CALLER[36..52]);
    assert_eq!(
        (request.kind, request.outcome),
        (Kind::Server, Outcome::Unset)
    );
    // Sampled, and the parent is known to be of another process.
    assert_eq!(request.flags, 0x301);
    let attributes = &request.attributes;
    assert_eq!(attributes["http.request.method"], "GET".into());
    assert_eq!(attributes["http.route"], "/users/{id}".into());
    assert_eq!(attributes["http.response.status_code"], 200_i64.into());
    assert_eq!(attributes["http.request.body.size"], 0_i64.into());
    assert_eq!(attributes["http.response.body.size"], 1_234_i64.into());
    assert_eq!(attributes["network.protocol.version"], "1.1".into());
    assert_eq!(attributes["headers_time"], 0.001_5.into());
    for key in [
        "method",
        "route",
        "status",
        "outcome",
        "error.type",
        "duration",
    ] {
        assert_eq!(attributes.get(key), None, "{key}");
    }
    for below in &ran[1..] {
        let (_, id) = hex(*below);
        let below = received.spans.iter().find(|span| span.id == id).unwrap();
        assert_eq!((&below.trace, &below.parent), (&request.trace, &request.id));
        assert_eq!(below.flags & 0x301, 0x101, "its parent is of this process");
        assert!(request.start <= below.start && below.end <= request.end);
    }
}

fn the_queries(received: &Received, ran: &[SpanContext]) {
    let query = received.span("SELECT users");
    assert_is(query, ran[1]);
    assert_eq!((query.kind, query.outcome), (Kind::Client, Outcome::Unset));
    let attributes = &query.attributes;
    assert_eq!(attributes["db.system.name"], "sqlite".into());
    assert_eq!(attributes["db.operation.name"], "SELECT".into());
    assert_eq!(attributes["db.collection.name"], "users".into());
    let text = "SELECT * FROM users WHERE id = ?";
    assert_eq!(attributes["db.query.text"], text.into());
    assert_eq!(attributes["db.response.returned_rows"], 1_i64.into());
    assert_eq!(attributes["query_time"], 0.003.into());
    assert!(query.events.is_empty());

    let refused = received.span("INSERT orders");
    assert_is(refused, ran[2]);
    assert_eq!(
        (refused.kind, refused.outcome),
        (Kind::Client, Outcome::Error)
    );
    assert_eq!(refused.attributes["error.type"], "unique_violation".into());
    assert_eq!(refused.message, "unique_violation");
}

fn what_failed(received: &Received, ran: &[SpanContext]) {
    let checkout = received.span("receiver.checkout");
    assert_is(checkout, ran[3]);
    assert_eq!(
        (checkout.kind, checkout.outcome),
        (Kind::Internal, Outcome::Error)
    );
    assert_eq!(checkout.message, "invalid digit found in string");
    let attributes = &checkout.attributes;
    assert_eq!(attributes["items"], 3_i64.into());
    assert_eq!(attributes["vip"], true.into());
    assert_eq!(attributes["rate"], 0.25.into());
    assert_eq!(attributes["note"], "ä\n\0".into());
    let [exception] = &checkout.events[..] else {
        panic!("{checkout:#?}")
    };
    assert_eq!(exception.name, "exception");
    assert_eq!(exception.time, checkout.end);
    let message = &exception.attributes["exception.message"];
    assert_eq!(*message, "invalid digit found in string".into());

    let charge = received.span("receiver.charge");
    assert_is(charge, ran[4]);
    assert_eq!(
        (charge.outcome, &*charge.message),
        (Outcome::Error, "no card")
    );
    assert_eq!(charge.attributes["error.type"], "panic".into());
    let [exception] = &charge.events[..] else {
        panic!("{charge:#?}")
    };
    let attributes = &exception.attributes;
    assert_eq!(attributes["exception.type"], "panic".into());
    assert_eq!(attributes["exception.message"], "no card".into());

    let late = received.span("call a friend");
    assert_is(late, ran[5]);
    assert_eq!((late.kind, late.outcome), (Kind::Client, Outcome::Unset));
    assert_eq!(late.attributes["outcome"], "cancelled".into());
    assert!(late.events.is_empty());
    assert_eq!(late.attributes.get("otel.kind"), None);
}

fn the_job(received: &Received, enqueued: SpanContext, ran: SpanContext) {
    let job = received.span("process mail");
    assert_is(job, ran);
    assert_eq!(&*job.parent, "", "it begins a trace");
    assert_eq!((job.kind, job.outcome), (Kind::Consumer, Outcome::Unset));
    let [link] = &job.links[..] else {
        panic!("{job:#?}")
    };
    let (trace, span) = hex(enqueued);
    assert_eq!((&link.trace, &link.span), (&trace, &span));
    assert_eq!(link.flags & 1, 1);
    let attributes = &job.attributes;
    assert_eq!(attributes["messaging.destination.name"], "mail".into());
    assert_eq!(attributes["messaging.operation.type"], "process".into());
    assert_eq!(attributes["worker"], "Welcome".into());
    assert_eq!(attributes["attempt"], 2_i64.into());
    assert_eq!(attributes.get("link"), None);
}

mod a_tree_of_spans {
    crate::support::on_every_way!(a_tree_of_spans_arrives_as_it_was);
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn hostile_values_arrive_harmless() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = nothing();
    let otel = Way::PLAIN
        .to(&receiver, &aggregator)
        .without_metrics()
        .start()
        .unwrap();
    let long = "é".repeat(200_000);
    let hostile = span!("receiver.hostile", {
        long: &*long,
        control: "\u{0}\u{1b}[31m\u{feff}\u{202e}",
        nan: f64::NAN,
        infinite: f64::NEG_INFINITY,
        most: u64::MAX,
        least: i64::MIN,
        link: "00-00000000000000000000000000000000-0000000000000000-01",
        "service.name": "another",
    });
    hostile.finish();
    span!("receiver.after").finish();
    otel.flush(SOON).unwrap();
    let received = receiver.received();
    let span = received.span("receiver.hostile");
    let Value::Text(cut) = &span.attributes["long"] else {
        panic!("{:?}", span.attributes["long"])
    };
    assert!(
        cut.len() < long.len() && cut.starts_with("éé"),
        "{}",
        cut.len()
    );
    assert_eq!(
        span.attributes["control"],
        "\u{0}\u{1b}[31m\u{feff}\u{202e}".into()
    );
    assert_eq!(span.attributes["least"], i64::MIN.into());
    assert_eq!(span.attributes["service.name"], "another".into());
    assert!(span.attributes.get("most").is_some());
    assert!(span.links.is_empty(), "no such span");
    assert_eq!(received.span("receiver.after").outcome, Outcome::Unset);
}

#[test]
#[ignore = "needs ddapm-test-agent"]
fn what_is_not_sampled_does_not_arrive() {
    let _alone = alone();
    let receiver = Receiver::start();
    let aggregator = nothing();
    let otel = Way::PLAIN
        .to(&receiver, &aggregator)
        .without_metrics()
        .sampler(Sampler::parent_based(Sampler::Ratio(0.5)))
        .start()
        .unwrap();
    for _ in 0..400 {
        span!("receiver.sampled").in_scope(|| span!("receiver.sampled.below").finish());
    }
    let unsampled = CALLER.strip_suffix("01").unwrap().to_owned() + "00";
    let unsampled = SpanContext::from_traceparent(unsampled).unwrap();
    unsampled.in_scope(|| span!("receiver.unwanted").finish());
    otel.flush(SOON).unwrap();
    // Those that begin later are sampled again: it is one setting for the process.
    telemetry::sample_new_traces(1.0);
    let received = receiver.received();
    let of = |name: &str| {
        let spans = received.spans.iter().filter(|span| span.name == name);
        spans.map(|span| span.trace.clone()).collect::<HashSet<_>>()
    };
    let (roots, below) = (of("receiver.sampled"), of("receiver.sampled.below"));
    assert_eq!(roots, below, "traces are whole");
    assert!((100..300).contains(&roots.len()), "{} of 400", roots.len());
    assert_eq!(received.spans.len(), 2 * roots.len());
}
