//! [`Metric`]: a definition as a user writes it.
//!
//! Constructors and methods never fail, so that a list of definitions reads like a table. Whatever
//! is wrong is reported when the aggregator starts, all of it in one error.

use std::fmt;
use std::sync::Arc;

use telemetry::{Event, Number, ToNumber};

use crate::tag::TagValues;
use crate::unit::{Unit, UnitSpec};

/// The five kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// How many events.
    Counter,
    /// The total of a measurement.
    Sum,
    /// The newest value of a measurement.
    LastValue,
    /// Statistics of a measurement: count, sum, quantiles.
    Summary,
    /// A histogram of a measurement, with fixed bounds.
    Distribution,
}

impl Kind {
    /// `counter`, `sum`, `last_value`, `summary` or `distribution`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Sum => "sum",
            Self::LastValue => "last_value",
            Self::Summary => "summary",
            Self::Distribution => "distribution",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) type Predicate = Arc<dyn Fn(&Event<'_>) -> bool + Send + Sync>;
pub(crate) type MeasureWith = Arc<dyn Fn(&Event<'_>) -> Option<Number> + Send + Sync>;
pub(crate) type TagValuesWith = Arc<dyn Fn(&Event<'_>, &mut TagValues<'_>) + Send + Sync>;

/// Where a metric's number comes from.
#[derive(Clone)]
pub(crate) enum Measurement {
    /// The measurement that the last segment of the metric's name names.
    LastSegment,
    Key(String),
    With(MeasureWith),
}

/// A definition: which number of which events matters, and by which tags.
///
/// Made by [`counter`], [`sum`], [`last_value`], [`summary`] and [`distribution`], from a name
/// whose last segment is the measurement and whose rest is the event, unless
/// [`event`](Self::event), [`events`](Self::events) or [`measurement`](Self::measurement) say
/// otherwise.
///
/// ```
/// use telemetry_metrics::{Metric, counter, distribution, last_value, sum, summary};
///
/// pub fn metrics() -> Vec<Metric> {
///     vec![
///         counter("shop.endpoint.stop.count").tags(["route", "status"]),
///         distribution("shop.endpoint.duration")
///             .events(["shop.endpoint.stop", "shop.endpoint.exception"])
///             .tags(["route", "outcome"]),
///         summary("shop.repo.query.total_time").tags(["source", "command"]),
///         last_value("vm.memory.total").bytes(),
///         sum("shop.endpoint.stop.bytes").bytes().keep(|event| event.metadata_is("status", 200)),
///     ]
/// }
/// # telemetry_metrics::Aggregator::builder().metrics(metrics()).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[derive(Clone)]
#[must_use = "a definition does nothing until an aggregator is started with it"]
pub struct Metric {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// `None` is the name without its last segment.
    pub(crate) events: Option<Vec<String>>,
    pub(crate) measurement: Measurement,
    pub(crate) tags: Vec<String>,
    /// Tags whose values are hashed, and into how many.
    pub(crate) hashed: Vec<(String, u32)>,
    pub(crate) tag_values: Option<TagValuesWith>,
    pub(crate) keep: Vec<Predicate>,
    pub(crate) drop_when: Vec<Predicate>,
    pub(crate) unit: Option<UnitSpec>,
    pub(crate) description: Option<String>,
    pub(crate) buckets: Option<Vec<Number>>,
    pub(crate) max_series: usize,
    pub(crate) up_down: bool,
    pub(crate) unchecked: bool,
    pub(crate) options: Vec<(String, String)>,
}

/// The settings that our reporters know, for [`Metric::option`].
///
/// One list of definitions serves all reporters, so each of them accepts what is meant for another;
/// but a key that none of them knows is a typo, and each reports it.
///
/// | key | value | for |
/// |---|---|---|
/// | `nav` | the group of its chart on the dashboard; the first segment of its name without | all kinds |
/// | `otel_name` | the name for OpenTelemetry, such as one of its semantic conventions | all kinds |
/// | `otel_attributes` | attributes of all points, `key=value,key=value` | all kinds |
/// | `otel_histogram` | `explicit` or `exponential` | distributions |
/// | `prometheus_type` | `counter` or `gauge` | sums |
/// | `report_as` | `counter`, for StatsD | sums |
pub const KNOWN_OPTIONS: [&str; 6] = [
    "nav",
    "otel_attributes",
    "otel_histogram",
    "otel_name",
    "prometheus_type",
    "report_as",
];

/// The default of [`Metric::max_series`].
pub const DEFAULT_MAX_SERIES: usize = 2_000;

/// Counts events. The measurement need not exist: the last segment is only part of the name.
///
/// ```
/// # use telemetry_metrics::counter;
/// counter("shop.order.placed.count").tags(["currency"]);
/// ```
pub fn counter(name: impl Into<String>) -> Metric {
    Metric::new(Kind::Counter, name.into())
}

/// Adds a measurement up. It may only grow, unless [`up_down`](Metric::up_down) says otherwise.
pub fn sum(name: impl Into<String>) -> Metric {
    Metric::new(Kind::Sum, name.into())
}

/// Keeps the newest value of a measurement.
pub fn last_value(name: impl Into<String>) -> Metric {
    Metric::new(Kind::LastValue, name.into())
}

/// Keeps statistics of a measurement: count, sum and quantiles, at most 1.083 % off.
pub fn summary(name: impl Into<String>) -> Metric {
    Metric::new(Kind::Summary, name.into())
}

/// Keeps a histogram of a measurement. Time and bytes have default bounds; other numbers need
/// [`buckets`](Metric::buckets).
pub fn distribution(name: impl Into<String>) -> Metric {
    Metric::new(Kind::Distribution, name.into())
}

impl Metric {
    fn new(kind: Kind, name: String) -> Self {
        Self {
            kind,
            name,
            events: None,
            measurement: Measurement::LastSegment,
            tags: Vec::new(),
            hashed: Vec::new(),
            tag_values: None,
            keep: Vec::new(),
            drop_when: Vec::new(),
            unit: None,
            description: None,
            buckets: None,
            max_series: DEFAULT_MAX_SERIES,
            up_down: false,
            unchecked: false,
            options: Vec::new(),
        }
    }

    /// The name, as given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of metric.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The event to look at, instead of the name without its last segment.
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.events = Some(vec![event.into()]);
        self
    }

    /// Several events that feed the same series, such as a span's `.stop` and `.exception`.
    pub fn events<E: Into<String>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.events = Some(events.into_iter().map(Into::into).collect());
        self
    }

    /// The measurement to take, instead of the name's last segment.
    pub fn measurement(mut self, key: impl Into<String>) -> Self {
        self.measurement = Measurement::Key(key.into());
        self
    }

    /// Computes the number from the event. `None` skips the event, and is counted as missing.
    ///
    /// ```
    /// # use telemetry_metrics::summary;
    /// summary("shop.reply.bytes_per_item").event("shop.reply").measure_with(|event| {
    ///     let bytes = event.measurement("bytes")?.as_f64()?;
    ///     Some((bytes / event.measurement("items")?.as_f64()?).into())
    /// });
    /// ```
    pub fn measure_with(
        mut self,
        measure: impl Fn(&Event<'_>) -> Option<Number> + Send + Sync + 'static,
    ) -> Self {
        self.measurement = Measurement::With(Arc::new(measure));
        self
    }

    /// The metadata keys that tell series apart. Every distinct combination of their texts is a
    /// series of its own, so choose keys with few values. An absent tag, an empty one and `None`
    /// are the same.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a tag whose value is hashed into one of so many, `0` to `buckets - 1`, as text.
    ///
    /// For metadata with more values than there can be series, such as customers: they spread over a
    /// fixed number of series, and the values themselves are not shown. The hash (FNV-1a with 64
    /// bits, and the remainder) is the same in every process. It is no secret: who knows a value
    /// knows its number.
    ///
    /// ```
    /// use telemetry_metrics::{Aggregator, Data, counter};
    ///
    /// let requests = counter("shop.reply.count").tags(["route"]).hash_tag("customer", 16);
    /// let aggregator = Aggregator::builder().metrics([requests]).start()?;
    /// telemetry::execute!("shop.reply", {}, { route: "/", customer: "ada@example.org" });
    ///
    /// let tags = [("route", "/"), ("customer", "13")];
    /// assert_eq!(aggregator.snapshot().find("shop.reply.count", &tags), Some(&Data::Counter(1)));
    /// # Ok::<(), telemetry_metrics::StartError>(())
    /// ```
    pub fn hash_tag(mut self, key: impl Into<String>, buckets: u32) -> Self {
        self.hashed.push((key.into(), buckets));
        self
    }

    /// Computes tags from the event; what it does not set is taken from the metadata.
    ///
    /// ```
    /// # use telemetry_metrics::counter;
    /// counter("shop.reply.count").tags(["status_class"]).tag_values(|event, tags| {
    ///     let status = event.metadata("status").and_then(|status| status.as_u64()).unwrap_or(0);
    ///     tags.set("status_class", format!("{}xx", status / 100));
    /// });
    /// ```
    pub fn tag_values(
        mut self,
        compute: impl Fn(&Event<'_>, &mut TagValues<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.tag_values = Some(Arc::new(compute));
        self
    }

    /// Counts only events for which this is true. Cannot be combined with
    /// [`drop_when`](Self::drop_when).
    pub fn keep(mut self, keep: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.keep.push(Arc::new(keep));
        self
    }

    /// Counts only events for which this is false. Cannot be combined with [`keep`](Self::keep).
    pub fn drop_when(mut self, drop: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.drop_when.push(Arc::new(drop));
        self
    }

    /// What the metric means, in a sentence. Prometheus shows it as HELP.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The upper bounds of a distribution, ascending, in the definition's unit: seconds and bytes
    /// unless [`unit`](Self::unit) says otherwise. For time, `Duration`s may stand, too.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry_metrics::{buckets, distribution};
    /// distribution("shop.reply.duration").buckets([0.01, 0.1, 1.0]);
    /// distribution("shop.reply.duration").buckets([Duration::from_millis(10)]);
    /// distribution("shop.reply.items").buckets(buckets::exponential(1.0, 2.0, 10));
    /// ```
    pub fn buckets<B: ToNumber>(mut self, bounds: impl IntoIterator<Item = B>) -> Self {
        let absent = Number::Float(f64::NAN);
        let number = |bound: B| bound.to_number().unwrap_or(absent);
        self.buckets = Some(bounds.into_iter().map(number).collect());
        self
    }

    /// How many series the metric may have, [`DEFAULT_MAX_SERIES`] by default. What comes beyond
    /// is counted in one overflow series. Metrics of the same events and tags share the limit.
    pub fn max_series(mut self, limit: usize) -> Self {
        self.max_series = limit;
        self
    }

    /// Lets a sum fall: negative measurements are subtracted. Reporters show it as a gauge.
    pub fn up_down(mut self) -> Self {
        self.up_down = true;
        self
    }

    /// Leaves this definition out of the
    /// [check of definitions](crate::AggregatorBuilder::check_definitions), which cannot see events
    /// that are emitted by [`telemetry::emit`] or by code that is loaded while the program runs.
    ///
    /// ```
    /// use telemetry::EventName;
    /// use telemetry_metrics::{Aggregator, Check, counter};
    ///
    /// let aggregator = Aggregator::builder()
    ///     .metrics([counter("shop.log.line.count").unchecked()])
    ///     .check_definitions(Check::Deny)
    ///     .start()?;
    /// telemetry::emit(EventName::new("shop.log.line")?, &[], &[]);
    /// # assert_eq!(
    /// #     aggregator.snapshot().find("shop.log.line.count", &[]),
    /// #     Some(&telemetry_metrics::Data::Counter(1))
    /// # );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// The measurement is time, shown in seconds.
    pub fn seconds(self) -> Self {
        self.unit(Unit::Second)
    }

    /// The measurement is a size in bytes.
    pub fn bytes(self) -> Self {
        self.unit(Unit::Byte)
    }

    /// The unit in which numbers are shown; or a pair of the unit in which bare numbers are
    /// measured and the one in which they are shown.
    ///
    /// A measurement called `duration`, or ending in `_time` or `_duration`, is time unless told
    /// otherwise. Time is measured by `Duration`s; a bare number at a time definition is skipped
    /// and counted, unless the pair says what it is.
    ///
    /// ```
    /// # use telemetry_metrics::{Unit, summary};
    /// summary("shop.reply.duration").unit(Unit::Millisecond);
    /// summary("shop.reply.elapsed_ms").unit((Unit::Millisecond, Unit::Second));
    /// summary("shop.reply.duration").unit(Unit::One); // a plain number after all
    /// ```
    pub fn unit(mut self, unit: impl Into<UnitSpec>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// A setting for one reporter, such as `.option("report_as", "counter")` for StatsD. A key
    /// that is none of [`KNOWN_OPTIONS`] is an error when a reporter starts.
    pub fn option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((key.into(), value.into()));
        self
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}
