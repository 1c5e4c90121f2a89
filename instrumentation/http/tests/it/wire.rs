//! Over real connections: what the server, not the test, does with futures and bodies.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use futures_util::{StreamExt, stream};
use tokio::sync::{Barrier, Notify};
use tower_http::catch_panic::CatchPanicLayer;

use crate::record::{Recorder, Seen, Server, endless, route};

fn behind(recorder: &Recorder, router: Router) -> Router {
    router.layer(recorder.layer()).layer(CatchPanicLayer::new())
}

#[tokio::test]
async fn a_client_that_goes_away_while_the_handler_waits_is_cancelled() {
    let recorder = Recorder::new("http_wire.handler");
    let never = Arc::new(Notify::new());
    let waiting = Arc::clone(&never);
    let app = Router::new().route("/wait", get(async move || waiting.notified().await));
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    client.send("GET", "/wait").await;
    recorder.until_starts(1).await;
    assert!(recorder.ends().is_empty());
    drop(client);
    recorder.until_ends(1).await;

    server.stop().await;
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "cancelled", 0));
    assert_eq!(end.text("route"), route("/wait"));
}

#[tokio::test]
async fn a_client_that_leaves_an_endless_stream_is_cancelled() {
    let recorder = Recorder::new("http_wire.endless");
    let app = Router::new().route(
        "/events",
        get(|| async {
            (
                [(header::CONTENT_TYPE, "text/event-stream")],
                endless(&["data: 1\n\n"]),
            )
        }),
    );
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    client.send("GET", "/events").await;
    client.read_until("data: 1").await;
    assert!(recorder.ends().is_empty());
    drop(client);
    recorder.until_ends(1).await;

    server.stop().await;
    assert_eq!(recorder.end().ending(), ("stop", "cancelled", 200));
}

#[tokio::test]
async fn a_client_that_leaves_half_way_through_a_download_is_cancelled() {
    let recorder = Recorder::new("http_wire.half");
    let app = Router::new().route(
        "/download",
        get(|| async {
            let chunk = bytes::Bytes::from(vec![b'x'; 1 << 16]);
            Body::from_stream(stream::repeat(chunk).map(Ok::<_, Infallible>))
        }),
    );
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    client.send("GET", "/download").await;
    client.read_until("xxxx").await;
    drop(client);
    recorder.until_ends(1).await;

    server.stop().await;
    assert_eq!(recorder.end().ending(), ("stop", "cancelled", 200));
}

#[tokio::test]
async fn all_ends_of_one_kept_alive_connection_are_ok() {
    let recorder = Recorder::new("http_wire.alive");
    let app = Router::new()
        .route("/text", get(|| async { "full-end" }))
        .route("/none", get(|| async { StatusCode::OK }))
        // Bodies that never end by themselves: the server stops where it knows that it may.
        .route(
            "/length",
            get(|| async { ([(header::CONTENT_LENGTH, "8")], endless(&["leng", "th-e"])) }),
        )
        .route(
            "/204",
            get(|| async { (StatusCode::NO_CONTENT, endless(&["x"])) }),
        )
        .route(
            "/304",
            get(|| async { (StatusCode::NOT_MODIFIED, endless(&["x"])) }),
        )
        .route("/head", any(|| async { endless(&["x"]) }))
        .route(
            "/chunks",
            get(|| async {
                let chunks = ["chunk", "s-", "end"].map(Ok::<_, Infallible>);
                Body::from_stream(stream::iter(chunks))
            }),
        );
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    let mut expected = Vec::new();
    for (method, path, status, last) in [
        ("GET", "/text", 200, "full-end"),
        ("GET", "/none", 200, "\r\n\r\n"),
        ("GET", "/length", 200, "length-e"),
        ("GET", "/204", 204, "\r\n\r\n"),
        ("GET", "/304", 304, "\r\n\r\n"),
        ("HEAD", "/head", 200, "\r\n\r\n"),
        ("HEAD", "/text", 200, "\r\n\r\n"),
        ("GET", "/chunks", 200, "0\r\n\r\n"),
        ("GET", "/nothing", 404, "\r\n\r\n"),
        ("POST", "/text", 405, "\r\n\r\n"),
        ("BREW", "/text", 405, "\r\n\r\n"),
    ] {
        client.send(method, path).await;
        let answer = client.read_until(last).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{method} {path}: {answer}"
        );
        expected.push(("stop", "ok", status));
        recorder.until_ends(expected.len()).await;
    }
    drop(client);
    server.stop().await;

    let ends = recorder.ends();
    assert_eq!(ends.iter().map(Seen::ending).collect::<Vec<_>>(), expected);
    assert_eq!(recorder.starts().len(), expected.len());
    for end in ends {
        assert!(end.time("duration") >= end.time("headers_time"));
    }
}

