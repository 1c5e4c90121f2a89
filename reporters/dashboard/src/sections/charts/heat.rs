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
    /// From one row to another; row `n` begins at 2^(n/2). As far as there are numbers.
    Powers(Option<(i32, i32)>),
}

impl Heat {
    pub(super) fn new(definition: &Definition) -> Self {
        let stored = match definition.dimension() {
            Dimension::Time => Unit::Nanosecond,
            Dimension::Bytes => Unit::Byte,
            _ => Unit::One,
        };
        let rows = match definition.kind() {
            Kind::Distribution => Rows::Bounds(definition.bounds_in(stored).collect()),
            _ => Rows::Powers(None),
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
            *rows = None;
        }
    }

    /// Appends a column; tells whether the rows are others now.
    pub(super) fn push(&mut self, stats: Option<&Stats>) -> bool {
        let Some(stats) = stats else {
            self.columns.push_back(None);
            return false;
        };
        let mut column = Column::new();
        for bucket in stats.buckets() {
            let row = match &self.rows {
                Rows::Bounds(bounds) => {
                    let row = bounds.partition_point(|bound| *bound < bucket.upper);
                    i32::try_from(row).unwrap_or(i32::MAX)
                }
                Rows::Powers(_) => power(bucket.lower, bucket.upper),
            };
            match column.last_mut() {
                Some((last, count)) if *last == row => *count += bucket.count,
                _ => column.push((row, bucket.count)),
            }
        }
        let grew = match (&mut self.rows, column.first(), column.last()) {
            (Rows::Powers(rows), Some((first, _)), Some((last, _))) => {
                let before = *rows;
                let (low, high) = before.unwrap_or((*first, *last));
                *rows = Some((low.min(*first), high.max(*last)));
                *rows != before
            }
            _ => false,
        };
        self.columns.push_back(Some(column));
        grew
    }

    pub(super) fn trim(&mut self, surplus: usize) {
        self.columns.drain(..surplus.min(self.columns.len()));
    }

    /// The first row and how many there are.
    fn rows(&self) -> (i32, i32) {
        match &self.rows {
            Rows::Bounds(bounds) => (0, i32::try_from(bounds.len()).unwrap_or(i32::MAX - 1) + 1),
            Rows::Powers(None) => (0, 0),
            Rows::Powers(Some((low, high))) => {
                let low = (*low).max(high - MOST_ROWS + 1);
                (low, high - low + 1)
            }
        }
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
            Rows::Powers(_) => {
                let (low, count) = self.rows();
                let edge = |row: i32| rounded(edge(row) / self.divide);
                (low..=low + count).map(edge).collect()
            }
        }
    }

    fn dense(&self, column: Option<&Column>) -> Json {
        let Some(column) = column else {
            return Json::Null;
        };
        let (low, count) = self.rows();
        let mut dense = vec![0_u64; usize::try_from(count).unwrap_or(0)];
        for (row, count) in column {
            let at = usize::try_from(row.saturating_sub(low)).unwrap_or(0);
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

/// In which row a summary's bucket lies. Zeros are in the row that begins with the smallest
/// magnitude; so are negative numbers, of which nobody makes heat maps.
fn power(lower: f64, upper: f64) -> i32 {
    if upper <= 0.0 || lower <= 0.0 {
        return i32::from(i16::MIN);
    }
    // The edges of rows are edges of buckets, so the middle says it without doubt.
    ((lower.log2() + upper.log2()) / 2.0 * PER_DOUBLING).floor() as i32
}

fn edge(row: i32) -> f64 {
    (f64::from(row) / PER_DOUBLING).exp2()
}
