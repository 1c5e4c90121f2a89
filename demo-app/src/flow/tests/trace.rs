//! One trace through all of it.

use telemetry::testing::{Capture, capture_many};
use telemetry::{OwnedEvent, SpanContext, SpanId};

use super::{DEADLINE, Running};

/// The end of the one span of that name and metadata.
fn end(capture: &Capture, name: &str, key: &str, value: &str) -> OwnedEvent {
    let mut found = capture.named(&format!("{name}.stop"));
    found.retain(|event| event.metadata_is(key, value));
    assert_eq!(found.len(), 1, "{name} {value}: {found:#?}");
    found.remove(0)
}

fn context(event: &OwnedEvent) -> SpanContext {
    event.span().expect("a span").context()
}

fn parent(event: &OwnedEvent) -> Option<SpanId> {
    let parent = event.span().expect("a span").parent();
    parent.map(|parent| parent.span_id())
}

#[tokio::test]
async fn one_trace_spans_request_command_event_projections_and_the_command_that_answers() {
    let capture = capture_many([
        "demo.commands.*",
        "demo.events.*",
        "demo.projection.*",
        "demo.process.*",
        "flowtest.request.*",
    ]);
    let demo = Running::start().await;
    let request = telemetry::span!("flowtest.request");
    let root = request.context().expect("it is observed");
    let id = request
        .wrap(demo.flow.sign_up("Ida", "hash"))
        .await
        .unwrap();

    let is_last = |event: &OwnedEvent| {
        event.name() == "demo.projection.apply.stop"
            && event.metadata_is("projection", "messages")
            && event.metadata_is("event", "user_welcomed")
    };
    capture.wait_where(is_last, DEADLINE).await.unwrap();
    demo.caught_up().await;
    let message = demo.flow.messages_of(id).await.unwrap().remove(0);
    assert!(message.body.contains("Welcome, Ida!"), "{}", message.body);

    let sign_up = end(&capture, "demo.commands.handle", "command", "sign_up");
    let react = end(&capture, "demo.process.react", "event", "user_signed_up");
    let welcome = end(&capture, "demo.commands.handle", "command", "send_welcome");
    let read_by_all = end(&capture, "demo.projection.apply", "event", "user_signed_up");
    let message = end(&capture, "demo.projection.apply", "projection", "messages");
    assert_eq!(parent(&sign_up), Some(root.span_id()));
    assert_eq!(parent(&read_by_all), Some(context(&sign_up).span_id()));
    assert_eq!(parent(&react), Some(context(&sign_up).span_id()));
    assert_eq!(parent(&welcome), Some(context(&react).span_id()));
    assert_eq!(parent(&message), Some(context(&welcome).span_id()));

    let appended = capture.named("demo.events.append");
    let spans: Vec<_> = appended
        .iter()
        .map(|event| event.context().map(|c| c.span_id()))
        .collect();
    assert_eq!(
        spans,
        [&sign_up, &welcome].map(|command| Some(context(command).span_id()))
    );
    for event in capture.events() {
        let trace = event.context().map(|context| context.trace_id());
        assert_eq!(trace, Some(root.trace_id()), "{event:?}");
        if event.name().ends_with(".stop") {
            assert!(event.metadata_is("outcome", "ok"), "{event:?}");
        }
    }
    for span in [&read_by_all, &react, &message] {
        assert!(span.measurement("lag").is_some(), "{span:?}");
    }
    let feed = demo.flow.activity().await.unwrap();
    let shown: Vec<_> = feed
        .iter()
        .map(|entry| (entry.kind, entry.trace_id.clone()))
        .collect();
    let trace = Some(root.trace_id().to_string());
    assert_eq!(
        shown,
        [
            (Some(crate::flow::Kind::UserWelcomed), trace.clone()),
            (Some(crate::flow::Kind::UserSignedUp), trace),
        ]
    );
    demo.stop().await;
}

#[tokio::test]
async fn two_requests_at_a_time_are_two_traces() {
    let capture = capture_many(["demo.commands.*", "demo.projection.*", "demo.process.*"]);
    let demo = Running::start().await;
    let contexts = [SpanContext::new_root(), SpanContext::new_root()];
    let sign_up =
        |at: usize, name: &'static str| contexts[at].wrap(demo.flow.sign_up(name, "hash"));
    let (one, other) = tokio::join!(sign_up(0, "One"), sign_up(1, "Other"));
    one.unwrap();
    other.unwrap();
    demo.caught_up().await;
    let seven = |events: &Capture| {
        contexts.map(|context| {
            let mine = |event: &&OwnedEvent| {
                event.name().ends_with(".stop")
                    && event.context().map(|c| c.trace_id()) == Some(context.trace_id())
            };
            events.events().iter().filter(mine).count()
        })
    };
    // Two commands, two events for the feed, a message, and what connects them.
    super::eventually(|| async { seven(&capture) }, |counts| *counts == [6, 6]).await;
    demo.stop().await;
}
