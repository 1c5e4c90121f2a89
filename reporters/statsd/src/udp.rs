//! [`UdpPeer`]: the daemon's address, and a UDP socket connected to it.
//!
//! The socket is connected because the system reports a refusal (an ICMP message that nobody
//! listens on the port) only to a connected one. It never blocks.
//!
//! A host's name is looked up at each flush while the daemon cannot be reached, and again from time
//! to time. A flush waits for the answer only as long as no address is known at all; a lookup that
//! fails later is told, and the addresses at hand stay. `localhost` is often `::1` first, where a
//! daemon that listens on `127.0.0.1` is not: so where a refusal is known at once, the next address
//! is tried with the same datagram.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::backlog;
use crate::lookup::Lookup;
use crate::wire::{Refusals, Trouble, Wire};

/// How long to sleep where there is nothing to wait for but time.
const NAP: Duration = Duration::from_millis(1);

/// `ENOBUFS`: the network device's queue is full.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_BUFFERS: i32 = 105;
#[cfg(windows)]
const NO_BUFFERS: i32 = 10_055;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
const NO_BUFFERS: i32 = 55;

/// Where to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// Nothing to look up.
    Literal(SocketAddr),
    /// A host's name, and how often to look it up while all is well.
    Name {
        host: String,
        port: u16,
        again: Duration,
    },
}

pub(crate) struct UdpPeer {
    host: Host,
    lookup: Lookup,
    looked_up: Instant,
    addresses: Vec<SocketAddr>,
    /// Which of them is used.
    at: usize,
    socket: Option<UdpSocket>,
    /// The socket had an error of its own, so the next flush gets another.
    renew: bool,
}

impl UdpPeer {
    pub(crate) fn new(host: Host, lookup: Lookup) -> Self {
        let addresses = match &host {
            Host::Literal(address) => vec![*address],
            Host::Name { .. } => Vec::new(),
        };
        Self {
            host,
            lookup,
            looked_up: Instant::now(),
            addresses,
            at: 0,
            socket: None,
            renew: false,
        }
    }

    /// Takes the answer of the lookup, waiting until `deadline`; starts one if none is running.
    fn look_up(&mut self, deadline: Instant) -> Result<(), String> {
        let Host::Name { host, port, .. } = &self.host else {
            return Ok(());
        };
        let lost = |why: String| format!("cannot look up {host}: {why}");
        self.lookup
            .start(host, *port)
            .map_err(|error| lost(error.to_string()))?;
        let Some(answer) = self.lookup.answer(deadline) else {
            return if self.addresses.is_empty() {
                Err(lost("no answer in time".into()))
            } else {
                Ok(())
            };
        };
        self.looked_up = Instant::now();
        let addresses = answer.map_err(|error| lost(error.to_string()))?;
        let current = self.addresses.get(self.at);
        match current.and_then(|current| addresses.iter().position(|one| one == current)) {
            Some(at) => (self.addresses, self.at) = (addresses, at),
            None => (self.addresses, self.at, self.socket) = (addresses, 0, None),
        }
        Ok(())
    }

    /// As it was given.
    fn given(&self) -> String {
        match &self.host {
            Host::Literal(address) => address.to_string(),
            Host::Name { host, port, .. } => format!("{host}:{port}"),
        }
    }

