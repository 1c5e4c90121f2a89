//! Without axum: hyper's own server and client over real connections, with HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use telemetry_http::{InFlight, RequestBodyLayer, RouteLayer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower::{Layer, Service, service_fn};

use crate::record::{DEADLINE, Recorder, Seen};

type Answer = UnsyncBoxBody<Bytes, std::io::Error>;

fn full(text: &'static str) -> Answer {
    Full::new(Bytes::from_static(text.as_bytes()))
        .map_err(|no| match no {})
        .boxed_unsync()
}

fn frames(texts: &'static [&'static str]) -> impl futures_util::Stream<Item = Frame<Bytes>> {
    stream::iter(texts).map(|text| Frame::data(Bytes::from_static(text.as_bytes())))
}

/// An application that routes by hand.
async fn application<B>(request: Request<B>) -> Result<Response<Answer>, Infallible>
where
    B: Body<Error: std::fmt::Debug>,
{
    let body = match request.uri().path() {
        "/text" => full("text"),
        "/echo" => {
            let bytes = request.into_body().collect().await.unwrap().to_bytes();
            Full::new(bytes).map_err(|no| match no {}).boxed_unsync()
        }
        "/wait" => std::future::pending().await,
        "/endless" => {
            let frames = frames(&["one", "two"]).chain(stream::pending());
            StreamBody::new(frames.map(Ok)).boxed_unsync()
        }
        "/broken" => {
            let frames = frames(&["half"]).map(Ok);
            let broken = stream::iter([Err(std::io::Error::other("disk on fire"))]);
            StreamBody::new(frames.chain(broken)).boxed_unsync()
        }
        "/panic" => panic!("no route"),
        _ => {
            let mut response = Response::new(full(""));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    Ok(Response::new(body))
}

#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

/// A server of hyper; it and its connections end with it.
struct Server {
    address: SocketAddr,
    in_flight: InFlight,
    stop: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(recorder: &Recorder, version: Version) -> Self {
        let layer = recorder.layer();
        let in_flight = layer.in_flight();
        let service = RequestBodyLayer::new().layer(service_fn(application));
        let service = RouteLayer::fixed("/by/hand").layer(service);
        let service = layer.layer(service);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, _) = accepted.unwrap();
                        connections.spawn(serve(stream, version, service.clone()));
                    }
                    () = stopped.notified() => break,
                }
            }
            while connections.join_next().await.is_some() {}
        });
        Self {
            address,
            in_flight,
            stop,
            task,
        }
    }

    /// Waits until its connections are closed, so that no event can come afterwards.
    async fn stop(self) -> InFlight {
        self.stop.notify_one();
        tokio::time::timeout(DEADLINE, self.task)
            .await
            .expect("the server did not stop")
            .unwrap();
        self.in_flight
    }

    async fn stream(&self) -> TokioIo<TcpStream> {
        TokioIo::new(TcpStream::connect(self.address).await.unwrap())
    }

    async fn http2<B>(&self) -> SendRequest<B>
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
    {
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), self.stream().await)
                .await
                .unwrap();
        tokio::spawn(connection);
        sender
    }
}

async fn serve<S, B>(stream: TcpStream, version: Version, service: S)
where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>,
        > + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error = std::io::Error> + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| service.clone().call(request));
    let stream = TokioIo::new(stream);
    // Connections that break are part of the tests.
    let _ = match version {
        Version::One => {
            hyper::server::conn::http1::Builder::new()
                .serve_connection(stream, service)
                .await
        }
        Version::Two => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(stream, service)
                .await
        }
    };
}

fn get(path: &str) -> Request<Empty<Bytes>> {
    let uri = format!("http://localhost{path}");
    Request::get(uri).body(Empty::new()).unwrap()
}

fn endings(ends: &[Seen]) -> Vec<(&'static str, &str, u64)> {
    ends.iter().map(Seen::ending).collect()
}

#[tokio::test]
async fn http1_needs_no_axum() {
    let recorder = Recorder::new("http_hyper.one");
    let server = Server::start(&recorder, Version::One).await;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(server.stream().await)
        .await
        .unwrap();
    tokio::spawn(connection);
    let chunks = ["ab", "cde"].map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::from(chunk))));
    let upload = Request::builder()
        .method(Method::POST)
        .uri("/echo")
        .body(StreamBody::new(stream::iter(chunks)))
        .unwrap();
    let answer = sender.send_request(upload).await.unwrap();
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes(),
        "abcde"
    );
    drop(sender);
    recorder.until_ends(1).await;
    assert_eq!(server.stop().await.count(), 0);

    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "ok", 200));
    assert_eq!((end.text("version"), end.text("method")), ("1.1", "POST"));
    assert_eq!(recorder.starts()[0].text("route"), "unmatched");
    assert_eq!(end.text("route"), "/by/hand");
    // It came in chunks, so nobody knew its length before.
    assert_eq!(end.number("request_size"), Some(5));
    assert_eq!(end.number("response_size"), Some(5));
}

