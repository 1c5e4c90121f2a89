//! A receiver that does as it is told, and keeps what it got.

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::oneshot;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// It is taken.
    Take,
    /// All of it is taken but so many spans.
    TakeBut(i64),
    /// It is taken, and answered in a way that nobody understands.
    TakeAndBabble,
    /// This answer instead, at once.
    Answer(u16),
    /// It is taken, in its own time.
    TakeLate(Duration),
    /// No answer, ever.
    Hang,
    /// No answer: the connection ends.
    Close,
}

type Script = Box<dyn Fn(usize) -> Act + Send + Sync>;

/// What was taken.
#[derive(Default)]
pub(crate) struct Taken {
    /// How many requests came, also of those that were not taken.
    pub(crate) requests: usize,
    pub(crate) traces: Vec<ExportTraceServiceRequest>,
    pub(crate) metrics: Vec<ExportMetricsServiceRequest>,
    /// Of the request that was taken last.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

impl Taken {
    pub(crate) fn spans(&self) -> Vec<&Span> {
        let resources = self.traces.iter().flat_map(|one| &one.resource_spans);
        let scopes = resources.flat_map(|one| &one.scope_spans);
        scopes.flat_map(|one| &one.spans).collect()
    }

    /// Spans, each counted once.
    pub(crate) fn different(&self) -> usize {
        let spans = self.spans().into_iter();
        let ids: HashSet<&[u8]> = spans.map(|span| span.span_id.as_slice()).collect();
        ids.len()
    }
}

struct Shared {
    script: Script,
    taken: Mutex<Taken>,
}

impl Shared {
    fn taken<R>(&self, look: impl FnOnce(&mut Taken) -> R) -> R {
        look(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where nobody listens.
pub(crate) fn nobody() -> String {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    // Bound for ever, so that nobody else gets the port; but it does not listen.
    std::mem::forget(socket);
    format!("http://{address}")
}

impl Receiver {
    /// What it does with the first request, the second, and so on.
    pub(crate) fn that(script: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), Box::new(script))
    }

    pub(crate) fn new() -> Self {
        Self::that(|_| Act::Take)
    }

    pub(crate) fn at(address: SocketAddr, script: Script) -> Self {
        let shared = Arc::new(Shared {
            script,
            taken: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let used = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                // Also where another one has just gone away.
                let listener = tokio::net::TcpListener::bind(address).await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, used) => {}
                }
            });
            // All its connections end here.
        });
        Self {
            address: is_ready.recv().unwrap(),
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn taken<R>(&self, look: impl FnOnce(&Taken) -> R) -> R {
        self.shared.taken(|taken| look(taken))
    }

    /// How many different spans it has taken.
    pub(crate) fn different(&self) -> usize {
        self.taken(Taken::different)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, shared.clone()));
            // A peer that goes away is not our business.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

type Answered = Result<Response<Full<Bytes>>, std::io::Error>;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Answered {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let number = shared.taken(|taken| {
        taken.requests += 1;
        taken.requests - 1
    });
    let act = (shared.script)(number);
    if let Act::Take | Act::TakeLate(_) | Act::TakeBut(_) | Act::TakeAndBabble = act {
        let body = unpacked(&head.headers, body);
        shared.taken(|taken| {
            match head.uri.path().ends_with("/v1/metrics") {
                true => taken.metrics.push(Message::decode(body).unwrap()),
                false => taken.traces.push(Message::decode(body).unwrap()),
            }
            taken.path = head.uri.path().to_owned();
            taken.headers = head.headers;
        });
    }
    let reply = |status: u16, body: Vec<u8>| {
        let reply = Response::builder().status(status);
        Ok(reply.body(Full::from(body)).unwrap())
    };
    match act {
        Act::Take => reply(200, Vec::new()),
        Act::TakeLate(after) => {
            tokio::time::sleep(after).await;
            reply(200, Vec::new())
        }
        Act::TakeBut(rejected) => {
            let partial_success = Some(ExportTracePartialSuccess {
                rejected_spans: rejected,
                error_message: "too many".into(),
            });
            let message = ExportTraceServiceResponse { partial_success };
            reply(200, message.encode_to_vec())
        }
        Act::TakeAndBabble => reply(200, b"<html>\xff".to_vec()),
        Act::Answer(status) => reply(status, Vec::new()),
        Act::Hang => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
        Act::Close => Err(std::io::Error::other("as it was told")),
    }
}

#[cfg(feature = "gzip")]
fn unpacked(headers: &HeaderMap, body: Bytes) -> Bytes {
    use std::io::Read;
    if headers
        .get("content-encoding")
        .is_none_or(|how| how != "gzip")
    {
        return body;
    }
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&body[..]);
    decoder.read_to_end(&mut unpacked).unwrap();
    unpacked.into()
}

#[cfg(not(feature = "gzip"))]
fn unpacked(_: &HeaderMap, body: Bytes) -> Bytes {
    body
}
