//! Metrics as lines of JSON: one per series.

use std::time::Duration;

use telemetry_metrics::OVERFLOW_TAG;

use super::rows::Row;
use super::select::Selected;
use crate::json::Object;

pub(crate) fn push(
    out: &mut String,
    selected: &Selected,
    interval: Duration,
    constant_tags: &[(String, String)],
) {
    for row in &selected.rows {
        push_row(out, row, interval, constant_tags);
    }
    if !selected.left_out.is_empty() {
        let mut line = Object::begin(out);
        line.now();
        line.key("left_out");
        let mut metrics = Object::begin(line.out);
        for (name, series) in &selected.left_out {
            metrics.plain(name, series);
        }
        metrics.end();
        line.end();
        out.push('\n');
    }
}

fn push_row(out: &mut String, row: &Row, interval: Duration, constant_tags: &[(String, String)]) {
    let definition = &row.definition;
    let unit = definition.dimension().base_unit();
    let factor = unit.factor() as f64;
    let mut line = Object::begin(out);
    line.now();
    line.text("metric", definition.name());
    line.word("type", definition.kind());
    line.key("tags");
    let mut tags = Object::begin(line.out);
    for (key, value) in row.tags.iter().chain(constant_tags) {
        tags.text(key, value);
    }
    if row.is_overflow {
        tags.text(OVERFLOW_TAG, "true");
    }
    tags.end();
    line.duration("interval", interval);
    if !unit.as_str().is_empty() {
        line.text("unit", unit.as_str());
    }
    let numbers = &row.numbers;
    if let Some(count) = numbers.count {
        line.plain("count", count);
    }
    let [p50, p95, p99] = match numbers.quantiles {
        Some(quantiles) => quantiles.map(Some),
        None => [None; 3],
    };
    let values = [
        ("sum", numbers.sum),
        ("last", numbers.last),
        ("p50", p50),
        ("p95", p95),
        ("p99", p99),
    ];
    for (key, value) in values {
        if let Some(value) = value {
            line.float(key, value / factor);
        }
    }
    line.end();
    out.push('\n');
}
