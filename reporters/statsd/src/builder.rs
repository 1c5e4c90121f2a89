//! [`StatsdBuilder`]: settings, and the checks of all of them.

use std::time::Duration;

use telemetry_metrics::push::Push;
use telemetry_metrics::{Aggregator, Needs};

use crate::address::Address;
use crate::check;
use crate::encode::Encoder;
use crate::format::Format;
use crate::lookup::Lookup;
use crate::pack::Packer;
use crate::peer::{LOOK_UP_AGAIN, Peer};
use crate::problem::{Problem, StatsdError};
use crate::reporter::{LONGEST, Reporter, Statsd};

/// The smallest datagram that makes sense.
pub(crate) const MIN_MTU: usize = 64;
/// The largest that UDP over IPv4 can carry.
pub(crate) const MAX_MTU: usize = 65_507;

/// Collects the settings of a [`Statsd`]; made by [`Statsd::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct StatsdBuilder<'a> {
    aggregator: &'a Aggregator,
    address: String,
    format: Format,
    prefix: String,
    mtu: usize,
    interval: Duration,
    max_values: usize,
}

impl<'a> StatsdBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            address: "127.0.0.1:8125".into(),
            format: Format::Standard,
            prefix: String::new(),
            mtu: 1_432,
            interval: Duration::from_secs(10),
            max_values: 1_000,
        }
    }

    /// Where the daemon listens, `host:port`; an IPv6 address in brackets. `127.0.0.1:8125` by
    /// default.
    ///
    /// A name need not be known yet: it is looked up when there is something to send, again at each
    /// flush until it is found, and once a minute from then on.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// The dialect, [`Format::Standard`] by default.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// What stands in front of every name, with a dot between. Nothing by default.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How many bytes a datagram may have, 64 to 65,507; 1,432 by default, which fits into an
    /// Ethernet frame. A line that is longer is dropped and counted.
    pub fn mtu(mut self, bytes: usize) -> Self {
        self.mtu = bytes;
        self
    }

    /// How often to flush, ten seconds by default, which is what daemons do; at most a year.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How many values of a summary or distribution to send per series and flush, 1,000 by default.
    /// If there are more, so many are sent that stand for all, with a rate.
    pub fn max_values(mut self, values: usize) -> Self {
        self.max_values = values;
        self
    }

    /// Checks all settings and definitions, and starts the reporter's thread.
    ///
    /// # Errors
    ///
    /// [`StatsdError::Settings`] with everything that is wrong; nothing is started then. That the
    /// daemon cannot be reached is not an error: what is counted stays until it can.
    pub fn start(self) -> Result<Statsd, StatsdError> {
        let aggregator = self.aggregator;
        let mut problems = Vec::new();
        let address = match Address::parse(&self.address) {
            Ok(address) => Some(address),
            Err(why) => {
                problems.push(Problem::Address {
                    address: self.address,
                    why,
                });
                None
            }
        };
        if !check::prefix_is_valid(&self.prefix) {
            problems.push(Problem::Prefix(self.prefix.clone()));
        }
        if !(MIN_MTU..=MAX_MTU).contains(&self.mtu) {
            problems.push(Problem::Mtu(self.mtu));
        }
        if self.interval.is_zero() {
            problems.push(Problem::Interval);
        }
        if self.max_values == 0 {
            problems.push(Problem::MaxValues);
        }
        let constant_tags = aggregator.constant_tags();
        check::definitions(
            aggregator.definitions(),
            constant_tags,
            self.format,
            &mut problems,
        );
        let Some(address) = address.filter(|_| problems.is_empty()) else {
            return Err(StatsdError::Settings(problems));
        };

        let max_values = u64::try_from(self.max_values).unwrap_or(u64::MAX);
        let reporter = Reporter::new(
            aggregator.reader(Needs::Values),
            Encoder::new(self.format, &self.prefix, constant_tags, max_values),
            Packer::new(self.mtu),
            Peer::new(address, Lookup::of_the_system(), LOOK_UP_AGAIN),
            aggregator.register_health("statsd"),
        );
        Push::start("telemetry-statsd", self.interval.min(LONGEST), reporter)
            .map(Statsd::of)
            .map_err(StatsdError::Thread)
    }
}
