//! [`Snapshot`]: all numbers as they are, since the start.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use telemetry::{SpanId, TraceId};

use crate::amount::Amount;
use crate::cells::{Cell, load};
use crate::definition::Definition;
use crate::exponential::{self, Held};
use crate::row::Row;
use crate::self_metrics;
use crate::shared::Shared;

/// All families, cumulative since the aggregator started.
///
/// Each number is as it was at one moment; two numbers may be of two moments a few microseconds
/// apart, because emitters are never made to wait.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// One per definition, in their order, and then the self-metrics.
    pub families: Vec<Family>,
    /// The tags that every series carries beside its own.
    pub constant_tags: Vec<(String, String)>,
}

/// All series of one definition.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Family {
    /// What the numbers mean.
    pub definition: Arc<Definition>,
    /// In the order in which they were first met; the overflow series last.
    pub series: Vec<Series>,
}

/// One combination of tags.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Series {
    /// The tags' texts in the order of [`Definition::tags`]; empty where the tag is absent. Empty
    /// altogether for the overflow series.
    pub tags: Arc<[Box<str>]>,
    /// Whether this is where events beyond the limit are counted; reporters mark it with the tag
    /// `otel.metric.overflow`.
    pub is_overflow: bool,
    /// Since when it has been counted.
    pub started: SystemTime,
    /// The numbers.
    pub data: Data,
}

impl Series {
    /// The tags that are there, with their keys.
    pub fn tags<'s>(
        &'s self,
        definition: &'s Definition,
    ) -> impl Iterator<Item = (&'s str, &'s str)> {
        present(definition, &self.tags)
    }
}

pub(crate) fn present<'s>(
    definition: &'s Definition,
    texts: &'s [Box<str>],
) -> impl Iterator<Item = (&'s str, &'s str)> {
    definition
        .tags()
        .iter()
        .zip(texts)
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| (key.as_str(), &**text))
}

/// The tag that marks the overflow series, `true` as text; OpenTelemetry's name for it.
pub const OVERFLOW_TAG: &str = "otel.metric.overflow";

/// The numbers of one series. An [`Amount`] is in nanoseconds, bytes or ones, by the definition's
/// dimension.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// How many events.
    Counter(u64),
    /// The total.
    Sum(Amount),
    /// The newest value.
    LastValue(Amount),
    /// Statistics.
    Summary(Summary),
    /// A histogram.
    Distribution(Distribution),
}

/// Statistics of a measurement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// How many numbers.
    pub count: u64,
    /// Their total.
    pub sum: Amount,
    /// The smallest, as stored.
    pub min: f64,
    /// The largest, as stored.
    pub max: f64,
    held: Vec<Held>,
}

impl Summary {
    /// The number below which the share `q` (0 to 1) of all numbers since the start lies, as
    /// stored (nanoseconds, bytes or ones); at most 1.083 % off. `None` if there are none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        exponential::quantile(&self.held, q, self.min, self.max)
    }
}

/// A histogram.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Distribution {
    /// How many numbers; always the total of `buckets`.
    pub count: u64,
    /// Their total.
    pub sum: Amount,
    /// How many numbers fell between each bound and the one before: one entry per bound (a number
    /// equal to a bound belongs to it), and one for what is larger than all.
    pub buckets: Vec<u64>,
    /// An example for each bucket, newest first kept; empty unless
    /// [`Aggregator::keep_exemplars`](crate::Aggregator::keep_exemplars) was called.
    pub exemplars: Vec<Option<Exemplar>>,
}

/// One number that was counted, and the span in which that was.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Exemplar {
    /// The number.
    pub value: Amount,
    /// When it was counted.
    pub time: SystemTime,
    /// The trace to look at.
    pub trace_id: TraceId,
    /// The span within it.
    pub span_id: SpanId,
}

impl Snapshot {
    /// The numbers of the series of `name` with these tags: as many as are present, in any order.
    /// If two definitions share the name, the first counts.
    #[must_use]
    pub fn find(&self, name: &str, tags: &[(&str, &str)]) -> Option<&Data> {
        let family = self
            .families
            .iter()
            .find(|family| family.definition.name() == name)?;
        let same = |series: &&Series| {
            let own: Vec<_> = series.tags(&family.definition).collect();
            !series.is_overflow
                && own.len() == tags.len()
                && tags.iter().all(|tag| own.contains(tag))
        };
        family.series.iter().find(same).map(|series| &series.data)
    }
}

pub(crate) fn take(shared: &Shared) -> Snapshot {
    let rows: Vec<Vec<Arc<Row>>> = shared.groups.iter().map(|group| group.rows.all()).collect();
    let mut families = Vec::with_capacity(shared.definitions.len() + 8);
    for (definition, (group, place)) in shared.definitions.iter().zip(&shared.places) {
        let series = rows[*group]
            .iter()
            .filter_map(|row| {
                Some(Series {
                    data: read(definition, &row.cells[*place])?,
                    tags: row.tags.clone(),
                    is_overflow: row.is_overflow,
                    started: row.started,
                })
            })
            .collect();
        families.push(Family {
            definition: definition.clone(),
            series,
        });
    }
    self_metrics::append(shared, &mut families);
    Snapshot {
        families,
        constant_tags: shared.constant_tags.clone(),
    }
}

/// Reads a cell; `None` if nothing was counted and zero is not worth showing.
fn read(definition: &Definition, cell: &Cell) -> Option<Data> {
    let dimension = definition.dimension();
    // A counter that stands at zero is an answer, and alerts depend on it. With tags nobody knows
    // which series there will be.
    let show_zero = definition.tags().is_empty();
    match cell {
        Cell::Counter(count) => {
            let count = count.load(Ordering::Relaxed);
            (count > 0 || show_zero).then_some(Data::Counter(count))
        }
        Cell::Sum(cell) => {
            let touched = cell.updates.load(Ordering::Relaxed) > 0 || show_zero;
            touched.then(|| Data::Sum(load(&cell.total, dimension)))
        }
        Cell::LastValue(cell) => {
            let touched = cell.sets.load(Ordering::Acquire) > 0;
            touched.then(|| Data::LastValue(load(&cell.value, dimension)))
        }
        Cell::Summary(cell) => {
            let held = cell.values.held(dimension);
            let count = held.iter().map(|held| held.count).sum();
            let summary = || Summary {
                count,
                sum: load(&cell.sum, dimension),
                min: cell.min(),
                max: cell.max(),
                held,
            };
            (count > 0).then(|| Data::Summary(summary()))
        }
        Cell::Distribution(cell) => {
            let buckets = cell.counts();
            let count = buckets.iter().sum();
            let sum = cell.total();
            (count > 0 || show_zero).then_some(Data::Distribution(Distribution {
                count,
                sum,
                buckets,
                exemplars: Vec::new(),
            }))
        }
    }
}
