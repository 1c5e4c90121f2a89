//! The text exposition format, version 0.0.4, written by hand. Nothing here does I/O or can fail.
//!
//! One string is appended to from front to back. What does not change between scrapes (heads,
//! label names, bounds) was made into text when the reporter was built; a histogram's labels are
//! escaped once and copied to its lines.

use telemetry_metrics::{Data, Distribution, OVERFLOW_TAG, Series, Snapshot};

use crate::family::Family;
use crate::name::sanitise;
use crate::number::{write_f64, write_u64};

/// The content type of what [`Prometheus::render`](crate::Prometheus::render) returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is rendered of a snapshot, and how.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of a snapshot's families.
    families: Vec<Family>,
    /// With a comma after each.
    constant_labels: String,
    overflow_label: String,
}

impl Plan {
    pub(crate) fn new(families: Vec<Family>, constant_labels: String) -> Self {
        Self {
            families,
            constant_labels,
            overflow_label: format!("{}=\"true\",", sanitise(OVERFLOW_TAG)),
        }
    }

    /// Appends the whole text.
    pub(crate) fn write(&self, out: &mut String, snapshot: &Snapshot) {
        let mut labels = String::new();
        // An aggregator's families are settled when it starts, so they stand where they stood
        // when the plan was made.
        for (family, found) in self.families.iter().zip(&snapshot.families) {
            let mut head = Some(family.head.as_str());
            for series in &found.series {
                if family.hides_zero && is_zero(&series.data) {
                    continue;
                }
                // With no samples there is no head, either.
                out.push_str(head.take().unwrap_or_default());
                labels.clear();
                self.write_labels(&mut labels, family, series);
                write_series(out, family, &labels, &series.data);
            }
        }
    }

    /// Appends the labels of a series with a comma after each.
    fn write_labels(&self, out: &mut String, family: &Family, series: &Series) {
        out.push_str(&self.constant_labels);
        for (label, value) in family.labels.iter().zip(series.tags.iter()) {
            if !value.is_empty() {
                out.push_str(label);
                escape_label(out, value);
                out.push_str("\",");
            }
        }
        if series.is_overflow {
            out.push_str(&self.overflow_label);
        }
    }
}

fn write_series(out: &mut String, family: &Family, labels: &str, data: &Data) {
    match data {
        Data::Counter(count) => {
            whole(out, family, "", labels, *count);
        }
        Data::Sum(amount) | Data::LastValue(amount) => {
            real(out, family, "", labels, amount.in_unit(family.unit));
        }
        Data::Summary(summary) => {
            real(
                out,
                family,
                "_sum",
                labels,
                summary.sum.in_unit(family.unit),
            );
            whole(out, family, "_count", labels, summary.count);
        }
        Data::Distribution(histogram) => write_histogram(out, family, labels, histogram),
        // A kind of number that this version does not know has no text.
        _ => {}
    }
}

fn write_histogram(out: &mut String, family: &Family, labels: &str, histogram: &Distribution) {
    // Buckets are cumulative here, and each to itself in the aggregator.
    let mut below = 0;
    for (bound, count) in family.bounds.iter().zip(&histogram.buckets) {
        below += count;
        out.push_str(&family.name);
        out.push_str("_bucket{");
        out.push_str(labels);
        out.push_str(bound);
        write_u64(out, below);
        out.push('\n');
    }
    real(
        out,
        family,
        "_sum",
        labels,
        histogram.sum.in_unit(family.unit),
    );
    whole(out, family, "_count", labels, below);
}

fn whole(out: &mut String, family: &Family, ending: &str, labels: &str, count: u64) {
    start(out, family, ending, labels);
    write_u64(out, count);
    out.push('\n');
}

fn real(out: &mut String, family: &Family, ending: &str, labels: &str, value: f64) {
    start(out, family, ending, labels);
    write_f64(out, value);
    out.push('\n');
}

/// Everything of a line but the number.
fn start(out: &mut String, family: &Family, ending: &str, labels: &str) {
    out.push_str(&family.name);
    out.push_str(ending);
    // Without the comma after the last one.
    match labels.strip_suffix(',') {
        Some(labels) => {
            out.push('{');
            out.push_str(labels);
            out.push_str("} ");
        }
        None => out.push(' '),
    }
}

fn is_zero(data: &Data) -> bool {
    match data {
        Data::Counter(count) => *count == 0,
        Data::Sum(amount) => amount.is_zero(),
        Data::Distribution(histogram) => histogram.count == 0,
        _ => false,
    }
}

/// Appends a label's value.
pub(crate) fn escape_label(out: &mut String, text: &str) {
    escape(out, text, |byte| matches!(byte, b'\\' | b'"' | b'\n'));
}

/// Appends a help text, where a quote is only a quote.
pub(crate) fn escape_help(out: &mut String, text: &str) {
    escape(out, text, |byte| matches!(byte, b'\\' | b'\n'));
}

/// Bytes will do: what is special is ASCII, and no byte of a longer character is.
fn escape(out: &mut String, text: &str, special: impl Fn(u8) -> bool) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(&special) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(match &rest[at..=at] {
            "\n" => "n",
            other => other,
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
