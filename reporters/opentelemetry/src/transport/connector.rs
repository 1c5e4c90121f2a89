//! Connections: TCP to whichever of a name's addresses answers first, TLS on it if the address says so.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::resolver::Resolver;
use super::target::{Protocol, Target};

/// Idle connections are closed before most receivers and what is between would do so.
const IDLE: Duration = Duration::from_secs(20);

/// At both ends of a connection there may be a machine that is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[cfg(feature = "tls")]
pub(super) type Connector = hyper_rustls::HttpsConnector<HttpConnector<Resolver>>;
#[cfg(not(feature = "tls"))]
pub(super) type Connector = HttpConnector<Resolver>;

/// Connections that are kept, and used again.
pub(super) type Pool = Client<Connector, Full<Bytes>>;

/// Fails, in a sentence, if TLS cannot be had as it is wanted.
pub(super) fn connector(target: &Target, resolver: Resolver) -> Result<Connector, String> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    // Shared among the addresses of a name; the other half is for the request.
    tcp.set_connect_timeout(Some(target.timeout / 2));
    tcp.enforce_http(false);
    #[cfg(feature = "tls")]
    let connector = Connector::from((tcp, super::tls::config(target)?));
    #[cfg(not(feature = "tls"))]
    let connector = if target.is_https() {
        return Err("https:// needs the feature `tls` of telemetry-opentelemetry".to_owned());
    } else {
        tcp
    };
    Ok(connector)
}

pub(super) fn pool(connector: Connector, protocol: Protocol) -> Pool {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(2);
    #[cfg(feature = "grpc")]
    builder.http2_only(protocol == Protocol::Grpc);
    #[cfg(not(feature = "grpc"))]
    let _ = protocol;
    builder.build(connector)
}
