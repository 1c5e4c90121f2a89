//! [`Heat`]: how many numbers fell into which bucket, over time.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};
use telemetry_metrics::history::Stats;
use telemetry_metrics::{Definition, Dimension, Kind, Unit};

use super::scale::{Scale, rounded};

/// The exponential buckets of a summary are shown by so many to each doubling.
const PER_DOUBLING: f64 = 2.0;

/// No more rows than this for a summary: 32 doublings.
const MOST_ROWS: i32 = 64;

/// The columns of a heat map.
#[derive(Debug)]
pub(super) struct Heat {
    rows: Rows,
    divide: f64,
    columns: VecDeque<Option<Column>>,
}

/// Counts by row, only those that are not zero.
type Column = Vec<(i32, u64)>;

#[derive(Debug)]
enum Rows {
    /// One per bound of the distribution, as stored, and one for what lies beyond.
    Bounds(Vec<f64>),
    Powers(Powers),
}

/// The rows of a summary, as far as there are numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Powers {
    /// From one row to another; row `n` begins at 2^(n/2).
    range: Option<(i32, i32)>,
    /// Whether there is one for what lies below those: zeros.
    has_below: bool,
    /// Or negative numbers.
    has_negative: bool,
}

/// The row of what is no power of two: zeros and negative numbers, of which nobody makes heat maps.
const BELOW: i32 = i32::MIN;

impl Heat {
    pub(super) fn new(definition: &Definition) -> Self {
        let stored = match definition.dimension() {
            Dimension::Time => Unit::Nanosecond,
            Dimension::Bytes => Unit::Byte,
            _ => Unit::One,
        };
        let rows = match definition.kind() {
            Kind::Distribution => Rows::Bounds(definition.bounds_in(stored).collect()),
            _ => Rows::Powers(Powers::default()),
        };
        Self {
            rows,
            divide: Scale::of_amounts(definition).divide,
            columns: VecDeque::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
        if let Rows::Powers(rows) = &mut self.rows {
            *rows = Powers::default();
        }
    }

    /// Appends a column; tells whether the rows are others now.
    pub(super) fn push(&mut self, stats: Option<&Stats>) -> bool {
        let Some(stats) = stats else {
            self.columns.push_back(None);
            return false;
        };
        let mut column = Column::new();
        let mut grew = false;
        for bucket in stats.buckets() {
            let row = match &mut self.rows {
                Rows::Bounds(bounds) => {
                    let row = bounds.partition_point(|bound| *bound < bucket.upper);
                    i32::try_from(row).unwrap_or(i32::MAX)
                }
                Rows::Powers(rows) => {
                    let row = power(bucket.lower, bucket.upper);
                    grew |= rows.take_in(row, bucket.upper < 0.0);
                    row
                }
            };
            match column.last_mut() {
                Some((last, count)) if *last == row => *count += bucket.count,
                _ => column.push((row, bucket.count)),
            }
        }
        self.columns.push_back(Some(column));
        grew
    }

    pub(super) fn trim(&mut self, surplus: usize) {
        self.columns.drain(..surplus.min(self.columns.len()));
    }

    fn edges(&self) -> Vec<Json> {
        match &self.rows {
            Rows::Bounds(bounds) => {
                let first = bounds.first().is_some_and(|bound| *bound > 0.0);
                let lowest = if first { json!(0) } else { Json::Null };
                let bounds = bounds.iter().map(|bound| rounded(bound / self.divide));
                std::iter::once(lowest)
                    .chain(bounds)
                    .chain([Json::Null])
                    .collect()
            }
            Rows::Powers(rows) => rows.edges(self.divide),
        }
    }

    fn dense(&self, column: Option<&Column>) -> Json {
        let Some(column) = column else {
            return Json::Null;
        };
        let count = match &self.rows {
            Rows::Bounds(bounds) => bounds.len() + 1,
            Rows::Powers(rows) => rows.len(),
        };
        let mut dense = vec![0_u64; count];
        for (row, count) in column {
            let at = match &self.rows {
                Rows::Bounds(_) => usize::try_from(*row).unwrap_or(usize::MAX),
                Rows::Powers(rows) => rows.at(*row),
            };
            if let Some(cell) = dense.get_mut(at) {
                *cell += count;
            }
        }
        json!(dense)
    }

    /// All of it.
    pub(super) fn whole(&self) -> Json {
        json!({ "edges": self.edges(), "columns": self.newest(self.columns.len()) })
    }

    /// The newest columns.
    pub(super) fn newest(&self, count: usize) -> Vec<Json> {
        let skipped = self.columns.len().saturating_sub(count);
        let columns = self.columns.iter().skip(skipped);
        columns.map(|column| self.dense(column.as_ref())).collect()
    }
}

impl Powers {
    /// Tells whether there are other rows now.
    fn take_in(&mut self, row: i32, is_negative: bool) -> bool {
        let before = *self;
        if row == BELOW {
            self.has_below = true;
            self.has_negative |= is_negative;
        } else {
            let (low, high) = self.range.unwrap_or((row, row));
            self.range = Some((low.min(row), high.max(row)));
        }
        *self != before
    }

    /// The first and the last that are shown.
    fn shown(self) -> Option<(i32, i32)> {
        let (low, high) = self.range?;
        Some((low.max(high - MOST_ROWS + 1), high))
    }

    fn len(self) -> usize {
        let above = self.shown().map_or(0, |(low, high)| high - low + 1);
        usize::try_from(above).unwrap_or(0) + usize::from(self.has_below)
    }

    /// The place of a row; what is too small to be shown is counted in the lowest.
    fn at(self, row: i32) -> usize {
        match self.shown() {
            Some((low, _)) if row != BELOW => {
                usize::try_from(row.saturating_sub(low)).unwrap_or(0) + usize::from(self.has_below)
            }
            _ => 0,
        }
    }

    fn edges(self, divide: f64) -> Vec<Json> {
        let lowest = match (self.has_below, self.has_negative, self.range) {
            (false, ..) => None,
            (true, false, Some(_)) => Some(json!(0)),
            (true, ..) => Some(Json::Null),
        };
        let above = match self.shown() {
            Some((low, high)) => (low..=high + 1)
                .map(|row| rounded(edge(row) / divide))
                .collect(),
            None => vec![json!(0)],
        };
        lowest.into_iter().chain(above).collect()
    }
}

/// In which row a summary's bucket lies.
fn power(lower: f64, upper: f64) -> i32 {
    if upper <= 0.0 || lower <= 0.0 {
        return BELOW;
    }
    // The edges of rows are edges of buckets, so the middle says it without doubt.
    ((lower.log2() + upper.log2()) / 2.0 * PER_DOUBLING).floor() as i32
}

fn edge(row: i32) -> f64 {
    (f64::from(row) / PER_DOUBLING).exp2()
}
