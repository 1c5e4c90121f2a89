//! `--load`: virtual visitors that click through the site, so that there is something to see.
//!
//! - They call this application only, at the address that it listens on, and never another host.
//! - They are bounded: so many at a time, each with pauses, and no more than [`RATE`] requests a
//!   second together.
//! - Their requests have a user agent of their own ([`USER_AGENT`]).
//! - Each of their requests is an event `demo.load.request`, which says what a visitor has seen of
//!   it, in the words of the endpoint's own event: method, route, status, outcome. A request that
//!   came to nothing is `failed`.

mod account;
mod browser;
mod cancel;
mod clicks;
mod forms;
mod jobs;
mod pace;
mod visits;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use browser::Browser;
use pace::Pace;

/// Requests a second, of all visitors together, at most.
pub(crate) const RATE: u32 = 50;

/// How many visitors there are unless told otherwise.
pub(crate) const VISITORS: &str = "5";

/// What the visitors call themselves.
pub(crate) const USER_AGENT: &str = concat!("demo-load/", env!("CARGO_PKG_VERSION"));

/// The visitors. Dropping this ends them at once.
#[derive(Debug)]
pub(crate) struct Load {
    visitors: JoinSet<()>,
    pace: Pace,
}

impl Load {
    /// Sends so many visitors to the application that listens there.
    pub(crate) fn start(listening: SocketAddr, visitors: u32) -> Self {
        let address = reachable(listening);
        let pace = Pace::new(RATE);
        let mut tasks = JoinSet::new();
        for _ in 0..visitors {
            let browser = Browser::new(address, pace.clone());
            tasks.spawn(visits::walk(browser));
        }
        Self {
            visitors: tasks,
            pace,
        }
    }

    /// Lets the visitors finish their requests and go. Returns whether all have, in time; the
    /// others are ended.
    pub(crate) async fn stop(mut self, patience: Duration) -> bool {
        self.pace.stop();
        let gone = async { while self.visitors.join_next().await.is_some() {} };
        timeout(patience, gone).await.is_ok()
    }
}

/// Whoever listens on all addresses is called on that of the loopback.
pub(crate) fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_stay_on_this_machine() {
        for (listening, called) in [
            ("0.0.0.0:4000", "127.0.0.1:4000"),
            ("[::]:4000", "[::1]:4000"),
            ("127.0.0.1:4000", "127.0.0.1:4000"),
            // One of its own addresses: that does not leave it, either.
            ("192.0.2.7:4000", "192.0.2.7:4000"),
        ] {
            let listening: SocketAddr = listening.parse().unwrap();
            assert_eq!(reachable(listening).to_string(), called);
        }
    }
}
