//! The server's end of connections.
//!
//! It does what `axum::serve` does, with the peer's address, and two things more: the head of a request has to come in time, so
//! that nobody can hold connections (and the end of the application) by sending half of one; and
//! when this future is dropped, so are the connections.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tower_service::Service;

/// How long the head of a request may take, and how long a connection is kept that sends none.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait when no connection can be taken: mostly there are too many open files.
const BREATH: Duration = Duration::from_millis(100);

/// A server. Dropping it ends it at once.
#[derive(Debug)]
pub(crate) struct Serving {
    drain: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Serving {
    /// From now on requests are answered.
    pub(crate) fn start(listener: TcpListener, app: Router) -> Self {
        let (drain, drained) = oneshot::channel();
        Self {
            drain: Some(drain),
            task: tokio::spawn(serve(listener, app, async {
                // Also when the sender is gone: then nobody is there to serve for.
                let _ = drained.await;
            })),
        }
    }

    /// Takes no more requests, and lets the running ones finish. `false` if they have not in time.
    pub(crate) async fn drain(&mut self, within: Duration) -> bool {
        if let Some(drain) = self.drain.take() {
            let _ = drain.send(());
        }
        timeout(within, &mut self.task).await.is_ok()
    }

    /// Ends at once what is still open, and waits until it has ended.
    pub(crate) async fn end(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves until `drain` is ready, and then until the requests that run are answered.
async fn serve(listener: TcpListener, app: Router, drain: impl Future<Output = ()>) {
    let (end, _) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut drain = pin!(drain);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut drain => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, app.clone(), end.subscribe()));
            }
            Err(error) if is_of_one_connection(error.kind()) => {}
            Err(_) => sleep(BREATH).await,
        }
    }
    drop(listener);
    let _ = end.send(());
    while connections.join_next().await.is_some() {}
}

/// Serves one connection: until its end, or, once all is to end, until what was asked is answered.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    mut end: watch::Receiver<()>,
) {
    // The dashboard wants to know who asks.
    let app = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), app)
        .with_upgrades();
    let mut connection = pin!(connection);
    // What goes wrong with a connection is its peer's matter.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = end.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Whether the next connection may be better.
fn is_of_one_connection(error: ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}
