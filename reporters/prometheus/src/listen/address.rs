//! [`ListenAddress`]: where to listen.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};

/// Where [`Prometheus::listen`](crate::Prometheus::listen) listens: a port, then only this machine
/// reaches it, or an address with a port.
///
/// ```
/// # use std::net::Ipv4Addr;
/// # use telemetry_prometheus::ListenAddress;
/// // The port 9464 of 127.0.0.1.
/// let here = ListenAddress::from(9464);
/// // For everybody, on all addresses of this machine.
/// let everywhere = ListenAddress::from((Ipv4Addr::UNSPECIFIED, 9464));
/// // By name.
/// let name = ListenAddress::from("localhost:9464");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Address(SocketAddr),
    Name(String),
}

impl ListenAddress {
    pub(super) fn bind(&self) -> io::Result<TcpListener> {
        match &self.0 {
            Kind::Address(address) => TcpListener::bind(address),
            Kind::Name(name) => {
                let addresses: Vec<_> = name.as_str().to_socket_addrs()?.collect();
                TcpListener::bind(&addresses[..])
            }
        }
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Address(address) => address.fmt(f),
            Kind::Name(name) => name.fmt(f),
        }
    }
}

/// A port of this machine's own address.
impl From<u16> for ListenAddress {
    fn from(port: u16) -> Self {
        (Ipv4Addr::LOCALHOST, port).into()
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self(Kind::Address(address))
    }
}

impl<A: Into<IpAddr>> From<(A, u16)> for ListenAddress {
    fn from(address: (A, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

/// `host:port`, where the host may be a name; a port alone, with or without the colon, is one of this
/// machine's own address.
impl From<&str> for ListenAddress {
    fn from(name: &str) -> Self {
        if let Ok(port) = name.strip_prefix(':').unwrap_or(name).parse::<u16>() {
            return port.into();
        }
        Self(match name.parse() {
            Ok(address) => Kind::Address(address),
            Err(_) => Kind::Name(name.to_owned()),
        })
    }
}

/// As of a `&str`.
impl From<String> for ListenAddress {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_this_machine_s_own() {
        let bound = ListenAddress::from(0).bind().unwrap().local_addr().unwrap();
        assert_eq!(bound.ip(), Ipv4Addr::LOCALHOST);
        let named = ListenAddress::from("localhost:0").bind().unwrap();
        assert!(named.local_addr().unwrap().ip().is_loopback());
        for text in ["127.0.0.1:9464", "9464", ":9464"] {
            assert_eq!(ListenAddress::from(9464), text.into(), "{text}");
        }
        assert_eq!(ListenAddress::from("[::1]:1").to_string(), "[::1]:1");
    }

    #[test]
    fn what_is_no_address_is_an_error() {
        for bad in [
            "",
            ":",
            "99999",
            "localhost",
            "127.0.0.1:99999",
            "300.0.0.1:x",
        ] {
            assert!(ListenAddress::from(bad).bind().is_err(), "{bad}");
        }
    }
}
