//! The server: bounded in connections, in time and in bytes.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use crate::reporter::Prometheus;
use crate::respond::plain;

/// So many connections at once.
const MAX_CONNECTIONS: usize = 32;

/// So long until the last line of the headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// So long until the last byte of the answer was taken.
const DONE_WITHIN: Duration = Duration::from_secs(30);

/// So many bytes of headers.
const MAX_HEADERS: usize = 16 * 1_024;

/// So long for answers under way when the listener is dropped.
const GRACE: Duration = Duration::from_secs(1);

/// So long after a connection that could not be accepted. The reason (no more files, mostly) does not
/// go away by asking again at once.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The thread: says whether it has started, and serves until the other end of `stopped` is gone.
pub(super) fn run(
    listener: StdListener,
    prometheus: Prometheus,
    started: &mpsc::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let ready = runtime.and_then(|runtime| {
        listener.set_nonblocking(true)?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        Ok((runtime, listener))
    });
    // Whoever started this waits for it.
    let _ = match ready {
        Ok((runtime, listener)) => {
            let told = started.send(Ok(()));
            runtime.block_on(serve(listener, prometheus, stopped));
            told
        }
        Err(error) => started.send(Err(error)),
    };
}

async fn serve(listener: TcpListener, prometheus: Prometheus, stopped: oneshot::Receiver<()>) {
    // One permit per request that is being answered.
    let busy = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let acceptor = tokio::spawn(accept(listener, prometheus, busy.clone()));
    // Nothing is ever sent, so this is when it is dropped.
    let _ = stopped.await;
    acceptor.abort();
    let _ = timeout(GRACE, busy.acquire_many(MAX_CONNECTIONS as u32)).await;
    // Whatever else there is goes with the runtime.
}

async fn accept(listener: TcpListener, prometheus: Prometheus, busy: Arc<Semaphore>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Never closed, so it always is a slot that comes.
    while let Ok(slot) = slots.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = connection(stream, prometheus.clone(), busy.clone(), slot);
                tokio::spawn(connection);
            }
            Err(_) => {
                prometheus.failed();
                sleep(BACK_OFF).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    prometheus: Prometheus,
    busy: Arc<Semaphore>,
    slot: OwnedSemaphorePermit,
) {
    // Held from the request until the connection is done with, for the listener to wait for.
    let answering = Mutex::new(None);
    let service = service_fn(|request: Request<Incoming>| {
        let permit = busy.clone().try_acquire_owned().ok();
        *answering.lock().unwrap_or_else(PoisonError::into_inner) = permit;
        let response = answer(&prometheus, &request);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Who hangs up, sends nonsense or takes too long gets nothing more.
    let _ = timeout(DONE_WITHIN, connection).await;
    drop(slot);
}

fn answer(prometheus: &Prometheus, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let response = if request.uri().path() == "/metrics" {
        prometheus.respond(request.method(), request.headers())
    } else {
        plain(StatusCode::NOT_FOUND, "The metrics are at /metrics.\n")
    };
    response.map(|body| Full::new(Bytes::from(body)))
}
