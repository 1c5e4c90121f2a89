//! Another service, and the calls to it.
//!
//! The demo brings the service along, a small one on a port of its own ([`server`]), so that there is
//! something to call that fails now and then as others do ([`faults`]): it answers 500, too late, or
//! half. To the rest of the demo it is somebody else's: [`quotes`] calls it over HTTP, waits for so
//! long and no longer, and believes nothing of what it says.
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `demo.quotes.fetch` | somebody wanted a quote | `duration` | `outcome`, `reason` |
//! | `demo.upstream.start`, `.stop`, `.exception` | around each call, see `telemetry_http::Calls` | | `host`, `outcome`, `reason` |
//! | `demo.upstream_server.start`, `.stop`, `.exception` | around each request that the service gets | as of the endpoint | |
//! | `demo.upstream.calls` | polled | `in_flight`, `limit` | |
//! | `demo.upstream_server.in_flight` | polled | `count`, `peak` | |
//!
//! All of it is one trace: the visitor's request, the call, and by the header `traceparent` what the
//! service does. A call that took too long is `cancelled`, because it was given up here, and so is the
//! request at the other end; that it was too long for is what `demo.quotes.fetch` tells: `timeout`.

mod faults;
mod quotes;
mod server;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use telemetry::NameError;
use telemetry_http::HostError;

pub(crate) use quotes::{QuoteError, Quotes};
pub(crate) use server::Server;

/// The prefix of the events of calls.
pub(crate) const CALLS: &str = "demo.upstream";

/// The prefix of the events of the service.
pub(crate) const SERVER: &str = "demo.upstream_server";

/// Why there is no such service.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpstreamError {
    /// It cannot listen.
    Listen(std::io::Error),
    /// A prefix of its events is not a name.
    Name(NameError),
    /// Its host cannot be named in events.
    Host(HostError),
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(error) => {
                write!(f, "no free port of the loopback to listen on: {error}")
            }
            Self::Name(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UpstreamError {}

impl From<NameError> for UpstreamError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// How long whoever wants a quote waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts the service, and what calls it.
pub(crate) async fn start(fail_percent: u8) -> Result<(Quotes, Server), UpstreamError> {
    let server = Server::start(faults::Faults::new(fail_percent)).await?;
    let quotes = Quotes::of(server.address(), PATIENCE)?;
    Ok((quotes, server))
}