    /// Connects to the first address, beginning at the current one, that lets itself be connected
    /// to. This sends nothing; it fails where there is no route.
    fn open(&mut self) -> Result<(), Trouble> {
        let mut first_error = None;
        for turn in 0..self.addresses.len() {
            let at = (self.at + turn) % self.addresses.len();
            match connect(self.addresses[at]) {
                Ok(socket) => {
                    (self.socket, self.at) = (Some(socket), at);
                    return Ok(());
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        let why = first_error
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        Err(Trouble::Stop(format!("cannot reach {}{why}", self.given())))
    }

    fn send_once(&mut self, datagram: &[u8], deadline: Instant) -> Result<(), Trouble> {
        loop {
            let Some(socket) = &self.socket else {
                return Err(Trouble::Stop(format!("{} is not connected", self.given())));
            };
            let Err(error) = socket.send(datagram) else {
                return Ok(());
            };
            let full = error.raw_os_error() == Some(NO_BUFFERS);
            match error.kind() {
                ErrorKind::Interrupted => {}
                _ if full || error.kind() == ErrorKind::WouldBlock => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(Trouble::Stop(format!("no time left: {error}")));
                    }
                    std::thread::sleep(NAP.min(left));
                }
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => {
                    return Err(Trouble::Refused(error));
                }
                _ => {
                    self.renew = true;
                    return Err(Trouble::of(error));
                }
            }
        }
    }
}

fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = if address.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
    } else {
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?
    };
    socket.connect(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

impl Wire for UdpPeer {
    /// Follows the name if it has moved. The answer is there at the next flush, most likely.
    fn begin(&mut self) -> Option<String> {
        if std::mem::take(&mut self.renew) {
            self.socket = None;
        }
        let Host::Name { again, .. } = &self.host else {
            return None;
        };
        if self.addresses.is_empty() || self.socket.is_some() && self.looked_up.elapsed() < *again {
            return None;
        }
        let failed = self.look_up(Instant::now()).err()?;
        let name = self.name();
        Some(format!("{failed}; what was known of it is used: {name}"))
    }

    fn send(&mut self, datagram: &[u8], deadline: Instant) -> Result<(), Trouble> {
        if self.socket.is_none() {
            if self.addresses.is_empty() {
                self.look_up(deadline).map_err(Trouble::Stop)?;
            }
            self.open()?;
        }
        let mut others = self.addresses.len().saturating_sub(1);
        loop {
            self.send_once(datagram, deadline)?;
            if others == 0 || self.refusals() != Refusals::OfTheLast || self.refusal().is_none() {
                return Ok(());
            }
            others -= 1;
            self.turn();
            self.open()?;
        }
    }

    fn refusal(&mut self) -> Option<io::Error> {
        match self.socket.as_ref()?.take_error() {
            Ok(error) => error,
            Err(error) => Some(error),
        }
    }

    fn refusals(&self) -> Refusals {
        match self.addresses.get(self.at) {
            Some(address) if address.ip().is_loopback() => Refusals::OfTheLast,
            _ => Refusals::OfAny,
        }
    }

    fn has_room(&mut self) -> bool {
        match self.addresses.get(self.at) {
            Some(address) if address.ip().is_loopback() => backlog::has_room(*address),
            _ => true,
        }
    }

    fn turn(&mut self) {
        self.socket = None;
        self.at = (self.at + 1) % self.addresses.len().max(1);
    }

    fn name(&self) -> String {
        match (&self.host, self.addresses.get(self.at)) {
            (Host::Name { .. }, Some(address)) => format!("{} ({address})", self.given()),
            _ => self.given(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn listener() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    fn named(
        again: Duration,
        resolve: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> UdpPeer {
        let host = Host::Name {
            host: "statsd.test".into(),
            port: 8125,
            again,
        };
        UdpPeer::new(host, Lookup::new(resolve))
    }

    fn received(socket: &UdpSocket) -> Vec<u8> {
        let mut buffer = [0; 100];
        let length = socket.recv(&mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    #[test]
    fn where_one_address_refuses_the_next_gets_the_datagram() {
        let (dead, refusing) = listener();
        drop(dead);
        let (alive, accepting) = listener();
        let mut peer = named(LONG, move |_, _| Ok(vec![refusing, accepting]));
        peer.send(b"a:1|c", soon()).unwrap();
        assert_eq!(received(&alive), b"a:1|c");
        assert!(peer.refusal().is_none());
    }

    #[test]
    fn a_name_that_is_not_known_yet_is_asked_for_at_each_flush() {
        let (alive, address) = listener();
        let known = Arc::new(Mutex::new(false));
        let now = known.clone();
        let mut peer = named(LONG, move |host, port| {
            assert_eq!((host, port), ("statsd.test", 8125));
            if *now.lock().unwrap() {
                Ok(vec![address])
            } else {
                Err(io::Error::other("unknown"))
            }
        });
        for _ in 0..2 {
            peer.begin();
            let Err(Trouble::Stop(why)) = peer.send(b"x", soon()) else {
                panic!("it is unknown")
            };
            assert_eq!(why, "cannot look up statsd.test: unknown");
        }
        *known.lock().unwrap() = true;
        peer.begin();
        peer.send(b"x", soon()).unwrap();
        assert_eq!(received(&alive), b"x");
    }

    #[test]
    fn a_name_that_moved_is_followed_and_one_that_is_lost_is_kept() {
        let (one, first) = listener();
        let (two, second) = listener();
        let answer = Arc::new(Mutex::new(Some(first)));
        let now = answer.clone();
        let mut peer = named(Duration::ZERO, move |_, _| {
            now.lock()
                .unwrap()
                .map(|address| vec![address])
                .ok_or(io::Error::other("lost"))
        });
        peer.send(b"1", soon()).unwrap();
        assert_eq!(received(&one), b"1");
        let settle = |peer: &mut UdpPeer, to: SocketAddr| {
            let deadline = soon();
            loop {
                peer.begin();
                peer.send(b"2", deadline).unwrap();
                // Twice: an answer may be from before the change.
                if peer.addresses[peer.at] == to {
                    return;
                }
                assert!(Instant::now() < deadline, "it is not followed");
                std::thread::yield_now();
            }
        };
        *answer.lock().unwrap() = Some(second);
        settle(&mut peer, second);
        assert_eq!(received(&two), b"2");
        *answer.lock().unwrap() = None;
        let deadline = soon();
        let told = loop {
            let told = peer.begin();
            peer.send(b"3", soon()).unwrap();
            if let Some(told) = told {
                break told;
            }
            assert!(Instant::now() < deadline, "the failure is not told");
            std::thread::yield_now();
        };
        let why = "cannot look up statsd.test: lost; what was known of it is used: ";
        assert_eq!(told, format!("{why}statsd.test:8125 ({second})"));
        assert_eq!(peer.addresses, [second]);
    }

    #[test]
    fn a_resolver_that_hangs_keeps_nobody_who_knows_an_address() {
        let (alive, address) = listener();
        let hangs = Arc::new(Mutex::new(false));
        let now = hangs.clone();
        let mut peer = named(Duration::ZERO, move |_, _| {
            while *now.lock().unwrap() {
                std::thread::sleep(NAP);
            }
            Ok(vec![address])
        });
        peer.send(b"1", soon()).unwrap();
        *hangs.lock().unwrap() = true;
        for _ in 0..3 {
            peer.turn();
            peer.begin();
            peer.send(b"2", Instant::now()).unwrap();
        }
        assert_eq!(received(&alive), b"1");
        assert_eq!(received(&alive), b"2");
        *hangs.lock().unwrap() = false;
    }

    #[test]
    fn a_datagram_that_the_system_refuses_to_send_is_a_failure_of_its_own() {
        let (_alive, address) = listener();
        let mut peer = UdpPeer::new(Host::Literal(address), Lookup::of_the_system());
        peer.send(b"x", soon()).unwrap();
        let too_large = vec![b'x'; 70_000];
        assert!(matches!(
            peer.send(&too_large, soon()),
            Err(Trouble::TooLarge(_))
        ));
        peer.send(b"x", soon()).unwrap();
        peer.begin();
        assert!(peer.socket.is_none(), "the next flush gets another socket");
    }
}
