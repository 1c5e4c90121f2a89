//! Where requests go to, and how.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
}

/// How a request is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `http/protobuf`.
    HttpProtobuf,
    /// `grpc`. Without the feature of that name there is no such client.
    Grpc,
}

/// What is needed for `https://`, and ignored for `http://`.
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nobody reads it"))]
#[derive(Clone, Default)]
pub(crate) struct Tls {
    /// Certificates in PEM that are trusted *instead of* those of the system.
    pub(crate) roots: Option<Vec<u8>>,
    /// Who we are, if the receiver wants to know.
    pub(crate) identity: Option<Identity>,
}

/// A certificate, with those between it and the root, and its private key; both in PEM.
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nobody reads it"))]
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// A receiver.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) signal: Signal,
    /// The whole of it, path included. gRPC has a path of its own and leaves this one aside.
    pub(crate) uri: Uri,
    /// Sent with every request.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// How long a single attempt may take: to look up the name, connect, send and hear the answer.
    pub(crate) timeout: Duration,
    pub(crate) gzip: bool,
    pub(crate) protocol: Protocol,
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nobody reads it"))]
    pub(crate) tls: Tls,
}

// Headers and keys are secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("signal", &self.signal)
            .field("host", &self.host())
            .field("protocol", &self.protocol)
            .field("gzip", &self.gzip)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// For messages: what of the address is no secret.
    pub(super) fn host(&self) -> String {
        let host = self.uri.host().unwrap_or("?");
        self.uri
            .port_u16()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(super) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&http::uri::Scheme::HTTPS)
    }
}