#[tokio::test]
async fn big_bodies_arrive_whole_and_are_ok() {
    const SIZE: usize = 16 << 20;
    let recorder = Recorder::new("http_wire.big");
    let app = Router::new()
        .route("/full", get(|| async { vec![b'x'; SIZE] }))
        .route(
            "/stream",
            get(|| async {
                let chunk = bytes::Bytes::from(vec![b'x'; SIZE / 64]);
                Body::from_stream(stream::iter(vec![chunk; 64]).map(Ok::<_, Infallible>))
            }),
        );
    let server = Server::start(behind(&recorder, app)).await;

    for path in ["/full", "/stream"] {
        let mut client = server.connect().await;
        client
            .send(
                "GET",
                &format!("{path} HTTP/1.1\r\nconnection: close\r\nx-rest:"),
            )
            .await;
        client.read_until("\r\n\r\n").await;
        let count = client.read_to_end().await;
        assert!((SIZE..SIZE + (1 << 16)).contains(&count), "{path}: {count}");
    }
    server.stop().await;

    let ends = recorder.ends();
    assert_eq!(ends.len(), 2);
    for end in ends {
        assert_eq!(end.ending(), ("stop", "ok", 200));
    }
}

#[tokio::test]
async fn an_upgrade_ends_with_its_headers() {
    let recorder = Recorder::new("http_wire.upgrade");
    let app = Router::new().route(
        "/ws",
        get(|| async {
            let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")];
            (StatusCode::SWITCHING_PROTOCOLS, headers, endless(&[])).into_response()
        }),
    );
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    client
        .send(
            "GET",
            "/ws HTTP/1.1\r\nconnection: upgrade\r\nupgrade: echo\r\nx-rest:",
        )
        .await;
    assert!(
        client
            .read_until("\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 101")
    );
    recorder.until_ends(1).await;
    drop(client);
    server.stop().await;
    assert_eq!(recorder.end().ending(), ("stop", "ok", 101));
}

#[tokio::test]
async fn a_panic_in_a_body_breaks_the_connection_and_not_the_count() {
    let recorder = Recorder::new("http_wire.panics");
    let app = Router::new()
        .route(
            "/handler",
            get(|| async {
                if true {
                    panic!("handler")
                }
            }),
        )
        .route(
            "/body",
            get(|| async {
                Body::from_stream(stream::iter(0..2).map(|at| {
                    assert!(at == 0, "body");
                    Ok::<_, Infallible>("chunk")
                }))
            }),
        )
        .route("/fine", get(|| async { "fine" }));
    let server = Server::start(behind(&recorder, app)).await;

    let mut client = server.connect().await;
    client.send("GET", "/handler").await;
    assert!(
        client
            .read_until("panicked")
            .await
            .starts_with("HTTP/1.1 500")
    );
    client.send("GET", "/body").await;
    client.read_to_end().await;
    let mut client = server.connect().await;
    client.send("GET", "/fine").await;
    client.read_until("fine").await;
    drop(client);
    server.stop().await;

    let ends = recorder.ends();
    let reasons: Vec<_> = ends
        .iter()
        .map(|end| (end.ending(), end.text("reason")))
        .collect();
    assert_eq!(
        reasons,
        [
            (("exception", "panic", 0), "handler"),
            (("exception", "panic", 0), "body"),
            (("stop", "ok", 200), ""),
        ]
    );
    assert_eq!(recorder.starts().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_requests_at_once_are_counted_exactly() {
    const REQUESTS: usize = 100;
    let recorder = Recorder::new("http_wire.hundred");
    // Nobody is answered before all have asked.
    let all = Arc::new(Barrier::new(REQUESTS));
    let app = Router::new().route(
        "/{at}",
        get(async move |Path(at): Path<usize>| {
            all.wait().await;
            match at % 4 {
                0 => (StatusCode::OK, endless(&["done"])),
                1 => (StatusCode::NOT_FOUND, Body::from("done")),
                2 => (StatusCode::INTERNAL_SERVER_ERROR, Body::from("done")),
                _ => panic!("done {at}"),
            }
        }),
    );
    let server = Arc::new(Server::start(behind(&recorder, app)).await);

    let clients: Vec<_> = (0..REQUESTS)
        .map(|at| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut client = server.connect().await;
                client.send("GET", &format!("/{at}")).await;
                client
                    .read_until(if at % 4 == 3 { "panicked" } else { "done" })
                    .await;
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    recorder.until_ends(REQUESTS).await;
    Arc::into_inner(server).unwrap().stop().await;

    assert_eq!(recorder.starts().len(), REQUESTS);
    let ends = recorder.ends();
    assert_eq!(ends.len(), REQUESTS);
    let count = |ending| ends.iter().filter(|end| end.ending() == ending).count();
    assert_eq!(count(("stop", "cancelled", 200)), 25);
    assert_eq!(count(("stop", "ok", 404)), 25);
    assert_eq!(count(("stop", "error", 500)), 25);
    assert_eq!(count(("exception", "panic", 0)), 25);
    assert!(ends.iter().all(|end| end.text("route") == route("/{at}")));
}
