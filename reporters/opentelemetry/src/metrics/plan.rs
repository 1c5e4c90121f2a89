//! [`Plan`]: what a definition becomes, found out once.

use std::time::SystemTime;

use telemetry_metrics::{
    Amount, Definition, Dimension, Distribution, Exemplar, ExponentialBuckets, HistogramDelta,
    Kind, Summary, Unit,
};

use super::attributes::Attributes;
use super::conventions::{self, Convention, Instrument};
use super::exponential::{self, Exponential};
use super::options::Options;
use super::points::{self, Example, Number, Times, Totals};
use super::settings::{Histograms, MetricSettings, Temporality};
use super::stream::{Data, Stream};

/// Where the numbers of a definition come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// A snapshot, as they are.
    Snapshot,
    /// A reader's deltas.
    Reader,
    /// A snapshot, less what was delivered: what is kept elsewhere and only read, as a delta.
    Observed,
}

/// How a definition's series are written.
#[derive(Debug)]
pub(super) struct Plan {
    /// The number of its stream.
    pub(super) stream: usize,
    pub(super) route: Route,
    pub(super) data: Data,
    attributes: Attributes,
    unit: Unit,
    is_integer: bool,
    /// In the unit.
    bounds: Vec<f64>,
    /// By how many exponential buckets numbers move in the unit.
    shift: i32,
}

/// A definition on its way to a plan.
pub(super) struct Draft {
    pub(super) stream: Stream,
    pub(super) route: Route,
    convention: Option<&'static Convention>,
    unit: Unit,
}

impl Draft {
    /// Why not, if the definition has a name of the conventions and does not fit. A definition of the
    /// library's own is only read.
    pub(super) fn new(
        definition: &Definition,
        options: &Options,
        settings: &MetricSettings,
    ) -> Result<Self, String> {
        let name = options.name.as_deref().unwrap_or(definition.name());
        let convention = conventions::find(name);
        if let (Some(convention), Some(_)) = (convention, &options.name) {
            if !convention.fits(definition) {
                return Err(format!(
                    "OpenTelemetry's `{name}` is a {} in `{}`, which this {} cannot be; leave out \
                     the option `otel_name`, or give another one",
                    convention.instrument.as_str(),
                    convention.unit,
                    definition.kind(),
                ));
            }
        }
        let convention = convention.filter(|convention| convention.fits(definition));
        let unit = match convention {
            Some(convention) => convention.shown(),
            None if definition.kind() == Kind::Counter => Unit::One,
            None if definition.unit_is_explicit() => definition.unit(),
            None => definition.dimension().base_unit(),
        };
        let is_exponential = match definition.kind() {
            Kind::Summary => true,
            _ => options.histogram.unwrap_or(settings.histograms) == Histograms::Exponential,
        };
        let kind = kind(definition, convention);
        let route = kind.route(is_read(definition), settings.temporality);
        let is_delta = route != Route::Snapshot;
        Ok(Self {
            stream: Stream {
                name: name.to_owned(),
                description: definition.description().unwrap_or_default().to_owned(),
                unit: convention.map_or_else(|| ucum(unit), |known| known.unit.to_owned()),
                data: match kind {
                    Instrument::Gauge => Data::Gauge,
                    Instrument::Counter | Instrument::UpDown => Data::Sum {
                        is_monotonic: kind == Instrument::Counter,
                        is_delta,
                    },
                    Instrument::Histogram if is_exponential => Data::Exponential { is_delta },
                    Instrument::Histogram => Data::Histogram { is_delta },
                },
            },
            route,
            convention,
            unit,
        })
    }

    /// Whether it needs exponential buckets of a distribution.
    pub(super) fn needs_exponential(&self, definition: &Definition) -> bool {
        definition.kind() == Kind::Distribution
            && matches!(self.stream.data, Data::Exponential { .. })
    }

    /// The plan, for points of this stream with these attributes beside the tags.
    pub(super) fn plan(
        self,
        definition: &Definition,
        stream: usize,
        fixed: &[(&str, &str)],
    ) -> Plan {
        let data = self.stream.data;
        // Times and sizes are integers.
        let is_stored_so = definition.dimension() != Dimension::None && self.unit.factor() == 1;
        Plan {
            stream,
            route: self.route,
            data,
            attributes: Attributes::new(
                data.attributes(),
                &self.stream.name,
                definition.tags(),
                fixed,
            ),
            unit: self.unit,
            is_integer: is_stored_so || self.convention.is_some_and(|known| known.is_integer),
            bounds: definition.bounds_in(self.unit).collect(),
            shift: exponential::shift(self.unit),
        }
    }
}

