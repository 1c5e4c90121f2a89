//! Channels over real WebSockets: axum at one end, tungstenite at the other.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use telemetry::OwnedEvent;
use telemetry::testing::{Capture, capture};
use telemetry_http::{Channels, CloseReason};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::Message as Sent;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client_support::{DEADLINE, Upstream};

/// What a message makes the server do.
async fn handle(text: &str) -> Result<String, String> {
    match text {
        "fail" => Err("x".repeat(10_000)),
        "panic" => panic!("boom"),
        "wait" => {
            telemetry::execute!("channel_aborted.waits");
            std::future::pending().await
        }
        text => Ok(text.to_uppercase()),
    }
}

async fn serve(mut socket: WebSocket, channels: Channels) {
    let decide = async {
        match socket.recv().await {
            Some(Ok(Message::Text(token))) if token == "let me in" => Ok(()),
            _ => Err("no"),
        }
    };
    let Ok((channel, ())) = channels.join("room", decide).await else {
        return;
    };
    let reason = loop {
        let text = match socket.recv().await {
            Some(Ok(Message::Text(text))) => text,
            None | Some(Ok(Message::Close(_))) => break CloseReason::Client,
            Some(Err(_)) => break CloseReason::Error,
            Some(Ok(_)) => continue,
        };
        if text == "leave" {
            break CloseReason::Server;
        }
        let handled = channel.handle_in_result(&text, handle(&text)).await;
        let answer = handled.unwrap_or_else(|error| format!("error of {}", error.len()));
        if socket.send(Message::text(answer)).await.is_ok() {
            channel.sent();
        }
    };
    channel.close(reason);
}

struct Server {
    channels: Channels,
    prefix: &'static str,
    captured: Capture,
    upstream: Upstream,
    tasks: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Server {
    async fn start(prefix: &'static str) -> Self {
        let channels = Channels::new(prefix).unwrap();
        let channels = channels.events(["hello", "fail", "panic", "wait"]);
        let tasks = Arc::<Mutex<Vec<AbortHandle>>>::default();
        let upgrade = {
            let (channels, tasks) = (channels.clone(), Arc::clone(&tasks));
            async move |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(|socket| async move {
                    let task = tokio::spawn(serve(socket, channels));
                    tasks.lock().unwrap().push(task.abort_handle());
                })
            }
        };
        Self {
            channels,
            prefix,
            captured: capture(&format!("{prefix}.*")),
            upstream: Upstream::start(Router::new().route("/", any(upgrade))).await,
            tasks,
        }
    }

    async fn connect(&self) -> Client {
        let url = self.upstream.url.replace("http://", "ws://");
        Client(connect_async(url).await.unwrap().0)
    }

    async fn join(&self) -> Client {
        let mut client = self.connect().await;
        client.send("let me in").await;
        self.wait("joined", 1).await;
        client
    }

    async fn wait(&self, event: &str, count: usize) -> Vec<OwnedEvent> {
        let name = format!("{}.{event}", self.prefix);
        self.captured
            .wait_for_count(&name, count, DEADLINE)
            .await
            .unwrap()
    }

    fn named(&self, event: &str) -> Vec<OwnedEvent> {
        self.captured.named(&format!("{}.{event}", self.prefix))
    }

    /// The one end that there is; nothing is open any more.
    async fn closed(&self) -> (String, String, u64, u64) {
        let closed = self.wait("closed", 1).await;
        assert_eq!((closed.len(), self.channels.open()), (1, 0));
        let count = |key| closed[0].measurement(key).unwrap().as_u64().unwrap();
        assert!(closed[0].metadata_is("channel", "room"));
        assert!(
            closed[0]
                .measurement("duration")
                .unwrap()
                .as_duration()
                .is_some()
        );
        // It belongs to the trace of the join.
        let join = self.named("joined")[0].span().unwrap().context();
        assert_eq!(closed[0].context(), Some(join));
        (
            text(&closed[0], "reason"),
            text(&closed[0], "outcome"),
            count("messages_in"),
            count("messages_out"),
        )
    }
}

fn text(event: &OwnedEvent, key: &str) -> String {
    let value = event.metadata(key);
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn ended(
    reason: &str,
    outcome: &str,
    messages_in: u64,
    messages_out: u64,
) -> (String, String, u64, u64) {
    (
        reason.to_owned(),
        outcome.to_owned(),
        messages_in,
        messages_out,
    )
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.send(Sent::text(text)).await.unwrap();
    }

    async fn receive(&mut self) -> Option<Sent> {
        let next = tokio::time::timeout(DEADLINE, self.0.next());
        next.await.expect("no message came")?.ok()
    }

    async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.receive()
            .await
            .unwrap()
            .into_text()
            .unwrap()
            .to_string()
    }
}

