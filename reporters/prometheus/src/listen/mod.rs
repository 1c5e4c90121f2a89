//! [`Prometheus::listen`]: a small server of its own, for applications that have none.

mod address;
mod serve;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::reporter::Prometheus;
pub use address::ListenAddress;

impl Prometheus {
    /// Answers `GET /metrics` (and `HEAD`) at an address, on a thread of its own, until the listener
    /// that is returned is dropped. As [`respond`](Self::respond) otherwise.
    ///
    /// Whoever reaches the address can read all numbers and tags, unless there is a
    /// [token](crate::PrometheusBuilder::bearer_token), which travels unencrypted. A port alone is
    /// reached from this machine only.
    ///
    /// What clients can do to it is bounded: each connection is for one request, whose headers have
    /// to be there within 5 seconds and take at most 16 KiB, and it ends 30 seconds after it began. 32
    /// are served at once, each with a text of its own; others wait in the system's queue. So 32
    /// clients that do not read hold it up for 30 seconds: let in only those that you trust.
    ///
    /// # Errors
    ///
    /// [`ListenError`] if the address cannot be listened at, or the thread cannot be started.
    ///
    /// ```
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_prometheus::Prometheus;
    /// # let aggregator = Aggregator::builder().start()?;
    /// let listener = Prometheus::new(&aggregator)?.listen(0)?;
    /// println!("http://{}/metrics", listener.local_addr());
    /// # assert!(listener.local_addr().ip().is_loopback());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listen(&self, address: impl Into<ListenAddress>) -> Result<Listener, ListenError> {
        let address = address.into();
        let bound = address
            .bind()
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (local, listener) = bound.map_err(|source| ListenError::Address {
            address: address.to_string(),
            source,
        })?;
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let prometheus = self.clone();
        let thread = thread::Builder::new()
            .name("telemetry-prometheus".to_owned())
            .spawn(move || serve::run(listener, prometheus, &started, stopped))
            .map_err(ListenError::Start)?;
        // The runtime is made there, as it could not be dropped here if this thread belongs to one.
        let started = start
            .recv()
            .unwrap_or_else(|gone| Err(io::Error::other(gone)));
        started.map_err(ListenError::Start)?;
        Ok(Listener {
            address: local,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// Listens until it is dropped; made by [`Prometheus::listen`].
///
/// Dropping it waits until the scrapes that are being answered are, for a second at most.
#[derive(Debug)]
#[must_use = "a listener stops when it is dropped"]
pub struct Listener {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Where it listens; the port is known here if it was given as 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, it has stopped.
            let _ = thread.join();
        }
    }
}

/// Why there is no listener.
#[non_exhaustive]
pub enum ListenError {
    /// The address cannot be listened at.
    Address {
        /// As it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The thread cannot be started.
    Start(io::Error),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { address, source } => write!(
                f,
                "cannot listen at `{address}` ({source}): give a port, or `host:port` with an \
                 address of this machine, that nobody else listens at"
            ),
            Self::Start(source) => write!(
                f,
                "cannot start the thread that listens ({source}): raise the limits of threads and \
                 open files"
            ),
        }
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Address { source, .. } | Self::Start(source) => Some(source),
        }
    }
}