fn kind(definition: &Definition, convention: Option<&Convention>) -> Instrument {
    match (definition.kind(), convention) {
        (_, Some(convention)) => convention.instrument,
        (Kind::Counter, None) => Instrument::Counter,
        (Kind::Sum, None) if definition.is_up_down() => Instrument::UpDown,
        (Kind::Sum, None) => Instrument::Counter,
        (Kind::LastValue, None) => Instrument::Gauge,
        // Summaries and distributions.
        _ => Instrument::Histogram,
    }
}

impl Instrument {
    fn route(self, is_read: bool, temporality: Temporality) -> Route {
        match (self, temporality) {
            (_, Temporality::Cumulative) | (Self::Gauge | Self::UpDown, _) => Route::Snapshot,
            (_, Temporality::LowMemory) if is_read => Route::Snapshot,
            (_, Temporality::Delta) if is_read => Route::Observed,
            _ => Route::Reader,
        }
    }
}

/// Whether the numbers are kept elsewhere, and read when somebody asks.
fn is_read(definition: &Definition) -> bool {
    definition.kind() == Kind::LastValue || is_own(definition)
}

/// Whether it is one of the families that the library tells about itself.
pub(super) fn is_own(definition: &Definition) -> bool {
    definition.name().starts_with("telemetry.")
}

/// A unit as UCUM has it.
fn ucum(unit: Unit) -> String {
    let code = match unit {
        Unit::Nanosecond => "ns",
        Unit::Microsecond => "us",
        Unit::Millisecond => "ms",
        Unit::Second => "s",
        Unit::Minute => "min",
        Unit::Hour => "h",
        Unit::Byte => "By",
        Unit::Kilobyte => "kBy",
        Unit::Megabyte => "MBy",
        Unit::Gigabyte => "GBy",
        Unit::Kibibyte => "KiBy",
        Unit::Mebibyte => "MiBy",
        Unit::Gibibyte => "GiBy",
        Unit::Other(name) if may_annotate(name) => return format!("{{{name}}}"),
        _ => "1",
    };
    code.to_owned()
}

fn may_annotate(name: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'{' | b'}');
    // A unit has at most 63 characters.
    !name.is_empty() && name.len() <= 61 && name.bytes().all(may_stand)
}

/// A series of a plan, at some moment.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    /// The texts of the tags.
    pub(super) tags: &'a [Box<str>],
    pub(super) is_overflow: bool,
    pub(super) times: Times,
    /// Exemplars are shown that came after that.
    pub(super) examples_after: u64,
}

impl Plan {
    /// The tags of the definition became more.
    pub(super) fn retag(&mut self, metric: &str, tags: &[String], fixed: &[(&str, &str)]) {
        self.attributes = Attributes::new(self.data.attributes(), metric, tags, fixed);
    }

    pub(super) fn write_count(&self, out: &mut Vec<u8>, series: Series<'_>, count: u64) {
        let count = match i64::try_from(count) {
            Ok(count) => Number::Integer(count),
            Err(_) => Number::Real(count as f64),
        };
        self.write_number(out, series, count);
    }

    pub(super) fn write_amount(&self, out: &mut Vec<u8>, series: Series<'_>, amount: Amount) {
        // Of what is below, in real numbers, every integer is one of these.
        const EXACT: f64 = (1_u64 << 53) as f64;
        let number = match amount {
            Amount::Integer(number) if self.is_integer => Number::Integer(number),
            amount => match self.shown(amount) {
                real if self.is_integer && real.fract() == 0.0 && real.abs() <= EXACT => {
                    Number::Integer(real as i64)
                }
                real => Number::Real(real),
            },
        };
        self.write_number(out, series, number);
    }

    fn write_number(&self, out: &mut Vec<u8>, series: Series<'_>, number: Number) {
        let mut times = series.times;
        if self.data == Data::Gauge {
            times.start = 0;
        }
        let attributes = |out: &mut Vec<u8>| self.write_attributes(out, series);
        points::number(out, times, number, attributes);
    }