#[tokio::test]
async fn messages_are_told_by_their_listed_names_each_in_a_trace_of_its_own() {
    let server = Server::start("channel_told").await;
    let mut client = server.join().await;
    assert_eq!(server.channels.open(), 1);
    let joined = server.named("joined")[0].clone();
    assert_eq!(
        (text(&joined, "channel"), text(&joined, "outcome")),
        ("room".into(), "ok".into())
    );
    assert!(joined.measurement("duration").is_some());

    assert_eq!(client.ask("hello").await, "HELLO");
    assert_eq!(client.ask("hello").await, "HELLO");
    let hostile = "x".repeat(1 << 16);
    assert_eq!(client.ask(&hostile).await.len(), hostile.len());
    client.0.close(None).await.unwrap();
    assert_eq!(server.closed().await, ended("client", "ok", 3, 3));

    let handled = server.named("handle_in");
    let join = joined.span().unwrap().context();
    let mut traces = vec![join.trace_id()];
    for (message, event) in handled.iter().zip(["hello", "hello", "other"]) {
        assert_eq!(text(message, "event"), event);
        assert_eq!(
            (text(message, "channel"), text(message, "outcome")),
            ("room".into(), "ok".into())
        );
        assert_eq!(text(message, "link"), join.to_string());
        let span = message.span().unwrap();
        assert_eq!(span.parent(), None);
        assert!(!traces.contains(&span.context().trace_id()));
        traces.push(span.context().trace_id());
    }
    assert_eq!(handled.len(), 3);
}

#[tokio::test]
async fn an_error_of_a_handler_is_told_and_the_channel_goes_on() {
    let server = Server::start("channel_fails").await;
    let mut client = server.join().await;
    assert_eq!(client.ask("fail").await, "error of 10000");
    assert_eq!(client.ask("hello").await, "HELLO");
    let handled = server.named("handle_in");
    assert_eq!(text(&handled[0], "outcome"), "error");
    assert_eq!(text(&handled[0], "reason"), "x".repeat(256));
    assert_eq!(text(&handled[1], "outcome"), "ok");
    drop(client);
    server.closed().await;
}

#[tokio::test]
async fn a_panic_of_a_handler_ends_message_and_channel_once() {
    let server = Server::start("channel_panics").await;
    let mut client = server.join().await;
    client.send("panic").await;
    assert_eq!(server.closed().await, ended("panic", "panic", 1, 0));
    let handled = server.named("handle_in");
    assert_eq!(handled.len(), 1);
    assert_eq!(
        (text(&handled[0], "outcome"), text(&handled[0], "reason")),
        ("panic".into(), "boom".into())
    );
}

#[tokio::test]
async fn a_client_that_vanishes_is_a_connection_that_broke() {
    let server = Server::start("channel_vanishes").await;
    let client = server.join().await;
    // The socket is closed without a word of the protocol.
    drop(client);
    assert_eq!(server.closed().await, ended("error", "error", 0, 0));
}

#[tokio::test]
async fn a_server_may_close_too() {
    let server = Server::start("channel_leaves").await;
    let mut client = server.join().await;
    client.send("leave").await;
    assert_eq!(server.closed().await, ended("server", "ok", 0, 0));
    assert!(
        client
            .receive()
            .await
            .is_none_or(|message| message.is_close())
    );
}

#[tokio::test]
async fn a_task_that_is_aborted_leaves_a_message_and_a_channel_that_were_cancelled() {
    let server = Server::start("channel_aborted").await;
    let mut client = server.join().await;
    assert_eq!(client.ask("hello").await, "HELLO");
    client.send("wait").await;
    // The handler says when it waits.
    server.wait("waits", 1).await;
    server.tasks.lock().unwrap()[0].abort();
    assert_eq!(server.closed().await, ended("cancelled", "cancelled", 2, 1));
    assert_eq!(text(&server.named("handle_in")[1], "outcome"), "cancelled");
}

#[tokio::test]
async fn a_join_that_is_refused_opens_nothing() {
    let server = Server::start("channel_refused").await;
    let mut client = server.connect().await;
    client.send("please").await;
    let joined = server.wait("joined", 1).await;
    assert_eq!(
        (text(&joined[0], "outcome"), text(&joined[0], "reason")),
        ("error".into(), "no".into())
    );
    assert!(client.receive().await.is_none());
    assert_eq!(server.channels.open(), 0);
    assert!(server.named("closed").is_empty());
}

#[tokio::test]
async fn a_hundred_channels_are_counted_exactly() {
    let server = Server::start("channel_hundred").await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = server.connect().await;
        client.send("let me in").await;
        clients.push(client);
    }
    server.wait("joined", 100).await;
    assert_eq!(server.channels.open(), 100);
    for (at, client) in clients.iter_mut().enumerate() {
        if at % 2 == 0 {
            client.ask("hello").await;
            client.0.close(None).await.unwrap();
        }
    }
    drop(clients);
    let closed = server.wait("closed", 100).await;
    assert_eq!(server.channels.open(), 0);
    let count = |reason| {
        closed
            .iter()
            .filter(|end| text(end, "reason") == reason)
            .count()
    };
    assert_eq!(
        (closed.len(), count("client"), count("error")),
        (100, 50, 50)
    );
    assert_eq!(server.named("handle_in").len(), 50);
}
