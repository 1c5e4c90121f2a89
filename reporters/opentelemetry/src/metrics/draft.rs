//! [`Draft`]: what a definition is to become, and whether it can.

use telemetry_metrics::{Definition, Dimension, Kind, Unit};

use super::attributes::Attributes;
use super::conventions::{self, Convention, Instrument};
use super::exponential;
use super::options::Options;
use super::plan::Plan;
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
