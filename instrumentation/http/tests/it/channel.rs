//! Channels without a transport.

use std::future::{pending, ready};

use telemetry::testing::{assert_emitted, capture};
use telemetry::{Number, SpanContext, span};
use telemetry_http::{Channels, CloseReason, OTHER_EVENT};

use crate::record::poll_once;

fn channels(prefix: &str) -> Channels {
    Channels::new(prefix).unwrap().events(["ping"])
}

#[test]
fn a_prefix_that_is_no_name_is_refused() {
    assert!(Channels::new("shop socket").is_err());
    assert!(Channels::new("").is_err());
}

#[test]
fn every_way_to_the_end_is_told_once() {
    for (prefix, reason, word, outcome) in [
        (
            "channel_end_client",
            Some(CloseReason::Client),
            "client",
            "ok",
        ),
        (
            "channel_end_server",
            Some(CloseReason::Server),
            "server",
            "ok",
        ),
        (
            "channel_end_error",
            Some(CloseReason::Error),
            "error",
            "error",
        ),
        ("channel_end_drop", None, "cancelled", "cancelled"),
    ] {
        let captured = capture(&format!("{prefix}.*"));
        let channels = channels(prefix);
        let channel = channels.joined("room");
        assert_emitted!(captured, format!("{prefix}.joined"), {}, { channel: "room", outcome: "ok" });
        match reason {
            Some(reason) => channel.close(reason),
            None => drop(channel),
        }
        assert_emitted!(captured, format!("{prefix}.closed"), { messages_in: 0, messages_out: 0 }, {
            channel: "room", reason: word, outcome,
        });
        assert_eq!((captured.len(), channels.open()), (2, 0));
    }
}

#[test]
fn a_name_that_is_not_listed_is_other_and_lists_replace_each_other() {
    let captured = capture("channel_names.*");
    let channel = channels("channel_names").joined("room");
    for name in ["ping", "PING", "", "ping ", &"x".repeat(1 << 20)] {
        channel.message(name).finish();
    }
    channels("channel_names")
        .events(["pong"])
        .joined("room")
        .message("ping")
        .finish();
    let told: Vec<_> = captured
        .named("channel_names.handle_in")
        .iter()
        .map(|event| event.metadata("event").unwrap().to_string())
        .collect();
    assert_eq!(
        told,
        [
            "ping",
            OTHER_EVENT,
            OTHER_EVENT,
            OTHER_EVENT,
            OTHER_EVENT,
            OTHER_EVENT
        ]
    );
}

#[tokio::test]
async fn a_message_is_current_while_it_is_handled_and_below_what_it_names() {
    let captured = capture("channel_current.*");
    let channel = channels("channel_current").joined("room");
    let caller = span!("channel_current.caller");
    let within = channel.handle_in("ping", async { SpanContext::current() });
    // What is current where it is handled is not its parent.
    let within = caller.context().unwrap().wrap(within).await.unwrap();
    let theirs: SpanContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        .parse()
        .unwrap();
    channel.message_below(Some(theirs), "ping").finish();

    let handled = captured.named("channel_current.handle_in");
    let [first, second] = [0, 1].map(|at: usize| handled[at].span().unwrap());
    assert_eq!((first.context(), first.parent()), (within, None));
    assert_eq!(second.parent(), Some(theirs));
}

#[test]
fn a_message_that_is_given_up_is_cancelled_and_counts() {
    let captured = capture("channel_given_up.*");
    let channel = channels("channel_given_up").joined("room");
    let mut waiting = Box::pin(channel.handle_in("ping", pending::<()>()));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(waiting);
    assert_emitted!(captured, "channel_given_up.handle_in", {}, { event: "ping", outcome: "cancelled" });
    channel.sent();
    drop(channel);
    assert_emitted!(captured, "channel_given_up.closed", { messages_in: 1, messages_out: 1 });
}

#[test]
fn a_join_that_is_given_up_or_panics_opens_nothing() {
    let captured = capture("channel_no_join.*");
    let channels = channels("channel_no_join");
    let mut waiting = Box::pin(channels.join("room", pending::<Result<(), String>>()));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(waiting);
    assert_emitted!(captured, "channel_no_join.joined", {}, { outcome: "cancelled" });
    let mut panics = Box::pin(channels.join("room", async {
        if true {
            panic!("boom");
        }
        Ok::<_, String>(())
    }));
    let poll = std::panic::AssertUnwindSafe(|| poll_once(panics.as_mut()).is_ready());
    std::panic::catch_unwind(poll).unwrap_err();
    assert_emitted!(captured, "channel_no_join.joined", {}, { outcome: "panic", reason: "boom" });
    drop(panics);
    assert_eq!((captured.len(), channels.open()), (2, 0));
}

#[test]
fn clones_count_together_and_say_so_when_asked() {
    let captured = capture("channel_open.*");
    let one = channels("channel_open");
    let two = one.clone();
    let (first, second) = (one.joined("room"), two.joined("lobby"));
    one.measurement()();
    drop(first);
    two.emit_open();
    drop(second);
    one.emit_open();
    let counts: Vec<_> = captured
        .named("channel_open.open")
        .iter()
        .map(|event| event.measurement("count").and_then(Number::as_u64))
        .collect();
    assert_eq!(counts, [Some(2), Some(1), Some(0)]);
}

#[tokio::test]
async fn channels_that_nobody_observes_count_and_begin_no_trace_below_another() {
    let channels = channels("channel_unobserved");
    let root = SpanContext::new_root();
    let work = async {
        let (channel, seven) = channels
            .join("room", ready(Ok::<_, String>(7)))
            .await
            .unwrap();
        assert_eq!((seven, channels.open()), (7, 1));
        let within = channel
            .handle_in("ping", async { SpanContext::current() })
            .await;
        assert_eq!(within, None);
        let failed = channel
            .handle_in_result("ping", ready(Err::<(), _>("no")))
            .await;
        assert_eq!(failed, Err("no"));
        channel.close(CloseReason::Client);
    };
    root.wrap(work).await;
    assert_eq!(channels.open(), 0);
}

#[test]
fn whoever_is_told_of_the_end_does_not_find_the_channel_open() {
    let channels = channels("channel_counted_off");
    let (told, counts) = std::sync::mpsc::channel();
    let attached = telemetry::attach("channel_counted_off", "channel_counted_off.closed", {
        let channels = channels.clone();
        move |_| told.send(channels.open()).unwrap()
    });
    let _attached = attached.unwrap().guard();
    drop(channels.joined("room"));
    assert_eq!(counts.try_recv(), Ok(0));
}
