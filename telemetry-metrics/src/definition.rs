//! [`Definition`]: a metric as it was understood, for the aggregator and the reporters.

use std::fmt;

use crate::amount::Amount;
use crate::metric::{Kind, MeasureWith, Measurement, Predicate, TagValuesWith};
use crate::unit::{Dimension, Unit};

/// A checked definition: what reporters read.
#[derive(Clone)]
pub struct Definition {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) events: Vec<String>,
    pub(crate) measurement: Measurement,
    pub(crate) tags: Vec<String>,
    /// For each tag, into how many values it is hashed, if it is.
    pub(crate) hashed: Vec<Option<u32>>,
    pub(crate) tag_values: Option<TagValuesWith>,
    pub(crate) keep: Vec<Predicate>,
    pub(crate) drop_when: Vec<Predicate>,
    /// The unit of bare numbers, where the definition says one.
    pub(crate) from: Option<Unit>,
    pub(crate) unit: Unit,
    pub(crate) unit_is_explicit: bool,
    pub(crate) description: Option<String>,
    pub(crate) bounds: Vec<f64>,
    /// The same as stored, so that recording compares integers with integers.
    pub(crate) stored_bounds: Vec<Amount>,
    pub(crate) max_series: usize,
    pub(crate) up_down: bool,
    pub(crate) unchecked: bool,
    pub(crate) options: Vec<(String, String)>,
}

impl Definition {
    /// The kind of metric.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name, `shop.endpoint.stop.count`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The events that feed it; never empty.
    #[must_use]
    pub fn events(&self) -> &[String] {
        &self.events
    }

    /// The measurement's key; `None` if the number is computed.
    #[must_use]
    pub fn measurement(&self) -> Option<&str> {
        match &self.measurement {
            Measurement::LastSegment => self.name.rsplit('.').next(),
            Measurement::Key(key) => Some(key),
            Measurement::With(_) => None,
        }
    }

    /// The keys of its tags, in the order in which a series holds their values.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// What its numbers measure.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        self.unit.dimension()
    }

    /// The unit in which its numbers are shown where a reporter has no rule of its own.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Whether the definition said its unit itself.
    #[must_use]
    pub fn unit_is_explicit(&self) -> bool {
        self.unit_is_explicit
    }

    /// What it means, if the definition says so.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The upper bounds of a distribution, ascending, in the base unit of its dimension (seconds,
    /// bytes, or ones), without the infinite one.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The bounds in another unit of the definition's dimension.
    pub fn bounds_in(&self, unit: Unit) -> impl Iterator<Item = f64> {
        self.stored_bounds
            .iter()
            .map(move |bound| bound.in_unit(unit))
    }

    /// How many series there may be; what exceeds it is counted in one of overflow.
    #[must_use]
    pub fn max_series(&self) -> usize {
        self.max_series
    }

    /// Whether a sum may fall.
    #[must_use]
    pub fn is_up_down(&self) -> bool {
        self.up_down
    }

    /// The settings for reporters, as given.
    #[must_use]
    pub fn options(&self) -> &[(String, String)] {
        &self.options
    }

    /// Whether `keep` or `drop_when` leave some of the events out.
    pub(crate) fn is_filtered(&self) -> bool {
        !(self.keep.is_empty() && self.drop_when.is_empty())
    }

    /// Whether finding out what to count runs code of users.
    pub(crate) fn has_closures(&self) -> bool {
        !self.keep.is_empty()
            || !self.drop_when.is_empty()
            || self.tag_values.is_some()
            || self.measure_with().is_some()
    }

    pub(crate) fn measure_with(&self) -> Option<&MeasureWith> {
        match &self.measurement {
            Measurement::With(measure) => Some(measure),
            _ => None,
        }
    }

    /// Says that numbers are skipped because of their unit, and what to do.
    pub(crate) fn tell_unit(&self) {
        use std::io::Write;
        let (what, instead) = match self.dimension() {
            Dimension::Time => (
                "a bare number, because it is a time",
                "pass a `Duration`, or say what the number is, as in \
                 `.unit((Unit::Millisecond, Unit::Second))`",
            ),
            Dimension::Bytes => (
                "a `Duration`, because it is a size in bytes",
                "give another unit, or none",
            ),
            Dimension::None => (
                "a `Duration`, because it is a plain number",
                "say `.unit(Unit::Second)` or another unit of time",
            ),
        };
        let _ = writeln!(
            std::io::stderr(),
            "telemetry-metrics: the {} `{}` skips {what}: {instead} (said once; all are counted in \
             `telemetry.metric.skipped`)",
            self.kind(),
            self.name()
        );
    }

    /// A definition of the library's own, about itself.
    pub(crate) fn own(kind: Kind, name: &str, tags: &[&str], description: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            events: Vec::new(),
            measurement: Measurement::LastSegment,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            hashed: tags.iter().map(|_| None).collect(),
            tag_values: None,
            keep: Vec::new(),
            drop_when: Vec::new(),
            from: None,
            unit: Unit::One,
            unit_is_explicit: false,
            description: Some(description.to_owned()),
            bounds: Vec::new(),
            stored_bounds: Vec::new(),
            max_series: 0,
            up_down: false,
            unchecked: false,
            options: Vec::new(),
        }
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("events", &self.events)
            .field("tags", &self.tags)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}
