//! [`StatsdBridge`]: `metrics-exporter-statsd`, over a sink that can be flushed and that knows what
//! was refused.

mod sink;
mod text;
mod wire;

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use metrics::Label;
use metrics_exporter_statsd::{StatsdBuilder, StatsdRecorder};
use telemetry_metrics::push::{FlushError, Push};
use telemetry_metrics::{Aggregator, Definition, Dimension, Kind, Unit};

use crate::bridge::{LONGEST, check_interval, start};
use crate::feed::{Feeder, Outcome, Plan, Shared, Target};
use crate::notice;
use crate::problem::BridgeError;
use sink::Sink;
use wire::Peer;

/// The label with which the exporter is told what a histogram is on the wire. It takes it out of the
/// tags, wherever it comes from.
const HINT: &str = "histogram";

/// What the daemon understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StatsdFormat {
    /// Counters, gauges and timers (`c`, `g`, `ms`), as Etsy's daemon. Tags are written all the
    /// same, as `|#key:value`: the exporter cannot do otherwise.
    #[default]
    Plain,
    /// Summaries are histograms (`h`), distributions are distributions (`d`).
    Datadog,
}

/// Feeds a recorder of `metrics-exporter-statsd`, and sends what it writes.
///
/// By itself, the exporter sends a datagram when its buffer is full and at no other time, drops what
/// its queue cannot hold without a word, panics at a negative time and rounds others to
/// milliseconds. Here it writes into a sink of ours, which sends at the end of each feed, and what
/// was not delivered, as far as that can be known, is part of the next feed.
///
/// Dropping it feeds once more, for at most
/// [`DROP_TIMEOUT`](telemetry_metrics::push::DROP_TIMEOUT), and stops its thread.
///
/// ```
/// use std::net::UdpSocket;
/// use std::time::Duration;
/// use telemetry_bridge::StatsdBridge;
/// use telemetry_metrics::{Aggregator, counter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let daemon = UdpSocket::bind("127.0.0.1:0")?; // in place of a real one
/// let parcels = counter("shop.parcel.lost.count").tags(["carrier"]);
/// let aggregator = Aggregator::builder().metrics([parcels]).start()?;
/// let bridge = StatsdBridge::builder(&aggregator)
///     .address(daemon.local_addr()?.to_string())
///     .start()?;
///
/// telemetry::execute!("shop.parcel.lost", {}, { carrier: "owl" });
/// bridge.flush(Duration::from_secs(1))?;
///
/// let mut datagram = [0; 100];
/// let length = daemon.recv(&mut datagram)?;
/// assert_eq!(&datagram[..length], b"shop.parcel.lost.count:1|c|#carrier:owl");
/// # Ok(()) }
/// ```
#[must_use = "dropping it ends the reporting"]
pub struct StatsdBridge {
    push: Push,
}

impl StatsdBridge {
    /// Begins with plain StatsD to `127.0.0.1:8125` every ten seconds.
    pub fn builder(aggregator: &Aggregator) -> StatsdBridgeBuilder<'_> {
        StatsdBridgeBuilder {
            aggregator,
            address: "127.0.0.1:8125".into(),
            format: StatsdFormat::Plain,
            prefix: String::new(),
            mtu: 1_432,
            interval: Duration::from_secs(10),
        }
    }

    /// Sends now what has been counted since the last time, and waits for it at most `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then. What was not stays, and is part of the next
    /// flush.
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

impl fmt::Debug for StatsdBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatsdBridge")
            .field("push", &self.push)
            .finish_non_exhaustive()
    }
}

/// Collects the settings of a [`StatsdBridge`]; made by [`StatsdBridge::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct StatsdBridgeBuilder<'a> {
    aggregator: &'a Aggregator,
    address: String,
    format: StatsdFormat,
    prefix: String,
    mtu: usize,
    interval: Duration,
}

