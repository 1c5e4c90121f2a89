//! Recorded events, and a server with a raw client: what the tests stand on.

use std::collections::BTreeMap;
use std::future::{IntoFuture, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use telemetry::{AttachGuard, Number, SpanContext};
use telemetry_http::TelemetryLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// Every wait of the tests ends here at the latest, with a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An owned copy of an event.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The last segment of its name.
    pub(crate) event: &'static str,
    pub(crate) measurements: BTreeMap<&'static str, Number>,
    pub(crate) metadata: BTreeMap<&'static str, String>,
    pub(crate) status: Option<u64>,
    /// The span's own ids, and those of the span above it.
    pub(crate) context: SpanContext,
    pub(crate) parent: Option<SpanContext>,
}

impl Seen {
    /// The metadata called `key`, empty if it is absent.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.metadata.get(key).map_or("", String::as_str)
    }

    pub(crate) fn time(&self, key: &str) -> Option<Duration> {
        self.measurements
            .get(key)
            .and_then(|number| number.as_duration())
    }

    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        let number = self.measurements.get(key)?.as_f64()?;
        Some(number as u64)
    }

    /// What most tests ask for: event, outcome and status (0 if it is absent).
    pub(crate) fn ending(&self) -> (&'static str, &str, u64) {
        (self.event, self.text("outcome"), self.status.unwrap_or(0))
    }
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    more: Notify,
}

/// Records the events below one prefix.
pub(crate) struct Recorder {
    prefix: &'static str,
    log: Arc<Log>,
    _attached: AttachGuard,
}

impl Recorder {
    pub(crate) fn new(prefix: &'static str) -> Self {
        let log = Arc::new(Log::default());
        let events = ["start", "stop", "exception"].map(|event| format!("{prefix}.{event}"));
        let attached = telemetry::attach_many(prefix, events, {
            let log = Arc::clone(&log);
            move |event| {
                log.seen.lock().unwrap().push(Seen {
                    event: event.name().rsplit('.').next().unwrap(),
                    measurements: event.measurements().collect(),
                    metadata: event
                        .all_metadata()
                        .map(|(k, v)| (k, v.to_string()))
                        .collect(),
                    status: event.metadata("status").and_then(telemetry::Value::as_u64),
                    context: event.span().unwrap().context(),
                    parent: event.span().unwrap().parent(),
                });
                log.more.notify_waiters();
            }
        })
        .unwrap();
        Self {
            prefix,
            log,
            _attached: attached.guard(),
        }
    }

    pub(crate) fn layer(&self) -> TelemetryLayer {
        TelemetryLayer::new(self.prefix).unwrap()
    }

    pub(crate) fn starts(&self) -> Vec<Seen> {
        self.select(|event| event == "start")
    }

    pub(crate) fn ends(&self) -> Vec<Seen> {
        self.select(|event| event != "start")
    }

    /// The one end that there is.
    #[track_caller]
    pub(crate) fn end(&self) -> Seen {
        let ends = self.ends();
        assert_eq!(ends.len(), 1, "{ends:#?}");
        assert_eq!(self.starts().len(), 1);
        ends.into_iter().next().unwrap()
    }

    fn select(&self, wanted: impl Fn(&str) -> bool) -> Vec<Seen> {
        self.log
            .seen
            .lock()
            .unwrap()
            .iter()
            .filter(|seen| wanted(seen.event))
            .cloned()
            .collect()
    }

    /// Waits until so many requests have begun.
    pub(crate) async fn until_starts(&self, count: usize) {
        self.until(|| self.starts().len() >= count).await;
    }

    /// Waits until so many requests have ended.
    pub(crate) async fn until_ends(&self, count: usize) {
        self.until(|| self.ends().len() >= count).await;
    }

    async fn until(&self, condition: impl Fn() -> bool) {
        let wait = async {
            loop {
                let mut more = std::pin::pin!(self.log.more.notified());
                // Before the condition is looked at, so that no event falls between.
                more.as_mut().enable();
                if condition() {
                    return;
                }
                more.await;
            }
        };
        if tokio::time::timeout(DEADLINE, wait).await.is_err() {
            panic!(
                "the events did not come; there are {:#?}",
                self.select(|_| true)
            );
        }
    }
}

/// The route of what matched this template: only with axum is it known.
pub(crate) fn route(template: &'static str) -> &'static str {
    if cfg!(feature = "axum") {
        template
    } else {
        telemetry_http::UNMATCHED_ROUTE
    }
}

pub(crate) fn request(method: &str, uri: &str) -> Request {
    Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::empty())
        .unwrap()
}

/// Sends a request through the router and reads the whole answer.
pub(crate) async fn ask(app: &Router, method: &str, uri: &str) -> (u16, Bytes) {
    let response = app.clone().oneshot(request(method, uri)).await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        response.into_body().collect().await.unwrap().to_bytes(),
    )
}

/// Polls once, with nobody to wake.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(std::task::Waker::noop()))
}

/// A body that yields the chunks, and then never ends.
pub(crate) fn endless(chunks: &[&'static str]) -> Body {
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| Ok::<_, std::io::Error>(*chunk))
        .collect();
    Body::from_stream(stream::iter(chunks).chain(never()))
}

fn never<T>() -> impl Stream<Item = T> {
    stream::once(pending())
}

/// `axum::serve` on a port of its own.
pub(crate) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, app).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Self {
            address,
            stop,
            task: tokio::spawn(serve.into_future()),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
            read: Vec::new(),
        }
    }

    /// Waits until all its connections are closed, so that no event can come afterwards.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        tokio::time::timeout(DEADLINE, self.task)
            .await
            .expect("the server did not stop")
            .unwrap()
            .unwrap();
    }
}

/// A client that speaks bytes.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) async fn send(&mut self, method: &str, path: &str) {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// Reads until `text` has come, and returns everything up to its end.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        let wait = async {
            loop {
                let found = self
                    .read
                    .windows(text.len())
                    .position(|at| at == text.as_bytes());
                if let Some(at) = found {
                    let upto = self.read.drain(..at + text.len()).collect();
                    return String::from_utf8(upto).unwrap();
                }
                let count = self.stream.read_buf(&mut self.read).await.unwrap();
                assert_ne!(count, 0, "closed before {text:?}, after {:?}", self.text());
            }
        };
        tokio::time::timeout(DEADLINE, wait)
            .await
            .expect("the text did not come")
    }

    /// Reads until the server closes the connection; returns how many bytes there were.
    pub(crate) async fn read_to_end(&mut self) -> usize {
        let mut count = self.read.len();
        let wait = async {
            let mut chunk = vec![0; 1 << 16];
            loop {
                // A reset ends the connection, too.
                match self.stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => return count,
                    Ok(more) => count += more,
                }
            }
        };
        tokio::time::timeout(DEADLINE, wait)
            .await
            .expect("the connection was not closed")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
