//! Metrics as a table that fits.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use telemetry_metrics::Dimension;

use super::rows::Row;
use super::select::Selected;
use super::width::{self, cut_end, cut_start};
use crate::colours::{Paint, Style};
use crate::text::{self, Escape};
use crate::{moment, quantity};

#[derive(Debug)]
pub(crate) struct TableFormat {
    pub(crate) paint: Paint,
}

const HEADS: [&str; 8] = [
    "METRIC", "TAGS", "COUNT", "SUM", "LAST", "P50", "P95", "P99",
];
const GAP: usize = 2;
/// How far names and tags are narrowed before numbers are left out, and how far after. (Their heads
/// fit.)
const ENOUGH: usize = 24;
const LEAST: usize = 10;
/// Of a tag's text more is not of use in a table.
const MAX_TAG: usize = 100;

impl TableFormat {
    pub(crate) fn push(
        &self,
        out: &mut String,
        selected: &Selected,
        interval: Duration,
        limit: Option<usize>,
    ) {
        let mut cells: Vec<[String; 8]> = Vec::with_capacity(selected.rows.len());
        cells.extend(selected.rows.iter().map(row_cells));
        let widths = widths(&cells, limit);
        self.title(out, selected, interval, &hidden(&cells, widths), limit);
        self.paint.begin(out, Style::Head);
        push_row(out, HEADS, widths);
        self.paint.end(out);
        out.push('\n');
        for row in &cells {
            push_row(out, row.each_ref().map(String::as_str), widths);
            out.push('\n');
        }
        self.left_out(out, selected, limit);
        out.push('\n');
    }

    fn title(
        &self,
        out: &mut String,
        selected: &Selected,
        interval: Duration,
        hidden: &[&str],
        limit: Option<usize>,
    ) {
        let mut title = String::new();
        let (shown, all) = (selected.rows.len(), selected.all);
        let _ = if shown < all {
            write!(title, "{shown} of {all} series")
        } else {
            write!(title, "{all} series")
        };
        title.push_str(" in the last ");
        let nanos = i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX);
        quantity::time(&mut title, nanos);
        if !hidden.is_empty() {
            let _ = write!(title, ", no room for {}", hidden.join(", "));
        }
        title.push_str(", ");
        moment::push(&mut title, SystemTime::now(), 0);
        self.quiet_line(out, &title, limit);
    }

    fn left_out(&self, out: &mut String, selected: &Selected, limit: Option<usize>) {
        if selected.left_out.is_empty() {
            return;
        }
        let mut line = format!("… {} series left out:", selected.all - selected.rows.len());
        for (at, (name, series)) in selected.left_out.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let _ = write!(line, "{comma} {series} of ");
            text::quoted(&mut line, Escape::Line, usize::MAX, name);
        }
        self.quiet_line(out, &line, limit);
    }

    fn quiet_line(&self, out: &mut String, line: &str, limit: Option<usize>) {
        self.paint.begin(out, Style::Quiet);
        out.push_str(&cut_end(line, limit.unwrap_or(usize::MAX)));
        self.paint.end(out);
        out.push('\n');
    }
}

fn row_cells(row: &Row) -> [String; 8] {
    let mut tags = String::new();
    for (key, value) in &row.tags {
        if !tags.is_empty() {
            tags.push(' ');
        }
        text::quoted(&mut tags, Escape::Line, MAX_TAG, key);
        tags.push('=');
        text::quoted(&mut tags, Escape::Line, MAX_TAG, value);
    }
    if row.is_overflow {
        tags.push_str("(overflow)");
    }
    let numbers = &row.numbers;
    let [p50, p95, p99] = match numbers.quantiles {
        Some(quantiles) => quantiles.map(Some),
        None => [None; 3],
    };
    let dimension = row.definition.dimension();
    let mut name = String::new();
    text::quoted(&mut name, Escape::Line, usize::MAX, row.definition.name());
    let [sum, last, p50, p95, p99] =
        [numbers.sum, numbers.last, p50, p95, p99].map(|number| cell(number, dimension));
    let count = numbers.count.map(|count| count.to_string());
    [
        name,
        tags,
        count.unwrap_or_default(),
        sum,
        last,
        p50,
        p95,
        p99,
    ]
}

fn cell(number: Option<f64>, dimension: Dimension) -> String {
    let mut cell = String::new();
    if let Some(number) = number {
        match dimension {
            Dimension::Time => quantity::time(&mut cell, number.round() as i128),
            Dimension::Bytes => quantity::bytes(&mut cell, number.round() as i128),
            _ => quantity::real(&mut cell, number),
        }
    }
    cell
}