impl StatsdBridgeBuilder<'_> {
    /// Where the daemon listens, `host:port`; an IPv6 address in brackets. `127.0.0.1:8125` by
    /// default. A name is looked up when there is something to send, and again once a minute.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// What the daemon understands, [`StatsdFormat::Plain`] by default.
    pub fn format(mut self, format: StatsdFormat) -> Self {
        self.format = format;
        self
    }

    /// What stands in front of every name, with a dot between. Nothing by default.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How many bytes a datagram may have, 64 to 65,507; 1,432 by default. A line that is longer is
    /// dropped and counted.
    pub fn mtu(mut self, bytes: usize) -> Self {
        self.mtu = bytes;
        self
    }

    /// How often to flush, ten seconds by default, which is what daemons do; at most a year.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Checks settings and names, makes the exporter's recorder, and starts the thread.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Settings`] with everything that is wrong, [`BridgeError::Exporter`] if the
    /// exporter refuses, [`BridgeError::Thread`] if the system refuses a thread. That the daemon
    /// cannot be reached is not an error: what is counted stays until it can.
    pub fn start(self) -> Result<StatsdBridge, BridgeError> {
        let mut problems = Vec::new();
        check_interval(self.interval, &mut problems);
        if let Err(why) = wire::check(&self.address) {
            problems.push(format!("the address `{}`: {why}", self.address));
        }
        if text::name(&self.prefix) != self.prefix {
            problems.push(format!(
                "the prefix `{}` has characters that mean something to the daemon",
                self.prefix.escape_debug()
            ));
        }
        if !(64..=65_507).contains(&self.mtu) {
            problems.push(format!("the mtu {} is not from 64 to 65507", self.mtu));
        }
        let mut names = HashSet::new();
        for definition in self.aggregator.definitions() {
            let name = text::name(definition.name());
            if !names.insert(name.clone()) {
                problems.push(format!(
                    "{} `{}`: the daemon would mix it with another definition called `{name}`; \
                     rename one of them",
                    definition.kind(),
                    definition.name()
                ));
            }
        }
        if !problems.is_empty() {
            return Err(BridgeError::Settings(problems));
        }
        let is_plain = self.format == StatsdFormat::Plain;
        let sink = Sink::new(Peer::new(self.address), self.mtu, is_plain);
        // Neither host nor port are looked at with a sink of one's own.
        let recorder = StatsdBuilder::from("", 0)
            .with_sink(sink.clone())
            .build(Some(&self.prefix))
            .map_err(|error| BridgeError::Exporter(error.to_string()))?;
        let exporter = Exporter {
            recorder,
            sink,
            is_plain,
            names: HashSet::new(),
        };
        let shared = Shared::new(Feeder::new(self.aggregator, exporter, "bridge-statsd"));
        let push = start("telemetry-bridge-statsd", self.interval, &shared)?;
        Ok(StatsdBridge { push })
    }
}

struct Exporter {
    recorder: StatsdRecorder,
    sink: Sink<Peer>,
    is_plain: bool,
    names: HashSet<String>,
}

impl Target for Exporter {
    type Recorder = StatsdRecorder;

    fn recorder(&self) -> &StatsdRecorder {
        &self.recorder
    }

    /// Definitions were checked; one that came later can only be left out.
    fn plan(&mut self, definition: &Definition) -> Option<Plan> {
        let name = text::name(definition.name());
        if !self.names.insert(name.clone()) {
            notice::line(format_args!(
                "{} `{name}` is not sent, and counted as dropped: the daemon would mix it with \
                 another one of that name",
                definition.kind()
            ));
            return None;
        }
        // As daemons expect it, but whoever writes a unit of his own has named the metric for it.
        let unit = if definition.dimension() == Dimension::Time && !definition.unit_is_explicit() {
            Unit::Millisecond
        } else {
            definition.unit()
        };
        // Always histograms to the exporter, whose timers are rounded and panic: the sink writes
        // `ms` where that is wanted.
        let is_distribution = !self.is_plain && definition.kind() == Kind::Distribution;
        Some(Plan {
            name: name.into(),
            unit,
            described: None,
            hint: is_distribution.then(|| Label::from_static_parts(HINT, "distribution")),
        })
    }

    fn label(&self, key: &str, value: &str) -> Label {
        let key = text::tag(key);
        let key = if key == HINT {
            format!("label_{key}")
        } else {
            key
        };
        Label::new(key, text::tag(value))
    }

    fn begin(&mut self, deadline: Instant) {
        self.sink.begin(deadline);
    }

    fn expect(&mut self, ticket: usize, each: bool) {
        self.sink.expect(ticket, each);
    }

    /// A line is not a delivery: the sink knows.
    fn recorded(&mut self, _: usize, _: u64) {}

    fn is_stuck(&self) -> bool {
        self.sink.is_stuck()
    }

    fn end(&mut self) -> Outcome {
        self.sink.end()
    }
}
