//! Names to addresses, on threads that nobody waits for.
//!
//! The operating system's look-up blocks, for as long as the name servers are silent. A runtime waits
//! at its end for the blocking tasks that it was given; so look-ups are no tasks of it but threads of
//! their own, which may stay behind.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;

use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::oneshot;
use tower_service::Service;

/// How many look-ups of one client may be under way. More than one only if those before were given up.
const MOST: usize = 4;

/// Finds the addresses of a name; blocks. Ports are set by whoever connects.
pub(super) type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

#[derive(Clone)]
pub(super) struct Resolver {
    lookup: Arc<Lookup>,
    under_way: Arc<AtomicUsize>,
}

impl Resolver {
    pub(super) fn of_the_system() -> Resolver {
        Resolver::new(Arc::new(|name: &str| {
            (name, 0).to_socket_addrs().map(Iterator::collect)
        }))
    }

    pub(super) fn new(lookup: Arc<Lookup>) -> Resolver {
        Resolver {
            lookup,
            under_way: Arc::default(),
        }
    }

    fn start(&self, name: Name) -> io::Result<oneshot::Receiver<io::Result<Vec<SocketAddr>>>> {
        let place = Place::take(&self.under_way)?;
        let lookup = Arc::clone(&self.lookup);
        let (answer, answered) = oneshot::channel();
        thread::Builder::new()
            .name("telemetry-dns".to_owned())
            .spawn(move || {
                let _place = place;
                // Nobody may be waiting any more.
                let _ = answer.send(lookup(name.as_str()));
            })?;
        Ok(answered)
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let started = self.start(name);
        Box::pin(async move {
            let addresses = started?
                .await
                .map_err(|_| io::Error::other("the look-up ended without an answer"))??;
            Ok(addresses.into_iter())
        })
    }
}

/// One of [`MOST`] places, until it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(under_way: &Arc<AtomicUsize>) -> io::Result<Place> {
        let one_more = |taken| (taken < MOST).then_some(taken + 1);
        under_way
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more)
            .map_err(|taken| io::Error::other(format!("{taken} look-ups are without an answer")))?;
        Ok(Place(Arc::clone(under_way)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
