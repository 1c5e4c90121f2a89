//! The lines of one series.

use telemetry_metrics::history::Windows;
use telemetry_metrics::{Amount, Data, Distribution, Series};

use super::escape::escape;
use super::{Plan, exemplar};
use crate::family::{Family, Type};
use crate::format::Format;
use crate::number::{write_amount, write_f64, write_time, write_u64};

/// Writes series behind each other.
pub(super) struct SeriesWriter<'a> {
    out: &'a mut String,
    format: Format,
    plan: &'a Plan,
    windows: Option<&'a Windows>,
    /// The labels of the series at hand but for the constant ones, with a comma after each.
    labels: String,
    /// How each line of a histogram's buckets begins.
    bucket: String,
}

impl<'a> SeriesWriter<'a> {
    pub(super) fn new(
        out: &'a mut String,
        format: Format,
        plan: &'a Plan,
        windows: Option<&'a Windows>,
    ) -> Self {
        Self {
            out,
            format,
            plan,
            windows,
            labels: String::new(),
            bucket: String::new(),
        }
    }

    pub(super) fn push_head(&mut self, head: &str) {
        self.out.push_str(head);
    }

    /// A series of the family that stands at this place of the snapshot.
    pub(super) fn write(&mut self, place: usize, family: &Family, series: &Series) {
        match &series.data {
            Data::Counter(count) => {
                self.start_only_line(family, series);
                self.end_whole(*count);
            }
            Data::Sum(amount) | Data::LastValue(amount) => {
                self.start_only_line(family, series);
                self.end_amount(family, *amount);
            }
            Data::Summary(summary) => {
                self.keep_labels(family, series);
                self.write_quantiles(place, family, series);
                self.write_sum_and_count(family, summary.sum, summary.count);
            }
            Data::Distribution(histogram) => {
                self.keep_labels(family, series);
                self.write_histogram(family, histogram);
            }
            // A kind of number that this version does not know has no text.
            _ => return,
        }
        if self.plan.options.created && self.format == Format::OpenMetrics {
            self.write_created(family, series);
        }
    }

    /// A line that is the only one with its labels: they need not be kept.
    fn start_only_line(&mut self, family: &Family, series: &Series) {
        self.out.push_str(&family.starts.plain);
        if write_labels(self.out, family, series, &self.plan.overflow_label) {
            self.out.push_str("\"} ");
        } else {
            self.close_start();
        }
    }

    fn keep_labels(&mut self, family: &Family, series: &Series) {
        self.labels.clear();
        if write_labels(&mut self.labels, family, series, &self.plan.overflow_label) {
            self.labels.push_str("\",");
        }
    }

    /// Everything of a line but the number, with the labels kept.
    fn start_line(&mut self, start: &str) {
        self.out.push_str(start);
        match self.labels.strip_suffix(',') {
            Some(labels) => {
                self.out.push_str(labels);
                self.out.push_str("} ");
            }
            None => self.close_start(),
        }
    }

    /// Ends what has a comma at its end, or nothing but the brace.
    fn close_start(&mut self) {
        let opened = self.out.ends_with('{');
        self.out.truncate(self.out.len() - 1);
        self.out.push_str(if opened { " " } else { "} " });
    }

    fn end_whole(&mut self, count: u64) {
        write_u64(self.out, count);
        self.out.push('\n');
    }

    fn end_amount(&mut self, family: &Family, amount: Amount) {
        write_amount(self.out, amount, family.unit);
        self.out.push('\n');
    }

    /// The quantiles of the recent window. One without a number has none, which is NaN, as
    /// Prometheus's own client libraries have it: a graph has a gap there, and the series goes on.
    fn write_quantiles(&mut self, place: usize, family: &Family, series: &Series) {
        let Some(windows) = self.windows else {
            return;
        };
        let window = windows.get(place, series);
        let factor = family.unit.factor() as f64;
        for quantile in &self.plan.quantiles {
            let value = window
                .as_ref()
                .and_then(|window| window.quantile(quantile.q));
            let value = value.map_or(f64::NAN, |value| value / factor);
            let label = match self.format {
                Format::Text => &quantile.text,
                // Quantiles below zero are none in OpenMetrics.
                Format::OpenMetrics if value < 0.0 => continue,
                Format::OpenMetrics => &quantile.open,
            };
            self.out.push_str(&family.starts.plain);
            self.out.push_str(&self.labels);
            self.out.push_str(label);
            write_f64(self.out, value);
            self.out.push('\n');
        }
    }

    fn write_histogram(&mut self, family: &Family, histogram: &Distribution) {
        self.bucket.clear();
        self.bucket.push_str(&family.starts.bucket);
        self.bucket.push_str(&self.labels);
        let mut exemplars = if self.format == Format::OpenMetrics && self.plan.options.exemplars {
            histogram.exemplars.iter()
        } else {
            [].iter()
        };
        // Buckets are cumulative here, and each to itself in the aggregator.
        let mut below = 0_u64;
        let mut buffer = itoa::Buffer::new();
        let mut digits = "0";
        let bounds = &family.face(self.format).bounds;
        for (bound, count) in bounds.iter().zip(&histogram.buckets) {
            // Most are as the one before.
            if *count > 0 {
                below = below.wrapping_add(*count);
                digits = buffer.format(below);
            }
            self.out.push_str(&self.bucket);
            self.out.push_str(bound);
            self.out.push_str(digits);
            if let Some(Some(exemplar)) = exemplars.next() {
                exemplar::write(self.out, exemplar, family.unit);
            }
            self.out.push('\n');
        }
        self.write_sum_and_count(family, histogram.sum, below);
    }

    fn write_sum_and_count(&mut self, family: &Family, sum: Amount, count: u64) {
        // A sum that may fall is no sum in OpenMetrics, and without it a histogram has no count
        // either; there the last bucket says it.
        let falls = family.has_negative_bounds || sum.is_negative();
        let no_sum = falls && self.format == Format::OpenMetrics;
        if !no_sum {
            self.start_line(&family.starts.sum);
            self.end_amount(family, sum);
        }
        if !no_sum || family.kind == Type::Summary {
            self.start_line(&family.starts.count);
            self.end_whole(count);
        }
    }

    fn write_created(&mut self, family: &Family, series: &Series) {
        let Some(start) = &family.starts.created else {
            return;
        };
        let begin = self.out.len();
        self.keep_labels(family, series);
        self.start_line(start);
        if write_time(self.out, series.started) {
            self.out.push('\n');
        } else {
            self.out.truncate(begin);
        }
    }
}

/// Appends the labels of a series but for the constant ones, up to the quote that ends the last, and
/// says whether there were any.
fn write_labels(out: &mut String, family: &Family, series: &Series, overflow_label: &str) -> bool {
    let mut any = false;
    for (label, value) in family.labels.iter().zip(series.tags.iter()) {
        if !value.is_empty() {
            out.push_str(if any { &label.next } else { &label.first });
            escape(out, value);
            any = true;
        }
    }
    // It has no tags.
    if series.is_overflow {
        out.push_str(overflow_label);
        any = true;
    }
    any
}
