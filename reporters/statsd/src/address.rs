//! [`Address`]: where to send, as it was given.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// An address, checked for its form only: whether a host or a socket exists is known when it is
/// needed, and may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// UDP, nothing to look up.
    Literal(SocketAddr),
    /// UDP, a host's name.
    Name { host: String, port: u16 },
    /// A Unix socket.
    Unix { kind: UnixKind, path: PathBuf },
}

/// What a Unix socket is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnixKind {
    Datagram,
    Stream,
    /// Whichever it is.
    Either,
}

const SCHEMES: [(&str, UnixKind); 3] = [
    ("unix://", UnixKind::Either),
    ("unixgram://", UnixKind::Datagram),
    ("unixstream://", UnixKind::Stream),
];

const NO_PORT: &str = "nothing can be sent to port 0";

impl Address {
    /// Reads an address; an error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        for (scheme, kind) in SCHEMES {
            if let Some(path) = text.strip_prefix(scheme) {
                return unix(kind, Path::new(path));
            }
        }
        let text = text.strip_prefix("udp://").unwrap_or(text);
        if text.contains("://") {
            return Err("only `udp`, `unix`, `unixgram` and `unixstream` can be in front of `://`");
        }
        if let Ok(literal) = text.parse::<SocketAddr>() {
            return if literal.port() == 0 {
                Err(NO_PORT)
            } else {
                Ok(Self::Literal(literal))
            };
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            // Nothing, or the end of an IPv6 address in brackets.
            _ => return Err("the port is missing"),
        };
        if host.is_empty() {
            return Err("the host is missing");
        }
        if host.contains(':') && !host.starts_with('[') {
            return Err("an IPv6 address needs brackets before its port");
        }
        // `parse` alone would take a plus sign.
        let digits = port.chars().all(|c| c.is_ascii_digit());
        let port = match port.parse() {
            Ok(0) => return Err(NO_PORT),
            Ok(port) if digits => port,
            _ => return Err("the port is not a number from 1 to 65535"),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !host.chars().all(plain) || host.len() > 253 {
            return Err("the host is neither a name nor an IP address");
        }
        // No top-level domain is a number: it is a mistyped IPv4 address.
        let last = host
            .trim_end_matches('.')
            .rsplit('.')
            .next()
            .unwrap_or_default();
        if last.chars().all(|c| c.is_ascii_digit()) {
            return Err("the host is neither a name nor an IP address");
        }
        Ok(Self::Name {
            host: host.into(),
            port,
        })
    }

    /// How long datagrams are by default: for UDP what fits into an Ethernet frame, for a Unix
    /// socket what Datadog's agent reads at once.
    pub(crate) fn default_mtu(&self) -> usize {
        match self {
            Self::Literal(_) | Self::Name { .. } => 1_432,
            Self::Unix { .. } => 8_192,
        }
    }
}

#[cfg(unix)]
fn unix(kind: UnixKind, path: &Path) -> Result<Address, &'static str> {
    if path.as_os_str().is_empty() {
        return Err("the path of the socket is missing");
    }
    // Systems differ in how long a path may be; it is about a hundred bytes.
    if std::os::unix::net::SocketAddr::from_pathname(path).is_err() {
        return Err("the path is too long for a socket, or has a NUL in it");
    }
    let path = path.to_owned();
    Ok(Address::Unix { kind, path })
}

#[cfg(not(unix))]
fn unix(_: UnixKind, _: &Path) -> Result<Address, &'static str> {
    Err("this system has no Unix sockets")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(address) => address.fmt(f),
            Self::Name { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { kind, path } => {
                let scheme = SCHEMES.iter().find(|(_, one)| one == kind);
                let scheme = scheme.map_or("unix://", |(scheme, _)| scheme);
                write!(f, "{scheme}{}", path.display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        for literal in [
            "127.0.0.1:8125",
            "[::1]:8125",
            "[fe80::1%2]:8125",
            "udp://127.0.0.1:8125",
        ] {
            assert!(
                matches!(Address::parse(literal), Ok(Address::Literal(_))),
                "{literal}"
            );
        }
        for name in [
            "localhost:8125",
            "statsd.example.com:8125",
            "my_host.:1",
            "1password.com:1",
        ] {
            let address = Address::parse(name).unwrap();
            assert!(matches!(address, Address::Name { .. }), "{name}");
            assert_eq!(address.to_string(), name);
            assert_eq!(address.default_mtu(), 1_432);
            assert_eq!(Address::parse(&format!("udp://{name}")), Ok(address));
        }
    }

    #[cfg(unix)]
    #[test]
    fn unix_sockets_are_datagrams_streams_or_either() {
        for (text, kind) in [
            ("unix:///var/run/datadog/dsd.socket", UnixKind::Either),
            ("unixgram:///run/a b.sock", UnixKind::Datagram),
            ("unixstream://here.sock", UnixKind::Stream),
        ] {
            let address = Address::parse(text).unwrap();
            assert!(
                matches!(&address, Address::Unix { kind: is, .. } if *is == kind),
                "{address:?}"
            );
            assert_eq!(address.to_string(), text);
            assert_eq!(address.default_mtu(), 8_192);
        }
    }

    #[test]
    fn an_ipv6_address_without_a_port_has_none() {
        let missing = Err("the port is missing");
        for address in ["[::1]", "udp://[::1]", "127.0.0.1"] {
            assert_eq!(Address::parse(address), missing, "{address}");
        }
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("unix:///{}", "a".repeat(300));
        for bad in [
            "",
            "localhost",
            ":8125",
            "localhost:",
            "localhost:port",
            "localhost:+8125",
            "localhost:65536",
            "localhost:0",
            "127.0.0.1:0",
            "127.0.0.1",
            "127.0.0.256:8125",
            "1.2.3:8125",
            "::1",
            "::1:8125",
            "[::1]",
            "[::g]:8125",
            "local host:8125",
            "tcp://localhost:8125",
            "udp://udp://localhost:8125",
            "udp://localhost:8125/",
            "a/b:8125",
            ".:8125",
            "unix://",
            "unixgram://",
            "unix://a\0b",
            &long,
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
