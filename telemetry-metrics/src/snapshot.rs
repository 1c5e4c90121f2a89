//! [`Snapshot`]: all numbers as they are, since the start.

use std::sync::Arc;
use std::time::SystemTime;

use telemetry::{SpanId, TraceId};

use crate::amount::Amount;
use crate::arena::Totals;
use crate::cells::{self, Now};
use crate::definition::Definition;
use crate::exponential::{self, Held};
use crate::exponential_buckets::ExponentialBuckets;
use crate::group::Group;
use crate::metric::Kind;
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
    /// One per definition, in their order, then the self-metrics, and then what was
    /// [added](crate::Late) while the aggregator runs.
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
    /// Whether anything was counted. If not, it is shown because it has no tags, and so is known
    /// from the start.
    pub is_touched: bool,
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
    pub(crate) held: Vec<Held>,
}

impl Summary {
    /// The number below which the share `q` (0 to 1) of all numbers since the start lies, as
    /// stored (nanoseconds, bytes or ones); at most 1.083 % off. `None` if there are none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let counts = self.held.iter().map(Held::counted);
        exponential::quantile(counts, q, self.min, self.max)
    }

    /// All numbers since the start, by exponential buckets.
    #[must_use]
    pub fn exponential(&self) -> ExponentialBuckets {
        ExponentialBuckets::of(&self.held)
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
    /// An example for each bucket: the first number since the snapshot before that was counted
    /// within a sampled span, or else an older one. Empty unless
    /// [`Aggregator::keep_exemplars`](crate::Aggregator::keep_exemplars) was called and there is any.
    pub exemplars: Vec<Option<Exemplar>>,
    /// The same numbers by exponential buckets; only where
    /// [`Snapshots::with_exponential`](crate::Snapshots::with_exponential) asked for them.
    pub exponential: Option<ExponentialBuckets>,
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

pub(crate) fn take(shared: &Shared, exponential: bool) -> Snapshot {
    shared.sweep();
    let groups: Vec<_> = shared
        .groups
        .iter()
        .map(|group| Rows::read(group, exponential))
        .collect();
    let mut families = Vec::with_capacity(shared.definitions.len() + 10);
    for (definition, (group, place)) in shared.definitions.iter().zip(&shared.places) {
        families.push(groups[*group].family(definition, *place));
    }
    // Whoever reads the next one sees other examples.
    shared.wanted.next_epoch();
    self_metrics::append(shared, &mut families);
    // Last, so that the places of all others are known from the start.
    let late = shared.late.all();
    let late = late
        .iter()
        .map(|one| (one.definition(), Rows::read(&one.group, exponential)));
    families.extend(late.map(|(definition, rows)| rows.family(&definition, 0)));
    Snapshot {
        families,
        constant_tags: shared.constant_tags.clone(),
    }
}

/// The rows of a group, and what they held a moment later.
struct Rows<'a> {
    group: &'a Group,
    rows: Vec<Arc<Row>>,
    totals: Totals,
    /// Whether distributions are to be read by exponential buckets, too.
    exponential: bool,
}

impl<'a> Rows<'a> {
    fn read(group: &'a Group, exponential: bool) -> Self {
        let rows = group.rows.all();
        let totals = group.rows.totals(&rows);
        Self {
            group,
            rows,
            totals,
            exponential,
        }
    }

    /// The family of the metric at this place of the group.
    fn family(&self, definition: &Arc<Definition>, place: usize) -> Family {
        let mut series = Vec::with_capacity(self.rows.len());
        series.extend(self.rows.iter().filter_map(|row| {
            let now = Now {
                cell: &self.group.rows.cells[place],
                words: self.totals.of(row.place())?,
                shared: row.shared_to_read(&self.group.rows.cells, place, self.exponential),
                arena: &self.group.rows.arena,
                row,
            };
            let (data, is_touched) = read(definition, &now, self.exponential)?;
            Some(Series {
                data,
                is_touched,
                tags: row.tags.clone(),
                is_overflow: row.is_overflow,
                started: row.started(),
            })
        }));
        Family {
            definition: definition.clone(),
            series,
        }
    }
}

/// Reads a cell, and whether anything was counted in it; `None` if nothing was and zero is not worth
/// showing.
fn read(definition: &Definition, now: &Now<'_>, exponential: bool) -> Option<(Data, bool)> {
    let Now {
        cell,
        words,
        shared,
        arena,
        row,
    } = *now;
    let (data, is_touched) = match (cell.kind, shared) {
        (Kind::Counter, _) => {
            let count = cell.count(words);
            (Data::Counter(count), count > 0)
        }
        (Kind::Sum, _) => (
            Data::Sum(cell.shown(cell.total(words))),
            cell.count(words) > 0,
        ),
        (Kind::LastValue, Some(cells::Shared::LastValue(value))) if cell.count(words) > 0 => {
            (Data::LastValue(Amount::load(value, cell.dimension)), true)
        }
        (Kind::Summary, Some(cells::Shared::Summary(part))) => {
            let held = part.values.held();
            let count = held.iter().map(|held| held.count).sum();
            if count == 0 {
                return None;
            }
            let summary = Summary {
                count,
                sum: cell.shown(cell.total_now(arena, row)),
                min: part.min(),
                max: part.max(),
                held,
            };
            (Data::Summary(summary), true)
        }
        (Kind::Distribution, shared) => {
            let buckets = cell.buckets(words);
            let count = buckets.iter().sum();
            let part = match shared {
                Some(cells::Shared::Distribution(part)) => Some(part),
                _ => None,
            };
            let distribution = Distribution {
                count,
                sum: cell.shown(cell.total(words)),
                buckets: buckets.to_vec(),
                exemplars: part.map_or_else(Vec::new, |part| part.exemplars.newest()),
                exponential: exponential
                    .then(|| ExponentialBuckets::of_distribution(cell, words, part)),
            };
            (Data::Distribution(distribution), count > 0)
        }
        // Nothing was measured, and no number would say so.
        (Kind::LastValue | Kind::Summary, _) => return None,
    };
    // A counter that stands at zero is an answer, and alerts depend on it. With tags nobody knows
    // which series there will be.
    let show_zero = definition.tags().is_empty();
    (is_touched || show_zero).then_some((data, is_touched))
}