#[tokio::test]
async fn http2_is_told_apart_and_many_streams_of_a_connection_end_once_each() {
    const REQUESTS: usize = 50;
    let recorder = Recorder::new("http_hyper.two");
    let server = Server::start(&recorder, Version::Two).await;
    let sender = server.http2().await;
    let mut asked = JoinSet::new();
    for at in 0..REQUESTS {
        let mut sender = sender.clone();
        asked.spawn(async move {
            let path = if at % 2 == 0 { "/text" } else { "/nothing" };
            let answer = sender.send_request(get(path)).await.unwrap();
            answer.into_body().collect().await.unwrap();
        });
    }
    asked.join_all().await;
    drop(sender);
    recorder.until_ends(REQUESTS).await;
    assert_eq!(server.stop().await.count(), 0);

    let ends = recorder.ends();
    assert_eq!((recorder.starts().len(), ends.len()), (REQUESTS, REQUESTS));
    let count = |ending| ends.iter().filter(|end| end.ending() == ending).count();
    assert_eq!(count(("stop", "ok", 200)), REQUESTS / 2);
    assert_eq!(count(("stop", "ok", 404)), REQUESTS / 2);
    assert!(ends.iter().all(|end| end.text("version") == "2"));
}

#[tokio::test]
async fn a_reset_before_the_answer_is_cancelled() {
    let recorder = Recorder::new("http_hyper.reset_early");
    let server = Server::start(&recorder, Version::Two).await;
    let mut sender = server.http2().await;
    {
        let waiting = sender.send_request(get("/wait"));
        tokio::select! {
            _ = waiting => panic!("answered"),
            () = recorder.until_starts(1) => {}
        }
    }
    // Dropping the answer to come resets its stream. The connection goes on.
    recorder.until_ends(1).await;
    let answer = sender.send_request(get("/text")).await.unwrap();
    answer.into_body().collect().await.unwrap();
    recorder.until_ends(2).await;
    drop(sender);
    assert_eq!(server.stop().await.count(), 0);
    assert_eq!(
        endings(&recorder.ends()),
        [("stop", "cancelled", 0), ("stop", "ok", 200)]
    );
    assert_eq!(recorder.starts().len(), 2);
}

#[tokio::test]
async fn a_reset_half_way_through_the_answer_is_cancelled() {
    let recorder = Recorder::new("http_hyper.reset_late");
    let server = Server::start(&recorder, Version::Two).await;
    let mut sender = server.http2().await;
    let mut answer = sender.send_request(get("/endless")).await.unwrap();
    answer.frame().await.unwrap().unwrap();
    assert!(recorder.ends().is_empty());
    assert_eq!(server.in_flight.count(), 1);
    drop(answer);
    recorder.until_ends(1).await;
    drop(sender);
    assert_eq!(server.stop().await.count(), 0);
    let end = recorder.end();
    assert_eq!(end.ending(), ("stop", "cancelled", 200));
    assert_eq!(end.number("response_size"), Some(6));
}

#[tokio::test]
async fn a_connection_that_is_gone_takes_all_its_streams_along() {
    const STREAMS: usize = 10;
    let recorder = Recorder::new("http_hyper.gone");
    let server = Server::start(&recorder, Version::Two).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = stream.into_std().unwrap();
    let cut = stream.try_clone().unwrap();
    let stream = TokioIo::new(TcpStream::from_std(stream).unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let mut asked = JoinSet::new();
    for at in 0..STREAMS {
        let mut sender = sender.clone();
        asked.spawn(async move {
            let path = if at % 2 == 0 { "/wait" } else { "/endless" };
            let answer = sender.send_request(get(path)).await;
            assert!(answer.is_err() || answer.unwrap().into_body().collect().await.is_err());
        });
    }
    recorder.until_starts(STREAMS).await;
    cut.shutdown(std::net::Shutdown::Both).unwrap();
    recorder.until_ends(STREAMS).await;
    drop(sender);
    asked.shutdown().await;
    assert_eq!(server.stop().await.count(), 0);
    let ends = recorder.ends();
    assert_eq!(ends.len(), STREAMS);
    assert!(ends.iter().all(|end| end.text("outcome") == "cancelled"));
}

#[tokio::test]
async fn broken_bodies_and_panics_of_http2_streams_end_once() {
    let recorder = Recorder::new("http_hyper.broken");
    let server = Server::start(&recorder, Version::Two).await;
    let mut sender = server.http2().await;
    // The reset may overtake the headers.
    if let Ok(answer) = sender.send_request(get("/broken")).await {
        assert!(answer.into_body().collect().await.is_err());
    }
    recorder.until_ends(1).await;
    // Nobody catches it, so what runs the stream ends.
    assert!(sender.send_request(get("/panic")).await.is_err());
    recorder.until_ends(2).await;
    drop(sender);
    assert_eq!(server.stop().await.count(), 0);
    assert_eq!(
        endings(&recorder.ends()),
        [("stop", "error", 200), ("exception", "panic", 0)]
    );
    assert_eq!(recorder.ends()[1].text("reason"), "no route");
}