    pub(super) fn write_summary(&self, out: &mut Vec<u8>, series: Series<'_>, summary: &Summary) {
        let extremes = (self.shown_real(summary.min), self.shown_real(summary.max));
        let buckets = summary.exponential();
        self.write_exponential(out, series, &buckets, summary.sum, Some(extremes), &[]);
    }

    pub(super) fn write_distribution(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        distribution: &Distribution,
    ) {
        let exemplars: Vec<_> = distribution.exemplars.iter().flatten().copied().collect();
        let sum = distribution.sum;
        match (self.data, &distribution.exponential) {
            (Data::Exponential { .. }, Some(buckets)) => {
                self.write_exponential(out, series, buckets, sum, None, &exemplars);
            }
            _ => self.write_explicit(out, series, &distribution.buckets, sum, &exemplars),
        }
    }

    /// Whether there was anything to write.
    pub(super) fn write_delta(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        delta: &HistogramDelta,
    ) -> bool {
        match (self.data, &delta.exponential) {
            (Data::Exponential { .. }, Some(buckets)) => {
                let exemplars = &delta.exemplars;
                self.write_exponential(out, series, buckets, delta.sum, None, exemplars);
                buckets.count() > 0
            }
            _ => {
                self.write_explicit(out, series, &delta.buckets, delta.sum, &delta.exemplars);
                delta.count > 0
            }
        }
    }

    fn write_explicit(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        buckets: &[u64],
        sum: Amount,
        exemplars: &[Exemplar],
    ) {
        let mut below_zero = self.bounds.iter().zip(buckets);
        let below_zero = below_zero.any(|(bound, count)| *bound < 0.0 && *count > 0);
        let totals = Totals {
            times: series.times,
            count: buckets
                .iter()
                .fold(0, |all, count| all.saturating_add(*count)),
            sum: (!below_zero && !sum.is_negative()).then(|| self.shown(sum)),
            extremes: None,
        };
        points::histogram(
            out,
            totals,
            &self.bounds,
            buckets,
            self.examples(series, exemplars),
            |out| self.write_attributes(out, series),
        );
    }

    fn write_exponential(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        buckets: &ExponentialBuckets,
        sum: Amount,
        extremes: Option<(f64, f64)>,
        exemplars: &[Exemplar],
    ) {
        let buckets = Exponential::of(buckets, self.shift);
        let below_zero = !buckets.negative.counts.is_empty();
        let totals = Totals {
            times: series.times,
            count: buckets.count(),
            sum: (!below_zero && !sum.is_negative()).then(|| self.shown(sum)),
            extremes,
        };
        points::exponential(
            out,
            totals,
            &buckets,
            self.examples(series, exemplars),
            |out| self.write_attributes(out, series),
        );
    }

    fn examples<'a>(
        &self,
        series: Series<'_>,
        exemplars: &'a [Exemplar],
    ) -> impl Iterator<Item = Example<'a>> {
        let Times { start, time: end } = series.times;
        let is_wanted =
            move |time: u64| start <= time && time <= end && time > series.examples_after;
        exemplars.iter().filter_map(move |exemplar| {
            let time = nanos(exemplar.time);
            is_wanted(time).then(|| Example {
                exemplar,
                time,
                value: self.shown(exemplar.value),
            })
        })
    }

    fn write_attributes(&self, out: &mut Vec<u8>, series: Series<'_>) {
        self.attributes.write(out, series.tags, series.is_overflow);
    }

    /// In the unit, and finite: a difference of two extremes may not be.
    fn shown(&self, amount: Amount) -> f64 {
        amount.in_unit(self.unit).clamp(f64::MIN, f64::MAX)
    }

    /// The same of a number as stored.
    fn shown_real(&self, stored: f64) -> f64 {
        let is_integer = stored.fract() == 0.0 && stored.abs() < (1_u64 << 62) as f64;
        self.shown(if is_integer && self.unit.factor() > 1 {
            Amount::Integer(stored as i64)
        } else {
            Amount::Real(stored)
        })
    }
}

/// Nanoseconds since the epoch; a clock that is before it, or centuries after, stands still there.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
