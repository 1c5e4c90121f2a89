//! A client, and what it calls: what the tests of outgoing calls stand on.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request as Received;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use telemetry::OwnedEvent;
use telemetry::testing::Capture;
use telemetry_http::{Calls, ClientBody, ClientService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::{Service, ServiceExt};

/// Every wait of the tests ends here at the latest, with a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) type Hyper = ClientService<Client<HttpConnector, Empty<Bytes>>>;

/// Settings that know this machine and hyper.
pub(crate) fn calls(prefix: &str) -> Calls {
    let calls = Calls::new(prefix).unwrap().allow(["127.0.0.1"]).unwrap();
    calls.explain::<Error>().explain::<hyper::Error>()
}

pub(crate) fn hyper_client(calls: &Calls) -> Hyper {
    let client = Client::builder(TokioExecutor::new()).build_http();
    calls.service(client)
}

pub(crate) fn request(method: &str, url: &str) -> Request<Empty<Bytes>> {
    let request = Request::builder().method(method).uri(url);
    request.body(Empty::new()).unwrap()
}

/// Sends a request and reads the whole answer.
pub(crate) async fn ask<S, E>(client: &mut S, request: Request<Empty<Bytes>>) -> (u16, Bytes)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<ClientBody<Incoming>>, Error = E>,
    E: std::fmt::Debug,
{
    let response = client.ready().await.unwrap().call(request).await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        response.into_body().collect().await.unwrap().to_bytes(),
    )
}

/// The one end that there is of the calls of this prefix, which began once.
#[track_caller]
pub(crate) fn end(captured: &Capture, prefix: &str) -> OwnedEvent {
    let all = captured.events();
    assert_eq!(captured.named(&format!("{prefix}.start")).len(), 1);
    let start = format!("{prefix}.start");
    let mut ends = all.into_iter().filter(|event| event.name() != start);
    let end = ends.next().expect("the call has not ended");
    assert!(ends.next().is_none(), "it has ended twice");
    end
}

/// The outcome, the reason and the status of an end; a missing text is empty, a missing status 0.
pub(crate) fn ending(end: &OwnedEvent) -> (String, String, u64) {
    let text = |key| {
        end.metadata(key)
            .map(|value| value.to_string())
            .unwrap_or_default()
    };
    let status = end.metadata("status").and_then(telemetry::Value::as_u64);
    (text("outcome"), text("reason"), status.unwrap_or(0))
}

/// As [`ending`], to be compared to.
pub(crate) fn ended(outcome: &str, reason: &str, status: u64) -> (String, String, u64) {
    (outcome.to_owned(), reason.to_owned(), status)
}

/// A server on a port of its own, which remembers the headers of the requests.
pub(crate) struct Upstream {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
    task: JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start(app: Router) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let app = app.layer(from_fn({
            let seen = Arc::clone(&seen);
            move |request: Received, next: Next| {
                seen.lock().unwrap().push(request.headers().clone());
                async move { next.run(request).await }
            }
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async {
            axum::serve(listener, app).into_future().await.unwrap();
        });
        Self { url, seen, task }
    }

    /// A server that reads the head of each request, and answers with these bytes, after which it
    /// closes the connection.
    pub(crate) async fn raw(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                read_head(&mut connection).await;
                connection.write_all(answer.as_bytes()).await.unwrap();
                connection.shutdown().await.unwrap();
            }
        });
        Self {
            url,
            seen: Arc::default(),
            task,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// One header of all requests so far.
    pub(crate) fn seen(&self, header: &str) -> Vec<Option<String>> {
        let text = |headers: &HeaderMap| Some(headers.get(header)?.to_str().unwrap().to_owned());
        self.seen.lock().unwrap().iter().map(text).collect()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_head(connection: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(connection.read_buf(&mut head).await.unwrap(), 0);
    }
}
