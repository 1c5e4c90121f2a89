//! [`Address`]: where to send, as it was given.

use std::fmt;
use std::net::SocketAddr;

/// `host:port`, checked for its form only: whether a host exists is known when it is needed, and
/// may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// Nothing to look up.
    Literal(SocketAddr),
    /// A host's name.
    Name { host: String, port: u16 },
}

impl Address {
    /// Reads an address; an error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Ok(literal) = text.parse::<SocketAddr>() {
            return if literal.port() == 0 {
                Err(NO_PORT)
            } else {
                Ok(Self::Literal(literal))
            };
        }
        if text.contains("//") {
            return Err("it is a host and a port, without a scheme before or a path behind");
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err("the port is missing");
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
}

const NO_PORT: &str = "nothing can be sent to port 0";

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(address) => address.fmt(f),
            Self::Name { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        for literal in ["127.0.0.1:8125", "[::1]:8125", "[fe80::1%2]:8125"] {
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
        }
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
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
            "udp://localhost:8125",
            "a/b:8125",
            ".:8125",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
