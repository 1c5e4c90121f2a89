//! [`Statsd`]: the handle of a running reporter.

use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::Aggregator;
use telemetry_metrics::push::{FlushError, Push};

use crate::builder::StatsdBuilder;
use crate::datadog::Outbox;
use crate::tally::{StatsdReport, Tally};

/// What clocks can be asked for without trouble; whoever waits longer waits for ever.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A running StatsD reporter. Dropping it flushes once more, for at most
/// [`DROP_TIMEOUT`](telemetry_metrics::push::DROP_TIMEOUT), and stops it.
///
/// ```
/// use std::net::UdpSocket;
/// use std::time::Duration;
/// use telemetry_metrics::{Aggregator, counter};
/// use telemetry_statsd::{Format, Statsd};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let daemon = UdpSocket::bind("127.0.0.1:0")?; // in place of a real one
///
/// let orders = counter("shop.order.placed.count").tags(["currency"]);
/// let aggregator = Aggregator::builder().metrics([orders]).start()?;
/// let statsd = Statsd::builder(&aggregator)
///     .address(daemon.local_addr()?.to_string())
///     .format(Format::Datadog)
///     .start()?;
///
/// for _ in 0..3 {
///     telemetry::execute!("shop.order.placed", {}, { currency: "EUR" });
/// }
/// statsd.flush(Duration::from_secs(1))?;
///
/// let mut datagram = [0; 100];
/// let length = daemon.recv(&mut datagram)?;
/// assert_eq!(&datagram[..length], b"shop.order.placed.count:3|c|#currency:EUR");
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "dropping it ends the reporting"]
pub struct Statsd {
    push: Push,
    outbox: Outbox,
    tally: Arc<Tally>,
}

impl Statsd {
    /// Begins with plain StatsD to `127.0.0.1:8125` every ten seconds.
    pub fn builder(aggregator: &Aggregator) -> StatsdBuilder<'_> {
        StatsdBuilder::new(aggregator)
    }

    pub(crate) fn new(push: Push, outbox: Outbox, tally: Arc<Tally>) -> Self {
        Self {
            push,
            outbox,
            tally,
        }
    }

    /// Sends Datadog's events and service checks, from any thread and without waiting.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// What became of it all so far.
    #[must_use]
    pub fn report(&self) -> StatsdReport {
        self.tally.report()
    }

    /// Sends now what has been counted since the last flush, and waits for it at most `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then. What was not sent stays, and is part of the
    /// next flush.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.push.flush(timeout.min(LONGEST))
    }

    /// Flushes once more and stops, within `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then; there is no later flush that could send it.
    pub fn stop(self, timeout: Duration) -> Result<(), FlushError> {
        self.push.stop(timeout.min(LONGEST))
    }
}