/// As wide as their contents, but so that all fit; 0 for a column that has none.
fn widths(cells: &[[String; 8]], limit: Option<usize>) -> [usize; 8] {
    let mut widths = [0; 8];
    for (column, width) in widths.iter_mut().enumerate() {
        let widest = cells.iter().map(|row| width::of(&row[column])).max();
        if let Some(widest @ 1..) = widest {
            *width = widest.max(HEADS[column].len());
        }
    }
    let Some(limit) = limit else {
        return widths;
    };
    let total = |widths: &[usize; 8]| {
        let shown = widths.iter().filter(|width| **width > 0);
        shown
            .map(|width| width + GAP)
            .sum::<usize>()
            .saturating_sub(GAP)
    };
    let room = |widths: &[usize; 8]| {
        let [name, tags, ..] = widths;
        (limit + name + tags).saturating_sub(total(widths))
    };
    let [name, tags, ..] = widths;
    // The sum and one of the quantiles go before names and tags are hard to tell apart.
    for column in [3, 6] {
        if room(&widths) < name.min(ENOUGH) + tags.min(ENOUGH) {
            widths[column] = 0;
        }
    }
    let room = room(&widths);
    if name + tags > room {
        let half = room / 2;
        let name_gets = name.min(half.max(room.saturating_sub(tags)));
        widths[0] = name_gets.max(name.min(LEAST));
        widths[1] = tags.min(room.saturating_sub(name_gets).max(LEAST));
    }
    for column in [5, 1, 7, 4] {
        if total(&widths) > limit {
            widths[column] = 0;
        }
    }
    widths
}

/// The heads of the columns that have contents and are not shown.
fn hidden(cells: &[[String; 8]], widths: [usize; 8]) -> Vec<&'static str> {
    (0..HEADS.len())
        .filter(|column| widths[*column] == 0 && cells.iter().any(|row| !row[*column].is_empty()))
        .map(|column| HEADS[column])
        .collect()
}

fn push_row(out: &mut String, cells: [&str; 8], widths: [usize; 8]) {
    let start = out.len();
    for (column, (cell, width)) in cells.into_iter().zip(widths).enumerate() {
        if width == 0 {
            continue;
        }
        if column > 0 {
            out.extend(std::iter::repeat_n(' ', GAP));
        }
        // The end of a metric's name tells it from others, the beginning of everything else.
        let cell = if column == 0 {
            cut_start(cell, width)
        } else {
            cut_end(cell, width)
        };
        let padding = std::iter::repeat_n(' ', width - width::of(&cell).min(width));
        if column < 2 {
            out.push_str(&cell);
            out.extend(padding);
        } else {
            out.extend(padding);
            out.push_str(&cell);
        }
    }
    out.truncate(start + out[start..].trim_end().len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(name: &str, tags: &str, numbers: [&str; 6]) -> [String; 8] {
        let [a, b, c, d, e, f] = numbers;
        [name, tags, a, b, c, d, e, f].map(str::to_owned)
    }

    #[test]
    fn columns_are_as_wide_as_need_be_and_empty_ones_are_left_out() {
        let cells = [
            rows("a.b", "", ["1", "", "", "", "", ""]),
            rows("a.b.longer", "", ["1000000", "", "5", "", "", ""]),
        ];
        assert_eq!(widths(&cells, None), [10, 0, 7, 0, 4, 0, 0, 0]);
        let mut out = String::new();
        push_row(
            &mut out,
            cells[1].each_ref().map(String::as_str),
            widths(&cells, None),
        );
        assert_eq!(out, "a.b.longer  1000000     5");
    }

    #[test]
    fn a_narrow_table_cuts_names_and_tags_and_then_columns() {
        let numbers = ["123", "4.5ms", "", "1ms", "2ms", "3ms"];
        let cells = [rows(&"n".repeat(30), &"t".repeat(30), numbers)];
        let all = |limit| widths(&cells, Some(limit));
        assert_eq!(all(91), [30, 30, 5, 5, 0, 3, 3, 3], "just fits");
        assert_eq!(all(79), [24, 24, 5, 5, 0, 3, 3, 3]);
        assert_eq!(all(78), [27, 27, 5, 0, 0, 3, 3, 3]);
        assert_eq!(all(71), [26, 26, 5, 0, 0, 3, 0, 3]);
        assert_eq!(all(40), [10, 11, 5, 0, 0, 3, 0, 3]);
        assert_eq!(hidden(&cells, all(71)), ["SUM", "P95"]);
        assert!(hidden(&cells, all(91)).is_empty(), "LAST has no contents");
        let short_names = [rows("name", &"t".repeat(30), numbers)];
        assert_eq!(widths(&short_names, Some(65))[..4], [6, 28, 5, 5]);
        let short_tags = [rows(&"n".repeat(30), "tags", numbers)];
        assert_eq!(widths(&short_tags, Some(63))[..4], [28, 4, 5, 5]);
        for limit in 40..91 {
            let mut out = String::new();
            push_row(
                &mut out,
                cells[0].each_ref().map(String::as_str),
                all(limit),
            );
            assert!(width::of(&out) <= limit, "{limit}: {out}");
            assert!(out.contains("123"), "{limit}: {out}");
        }
    }
}
