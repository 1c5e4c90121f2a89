//! Spans of the instrumentation crates themselves, whose keys the conventions are made for.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use telemetry_http::{Calls, Channels, TelemetryLayer};
use telemetry_jobs::Jobs;
use tower_layer::Layer;
use tower_service::Service;

use super::*;

/// Answers everything with a status that the request's path is.
struct Answers;

impl Service<Request<Full<Bytes>>> for Answers {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let mut response = Response::new(Full::from("hello"));
        *response.status_mut() = request.uri().path()[1..].parse().unwrap();
        ready(Ok(response))
    }
}

#[tokio::test]
async fn the_server_layer_is_recognised() {
    let recording = Recording::of("spans.crates.web");
    let mut service = TelemetryLayer::new("spans.crates.web")
        .unwrap()
        .layer(Answers);
    for path in ["/200", "/503"] {
        let request = Request::post(path)
            .body(Full::from("twelve bytes"))
            .unwrap();
        let response = service.call(request).await.unwrap();
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "hello"
        );
    }
    let [well, failed] = &recording.spans()[..] else {
        panic!("two requests were answered")
    };
    for (span, code) in [(well, 200), (failed, 503)] {
        assert_eq!((&*span.name, span.kind), ("POST", 2));
        let told = attributes(&span.attributes);
        assert_eq!(told["http.request.method"], text("POST"));
        assert_eq!(told["http.response.status_code"], int(code));
        assert_eq!(told["network.protocol.version"], text("1.1"));
        assert_eq!(told["http.request.body.size"], int(12));
        assert_eq!(told["http.response.body.size"], int(5));
        assert!(!told.contains_key("http.route") && !told.contains_key("outcome"));
    }
    assert_eq!((status(well), status(failed)), ((0, ""), (2, "")));
    assert_eq!(attributes(&failed.attributes)["error.type"], text("503"));
}

#[test]
fn the_client_is_recognised() {
    let recording = Recording::of("spans.crates.api");
    let calls = Calls::new("spans.crates.api")
        .unwrap()
        .allow(["example.org:8443"])
        .unwrap();
    calls
        .begin("GET", "https://example.org:8443/secret")
        .respond(404);
    calls
        .begin("GET", "https://elsewhere.org/")
        .fail_with("timeout");
    let [answered, failed] = &recording.spans()[..] else {
        panic!("two calls were made")
    };
    assert_eq!(
        (&*answered.name, answered.kind, status(answered)),
        ("GET", 3, (2, ""))
    );
    let told = attributes(&answered.attributes);
    assert_eq!(told["server.address"], text("example.org"));
    assert_eq!(told["server.port"], int(8443));
    assert_eq!(told["error.type"], text("404"));
    let told = attributes(&failed.attributes);
    assert_eq!(
        (status(failed), &told["error.type"]),
        ((2, "timeout"), &text("timeout"))
    );
    assert!(!told.contains_key("server.address"));
}

#[test]
fn messages_of_channels_are_recognised() {
    let recording = Recording::of("spans.crates.socket");
    let channels = Channels::new("spans.crates.socket")
        .unwrap()
        .events(["ping"]);
    let channel = channels.joined("room");
    channel.message("ping").finish();
    let [joined, message] = &recording.spans()[..] else {
        panic!("a join and a message")
    };
    assert_eq!(
        (&*joined.name, joined.kind),
        ("spans.crates.socket.joined", 1)
    );
    assert_eq!((&*message.name, message.kind), ("room ping", 2));
    assert_eq!(message.links[0].span_id, joined.span_id);
    assert_ne!(message.trace_id, joined.trace_id);
}

#[test]
fn attempts_of_jobs_are_recognised() {
    let recording = Recording::of("spans.crates.jobs");
    let jobs = Jobs::linked("spans.crates.jobs").unwrap();
    let enqueuer = SpanContext::new_root();
    let ticket = enqueuer.in_scope(|| jobs.queue("mail").enqueued("Send"));
    let mut attempt = ticket.start();
    let failed: Result<(), &str> = attempt.in_scope_result(|| Err("no such mailbox"));
    failed.unwrap_err();
    attempt.discard();
    let span = recording.one();
    assert_eq!(
        (&*span.name, span.kind, status(&span)),
        ("process mail", 5, (2, "no such mailbox"))
    );
    assert_eq!(span.links[0].span_id, enqueuer.span_id().to_bytes());
    assert_ne!(span.trace_id, enqueuer.trace_id().to_bytes());
    let told = attributes(&span.attributes);
    assert_eq!(told["messaging.destination.name"], text("mail"));
    assert_eq!(told["worker"], text("Send"));
    assert_eq!(told["attempt"], int(1));
}
