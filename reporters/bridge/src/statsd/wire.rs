//! [`Peer`]: the daemon's address, and a UDP socket connected to it.
//!
//! The socket is connected because the system reports a refusal (nobody listens on the port) only
//! to a connected one.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

/// How often a name is looked up again while all is well.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(60);

/// How long one datagram may wait for room in the socket's buffer.
const SEND: Duration = Duration::from_millis(200);

/// Something to send datagrams with.
pub(super) trait Wire: Send + 'static {
    /// Called before each flush; an error is why nothing can be sent.
    fn begin(&mut self) -> Result<(), String>;

    fn send(&mut self, datagram: &[u8]) -> io::Result<()>;

    /// The pending refusal, which is gone afterwards.
    fn refusal(&mut self) -> Option<io::Error>;

    /// Whether a refusal is pending as soon as `send` returns.
    fn refuses_at_once(&self) -> bool;

    /// Gives up the current connection, for another address if there is one.
    fn turn(&mut self);

    /// Where it leads, for messages.
    fn name(&self) -> &str;
}

pub(super) struct Peer {
    address: String,
    found: Vec<SocketAddr>,
    at: usize,
    looked_up: Instant,
    socket: Option<UdpSocket>,
}

impl Peer {
    pub(super) fn new(address: String) -> Self {
        Self {
            address,
            found: Vec::new(),
            at: 0,
            looked_up: Instant::now(),
            socket: None,
        }
    }

    fn look_up(&mut self) -> Result<(), String> {
        let found: io::Result<Vec<SocketAddr>> =
            self.address.to_socket_addrs().map(Iterator::collect);
        self.looked_up = Instant::now();
        match found {
            Ok(found) if !found.is_empty() => {
                let current = self.found.get(self.at);
                let same = current.and_then(|at| found.iter().position(|one| one == at));
                match same {
                    Some(same) => self.at = same,
                    None => (self.at, self.socket) = (0, None),
                }
                self.found = found;
                Ok(())
            }
            // The address at hand was good so far.
            _ if self.socket.is_some() => Ok(()),
            Ok(_) => Err(format!("{} has no address", self.address)),
            Err(error) => Err(format!("cannot look up {}: {error}", self.address)),
        }
    }

    /// Connects to the first address, beginning at the current one, that lets itself be connected
    /// to. This sends nothing; it fails where there is no route.
    fn open(&mut self) -> io::Result<()> {
        let mut why = io::Error::from(io::ErrorKind::NotConnected);
        for turn in 0..self.found.len() {
            let at = self.at.wrapping_add(turn) % self.found.len();
            match connect(self.found[at]) {
                Ok(socket) => {
                    (self.socket, self.at) = (Some(socket), at);
                    return Ok(());
                }
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    fn send_once(&self, datagram: &[u8]) -> io::Result<()> {
        let Some(socket) = &self.socket else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        loop {
            match socket.send(datagram) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Wire for Peer {
    fn begin(&mut self) -> Result<(), String> {
        if self.socket.is_none() || self.looked_up.elapsed() >= LOOK_UP_AGAIN {
            let refused_at = self.at;
            self.look_up()?;
            if self.socket.is_none() {
                // `turn` has moved on from the address that refused.
                self.at = refused_at % self.found.len();
            }
        }
        if self.socket.is_some() {
            return Ok(());
        }
        self.open()
            .map_err(|why| format!("cannot reach {}: {why}", self.address))
    }

    /// `localhost` is often `::1` first, where a daemon that listens on `127.0.0.1` is not: so where a
    /// refusal is known at once, the next address gets the same datagram.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let mut others = self.found.len().saturating_sub(1);
        loop {
            self.send_once(datagram)?;
            if others == 0 || !self.refuses_at_once() || self.refusal().is_none() {
                return Ok(());
            }
            others -= 1;
            self.turn();
            self.open()?;
        }
    }

    fn refusal(&mut self) -> Option<io::Error> {
        self.socket.as_ref()?.take_error().ok().flatten()
    }

    fn refuses_at_once(&self) -> bool {
        self.found
            .get(self.at)
            .is_some_and(|address| address.ip().is_loopback())
    }

    fn turn(&mut self) {
        self.socket = None;
        self.at = self.at.wrapping_add(1);
    }

    fn name(&self) -> &str {
        &self.address
    }
}

fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = if address.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
    } else {
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?
    };
    socket.connect(address)?;
    socket.set_write_timeout(Some(SEND))?;
    Ok(socket)
}

/// What is wrong with an address of the form `host:port`, if anything is.
pub(super) fn check(address: &str) -> Result<(), &'static str> {
    let Some((host, port)) = address.rsplit_once(':') else {
        return Err("the port is missing");
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    if host.contains("//") {
        return Err("it is a host and a port, without a scheme before");
    }
    if host.contains(':') && address.parse::<SocketAddr>().is_err() {
        return Err("an IPv6 address needs brackets before its port");
    }
    let digits = port.chars().all(|c| c.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(0) => Err("nothing can be sent to port 0"),
        Ok(_) if digits => Ok(()),
        _ => Err("the port is not a number from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_for_their_form() {
        for good in [
            "127.0.0.1:8125",
            "[::1]:8125",
            "localhost:1",
            "a.example:65535",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "localhost",
            ":8125",
            "a:",
            "a:b",
            "a:+1",
            "a:0",
            "a:65536",
            "::1:8125",
            "[::g]:1",
            "udp://a:1",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    fn received(socket: &UdpSocket) -> usize {
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        socket.recv(&mut [0; 16]).unwrap()
    }

    #[test]
    fn where_one_address_refuses_the_next_gets_the_datagram() {
        // Taken, and connected to somebody else: so it refuses, and nobody else gets it.
        let dead = UdpSocket::bind("127.0.0.1:0").unwrap();
        dead.connect("127.0.0.1:9").unwrap();
        let alive = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut peer = Peer::new("two.test:1".into());
        peer.found = vec![dead.local_addr().unwrap(), alive.local_addr().unwrap()];
        peer.open().unwrap();
        peer.send(b"a:1|c").unwrap();
        assert_eq!(received(&alive), 5);
        assert!(peer.refusal().is_none());
        peer.send(b"a:1|c\na:1|c").unwrap();
        assert_eq!(received(&alive), 11);
    }

    #[test]
    fn where_the_only_address_refuses_that_is_known_and_it_is_tried_again() {
        let dead = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = dead.local_addr().unwrap();
        dead.connect("127.0.0.1:9").unwrap();
        let mut peer = Peer::new(address.to_string());
        peer.begin().unwrap();
        peer.send(b"a:1|c").unwrap();
        assert!(peer.refuses_at_once());
        assert!(peer.refusal().is_some());
        peer.turn();
        peer.begin().unwrap();
        assert_eq!(peer.found, [address]);
    }

    #[test]
    fn a_name_that_is_none_is_said() {
        let mut peer = Peer::new("a..b:8125".into());
        let why = peer.begin().unwrap_err();
        assert!(why.starts_with("cannot look up a..b:8125: "), "{why}");
        assert!(peer.send(b"x").is_err());
    }
}
