//! [`Metric`]: what was received as one.

use std::sync::Arc;

use crate::{Attributes, Resource, Scope};

/// A metric, as it was received: once per request in which it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Whom it is from.
    pub resource: Arc<Resource>,
    /// The instrumentation that it is from.
    pub scope: Arc<Scope>,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What it is about.
    pub description: String,
    /// What it is.
    pub instrument: Instrument,
    /// Whether it begins anew with each request; `None` for gauges and summaries.
    pub temporality: Option<Temporality>,
    /// Of a sum: whether it only goes up.
    pub monotonic: bool,
    /// Its series.
    pub points: Vec<Point>,
}

impl Metric {
    /// The one point with these attributes, and no others.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn point(&self, attributes: &[(&str, &str)]) -> &Point {
        let mut found = self.points.iter().filter(|point| {
            let known = &point.attributes;
            known.len() == attributes.len()
                && attributes
                    .iter()
                    .all(|(key, value)| known.text(key) == Some(value))
        });
        let one = found.next();
        assert!(found.next().is_none(), "twice {attributes:?}: {self:#?}");
        one.unwrap_or_else(|| panic!("no {attributes:?} in {self:#?}"))
    }
}

/// What kind of data a metric has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "their names say it")]
pub enum Instrument {
    Gauge,
    Sum,
    Histogram,
    ExponentialHistogram,
    Summary,
    /// None: it has no data.
    Empty,
}

/// `AggregationTemporality`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "their names say it")]
pub enum Temporality {
    Unspecified,
    Delta,
    Cumulative,
}

/// One series at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Which series it is.
    pub attributes: Attributes,
    /// In nanoseconds since 1970; 0 if it was not sent.
    pub start: u64,
    /// In nanoseconds since 1970.
    pub time: u64,
    /// Bit 0: no value was recorded.
    pub flags: u32,
    /// Its value.
    pub reading: Reading,
    /// Some of what went into it.
    pub exemplars: Vec<Exemplar>,
}

/// The value of a point.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reading {
    /// None was sent.
    Nothing,
    /// Of a gauge or a sum.
    Int(i64),
    /// Of a gauge or a sum.
    Double(f64),
    /// Of a histogram.
    #[expect(missing_docs, reason = "their names say it")]
    Histogram {
        count: u64,
        sum: Option<f64>,
        min: Option<f64>,
        max: Option<f64>,
        bounds: Vec<f64>,
        /// One more than there are bounds.
        buckets: Vec<u64>,
    },
    /// Of an exponential histogram.
    #[expect(missing_docs, reason = "their names say it")]
    Exponential {
        count: u64,
        sum: Option<f64>,
        min: Option<f64>,
        max: Option<f64>,
        scale: i32,
        zero_count: u64,
        zero_threshold: f64,
        positive: Buckets,
        negative: Buckets,
    },
    /// Of a summary.
    #[expect(missing_docs, reason = "their names say it")]
    Summary {
        count: u64,
        sum: f64,
        /// Quantile and value.
        quantiles: Vec<(f64, f64)>,
    },
}

/// Those of an exponential histogram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// The index of the first.
    pub offset: i32,
    /// From there on.
    pub counts: Vec<u64>,
}

/// `Exemplar`
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// What it says beyond its series.
    pub attributes: Attributes,
    /// In nanoseconds since 1970.
    pub time: u64,
    /// An [`Int`](Reading::Int) or a [`Double`](Reading::Double).
    pub reading: Reading,
    /// 32 hexadecimal digits, or empty.
    pub trace: String,
    /// 16 hexadecimal digits, or empty.
    pub span: String,
}
