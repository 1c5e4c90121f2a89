//! [`StatsdBuilder`]: settings. What becomes of them is in [`start`].

use std::time::Duration;

use telemetry_metrics::Aggregator;

use crate::datadog::Cardinality;
use crate::datadog::environment::Environment;
use crate::format::Format;
use crate::problem::StatsdError;
use crate::start;
use crate::statsd::Statsd;

/// Collects the settings of a [`Statsd`]; made by [`Statsd::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct StatsdBuilder<'a> {
    pub(crate) aggregator: &'a Aggregator,
    pub(crate) address: Option<String>,
    pub(crate) resolve_interval: Duration,
    pub(crate) format: Format,
    pub(crate) prefix: String,
    pub(crate) global_tags: Vec<(String, String)>,
    pub(crate) mtu: Option<usize>,
    pub(crate) interval: Duration,
    pub(crate) max_values: usize,
    pub(crate) pack_values: bool,
    pub(crate) timestamps: bool,
    pub(crate) container_id: Option<String>,
    pub(crate) detect_container: bool,
    pub(crate) external_data: Option<String>,
    pub(crate) cardinality: Option<Cardinality>,
    pub(crate) environment: Option<Environment>,
}

impl<'a> StatsdBuilder<'a> {
    pub(crate) fn new(aggregator: &'a Aggregator) -> Self {
        Self {
            aggregator,
            address: None,
            resolve_interval: Duration::from_secs(60),
            format: Format::Standard,
            prefix: String::new(),
            global_tags: Vec::new(),
            mtu: None,
            interval: Duration::from_secs(10),
            max_values: 1_000,
            pack_values: true,
            timestamps: false,
            container_id: None,
            detect_container: false,
            external_data: None,
            cardinality: None,
            environment: None,
        }
    }

    /// Where the daemon listens; `127.0.0.1:8125` by default.
    ///
    /// - `host:port` or `udp://host:port`; an IPv6 address in brackets.
    /// - `unixgram:///path` is a Unix socket of datagrams, `unixstream:///path` one of a stream, and
    ///   `unix:///path` is whichever it is.
    ///
    /// Neither a host nor a socket need be there yet. A host's name is looked up when there is
    /// something to send, at each flush until it is found, and again every
    /// [`resolve_interval`](Self::resolve_interval).
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// How often a host's name is looked up again while all is well, once a minute by default; zero
    /// is at each flush.
    ///
    /// That is done in the background, and the next flush goes by the answer. A lookup that fails
    /// changes nothing, and is told on standard error. While the daemon refuses what it gets, the
    /// name is looked up at each flush.
    pub fn resolve_interval(mut self, interval: Duration) -> Self {
        self.resolve_interval = interval;
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

    /// Adds a tag to all that this reporter sends, behind the aggregator's constant tags. Only in
    /// Datadog's format.
    pub fn global_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.global_tags.push((key.into(), value.into()));
        self
    }

    /// How many bytes a datagram may have, 64 to 65,507. By default 1,432 for UDP, which fits into
    /// an Ethernet frame (use 512 across the Internet), and 8,192 for Unix sockets, which is what
    /// Datadog's agent reads at once. A line that is longer is dropped and counted.
    pub fn mtu(mut self, bytes: usize) -> Self {
        self.mtu = Some(bytes);
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

    /// Whether several values of one series stand in one line, `name:5:7|d`, as they do in Datadog's
    /// format by default. Plain StatsD never does that.
    ///
    /// Agents read that from version 7.25 on. The server in Datadog's packages for serverless
    /// functions does not (seen with `datadog-serverless-compat` 0.19.0): it takes the first value
    /// and says nothing, and it ignores rates. There, say `false`, and raise
    /// [`max_values`](Self::max_values).
    pub fn pack_values(mut self, pack: bool) -> Self {
        self.pack_values = pack;
        self
    }

    /// Whether counts and gauges say of which second they are, that of the flush; not by default.
    /// Only in Datadog's format.
    ///
    /// An agent (7.40 or later) hands such points on as they are, without adding those of one
    /// interval together. So this is for one reporter per series: two processes that send a count
    /// of the same tags and second overwrite each other.
    pub fn timestamps(mut self, timestamps: bool) -> Self {
        self.timestamps = timestamps;
        self
    }

    /// The container that this process runs in, as an agent knows it: `ci-` and the container's id,
    /// or `in-` and the inode of its control group. Only in Datadog's format.
    ///
    /// The agent adds the container's tags then.
    pub fn container_id(mut self, id: impl Into<String>) -> Self {
        self.container_id = Some(id.into());
        self
    }

    /// Finds the container out at the start, as Datadog's clients do, from `/proc` and `/sys`;
    /// outside of a container, and where this cannot be found out, nothing is sent of it. Only in
    /// Datadog's format. A [`container_id`](Self::container_id) comes first.
    pub fn detect_container(mut self) -> Self {
        self.detect_container = true;
        self
    }

    /// What Datadog's admission controller says of the pod, sent as it is. Only in Datadog's
    /// format.
    pub fn external_data(mut self, data: impl Into<String>) -> Self {
        self.external_data = Some(data.into());
        self
    }

    /// How many tags of the container the agent adds; as it is configured by default. Only in
    /// Datadog's format.
    pub fn cardinality(mut self, cardinality: Cardinality) -> Self {
        self.cardinality = Some(cardinality);
        self
    }

    /// Reads Datadog's environment variables by this function. What is set by the other methods
    /// comes first, whichever was called first.
    ///
    /// | variable | what it says |
    /// |---|---|
    /// | `DD_DOGSTATSD_URL` | the [address](Self::address); of a host without a port, port 8125 |
    /// | `DD_AGENT_HOST`, `DD_DOGSTATSD_PORT` | the same in two parts, of which each has a default |
    /// | `DD_TAGS` | global tags, `team:shop,tier:1`, by commas or spaces |
    /// | `DD_ENV`, `DD_SERVICE`, `DD_VERSION` | the global tags `env`, `service` and `version` |
    /// | `DD_ENTITY_ID` | the global tag `dd.internal.entity_id`, by which an agent finds the pod |
    /// | `DD_ORIGIN_DETECTION_ENABLED` | if not `false`: [`detect_container`](Self::detect_container) |
    /// | `DD_EXTERNAL_ENV` | [`external_data`](Self::external_data) |
    /// | `DD_CARDINALITY` | [`cardinality`](Self::cardinality) |
    ///
    /// In [`Format::Standard`] only those of the address are used. A tag of a variable is left out
    /// if the aggregator or this builder has one of the same key.
    ///
    /// ```
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_statsd::{Format, Statsd};
    /// # let aggregator = Aggregator::builder().start()?;
    /// let statsd = Statsd::builder(&aggregator)
    ///     .format(Format::Datadog)
    ///     .env(|name| std::env::var(name).ok())
    ///     .start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.environment = Some(Environment::read(lookup));
        self
    }

    /// Reads Datadog's environment variables of this process, as [`env`](Self::env) does.
    pub fn from_env(self) -> Self {
        self.env(|name| std::env::var(name).ok())
    }

    /// Checks all settings and definitions, and starts the reporter's thread.
    ///
    /// # Errors
    ///
    /// [`StatsdError::Settings`] with everything that is wrong; nothing is started then. That the
    /// daemon cannot be reached is not an error: what is counted stays until it can.
    pub fn start(self) -> Result<Statsd, StatsdError> {
        start::start(&self)
    }
}
