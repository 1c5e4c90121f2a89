//! What a table is made of: the series that counted something, and all newest values.

use std::sync::Arc;

use telemetry_metrics::{Data, Definition, Delta, DeltaData, Kind, Mark, Part, Reader, Snapshots};

use crate::patterns::Patterns;

/// One series. Its numbers are as stored: nanoseconds, bytes or ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row<D = Arc<Definition>> {
    pub(crate) definition: D,
    /// The place of the definition among all.
    pub(crate) order: usize,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) is_overflow: bool,
    pub(crate) numbers: Numbers,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Numbers {
    pub(crate) count: Option<u64>,
    pub(crate) sum: Option<f64>,
    pub(crate) last: Option<f64>,
    /// Of a half, 95 and 99 of a hundred.
    pub(crate) quantiles: Option<[f64; 3]>,
}

/// Where the rows come from. Deltas are acknowledged when they were written, so what an output did
/// not take is part of the next table.
pub(crate) struct Source {
    pub(crate) reader: Reader,
    pub(crate) snapshots: Snapshots,
    pub(crate) definitions: Vec<Arc<Definition>>,
    pub(crate) only: Patterns,
    pub(crate) except: Patterns,
}

impl Source {
    /// In the order of the definitions, and the marks of what is in them.
    pub(crate) fn rows(&mut self) -> (Vec<Row>, Vec<Mark>) {
        let (mut rows, mut marks) = (Vec::new(), Vec::new());
        let definitions = &self.definitions;
        let shown = |definition: &Definition| {
            let name = definition.name();
            (self.only.is_empty() || self.only.match_any(name)) && !self.except.match_any(name)
        };
        self.reader.scan(|delta| {
            marks.push(delta.mark);
            let definition = delta.definition;
            if shown(definition) {
                if let (Some(numbers), Some(order)) = (of(&delta), place(definitions, definition)) {
                    rows.push(row(
                        definition,
                        order,
                        delta.tags(),
                        delta.is_overflow,
                        numbers,
                    ));
                }
            }
        });
        // What does not change does not go away either: a newest value is shown in every table.
        if definitions.iter().any(|own| own.kind() == Kind::LastValue) {
            for family in self.snapshots.take().families {
                let definition = &family.definition;
                // Those that are nobody's are the library's own.
                let Some(order) = place(definitions, definition).filter(|_| shown(definition))
                else {
                    continue;
                };
                for series in &family.series {
                    if let Data::LastValue(value) = series.data {
                        let numbers = Numbers {
                            last: Some(value.as_f64()),
                            ..Numbers::default()
                        };
                        let tags = series.tags(definition);
                        rows.push(row(definition, order, tags, series.is_overflow, numbers));
                    }
                }
            }
        }
        rows.sort_by_key(|row| row.order);
        (rows, marks)
    }
}

fn row<'t>(
    definition: &Arc<Definition>,
    order: usize,
    tags: impl Iterator<Item = (&'t str, &'t str)>,
    is_overflow: bool,
    numbers: Numbers,
) -> Row {
    Row {
        definition: definition.clone(),
        order,
        tags: tags
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        is_overflow,
        numbers,
    }
}

fn place(definitions: &[Arc<Definition>], definition: &Definition) -> Option<usize> {
    definitions
        .iter()
        .position(|own| own.kind() == definition.kind() && own.name() == definition.name())
}

fn of(delta: &Delta<'_>) -> Option<Numbers> {
    let nothing = Numbers::default();
    match &delta.data {
        DeltaData::Counter(count) => Some(Numbers {
            count: Some(*count),
            ..nothing
        }),
        DeltaData::Sum(sum) => Some(Numbers {
            sum: Some(sum.as_f64()),
            ..nothing
        }),
        DeltaData::Values(parts) => Some(of_parts(parts)),
        DeltaData::Totals { count, sum, .. } => Some(Numbers {
            count: Some(*count),
            sum: Some(sum.as_f64()),
            ..nothing
        }),
        // From the snapshot.
        _ => None,
    }
}

fn of_parts(parts: &[Part]) -> Numbers {
    let count: u64 = parts.iter().map(|part| part.count).sum();
    let mut parts: Vec<(f64, u64)> = parts.iter().map(|part| (part.value, part.count)).collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    Numbers {
        count: Some(count),
        sum: Some(
            parts
                .iter()
                .map(|(value, count)| value * *count as f64)
                .sum(),
        ),
        last: None,
        quantiles: Some([50, 95, 99].map(|hundredths| quantile(&parts, count, hundredths))),
    }
}

/// The number below which so many hundredths lie; of sorted parts.
fn quantile(parts: &[(f64, u64)], count: u64, hundredths: u64) -> f64 {
    let rank = (u128::from(count) * u128::from(hundredths))
        .div_ceil(100)
        .max(1);
    let mut below = 0;
    let found = parts.iter().find(|(_, count)| {
        below += u128::from(*count);
        below >= rank
    });
    found.or(parts.last()).map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_numbers() {
        let parts: Vec<(f64, u64)> = (1..=100).map(|n| (f64::from(n), 1)).collect();
        assert_eq!(
            [50, 95, 99].map(|q| quantile(&parts, 100, q)),
            [50.0, 95.0, 99.0]
        );
        assert_eq!([50, 99].map(|q| quantile(&[(7.0, 1)], 1, q)), [7.0, 7.0]);
        assert_eq!(quantile(&[(1.0, 99), (9.0, 1)], 100, 99), 1.0);
        assert_eq!(quantile(&[(1.0, 98), (9.0, 2)], 100, 99), 9.0);
    }
}
