//! Writes data points: entries of the repeated field `data_points` of `Gauge`, `Sum`, `Histogram` and
//! `ExponentialHistogram`.

use telemetry_metrics::Exemplar;

use super::exponential::{Exponential, Side};
use crate::proto::writer::{
    bytes, double_even_zero, fixed64, fixed64_even_zero, message, packed_double, packed_fixed64,
    packed_uint, sint,
};

const DATA_POINTS: u32 = 1;

/// From when to when, in nanoseconds since the epoch. Gauges have no start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) start: u64,
    pub(super) time: u64,
}

/// A number of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    /// Finite.
    Real(f64),
}

/// What all histograms tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    pub(super) times: Times,
    pub(super) count: u64,
    /// Left out where there may be numbers below zero, as the specification has it.
    pub(super) sum: Option<f64>,
    /// The smallest and the largest, where they are known.
    pub(super) extremes: Option<(f64, f64)>,
}

/// An example, in the unit of its metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example<'a> {
    pub(super) exemplar: &'a Exemplar,
    pub(super) time: u64,
    pub(super) value: f64,
}

pub(super) fn number(
    out: &mut Vec<u8>,
    times: Times,
    number: Number,
    attributes: impl FnOnce(&mut Vec<u8>),
) {
    message(out, DATA_POINTS, |out| {
        fixed64(out, 2, times.start);
        fixed64(out, 3, times.time);
        match number {
            Number::Integer(number) => fixed64_even_zero(out, 6, number as u64),
            Number::Real(number) => double_even_zero(out, 4, number),
        }
        attributes(out);
    });
}

pub(super) fn histogram<'a>(
    out: &mut Vec<u8>,
    totals: Totals,
    bounds: &[f64],
    buckets: &[u64],
    examples: impl Iterator<Item = Example<'a>>,
    attributes: impl FnOnce(&mut Vec<u8>),
) {
    message(out, DATA_POINTS, |out| {
        fixed64(out, 2, totals.times.start);
        fixed64(out, 3, totals.times.time);
        fixed64(out, 4, totals.count);
        if let Some(sum) = totals.sum {
            double_even_zero(out, 5, sum);
        }
        packed_fixed64(out, 6, buckets.iter().copied());
        packed_double(out, 7, bounds.iter().copied());
        examples.for_each(|one| example(out, 8, one));
        attributes(out);
        if let Some((min, max)) = totals.extremes {
            double_even_zero(out, 11, min);
            double_even_zero(out, 12, max);
        }
    });
}

pub(super) fn exponential<'a>(
    out: &mut Vec<u8>,
    totals: Totals,
    buckets: &Exponential,
    examples: impl Iterator<Item = Example<'a>>,
    attributes: impl FnOnce(&mut Vec<u8>),
) {
    message(out, DATA_POINTS, |out| {
        attributes(out);
        fixed64(out, 2, totals.times.start);
        fixed64(out, 3, totals.times.time);
        fixed64(out, 4, totals.count);
        if let Some(sum) = totals.sum {
            double_even_zero(out, 5, sum);
        }
        sint(out, 6, buckets.scale);
        fixed64(out, 7, buckets.zero_count);
        side(out, 8, &buckets.positive);
        side(out, 9, &buckets.negative);
        examples.for_each(|one| example(out, 11, one));
        if let Some((min, max)) = totals.extremes {
            double_even_zero(out, 12, min);
            double_even_zero(out, 13, max);
        }
    });
}

fn side(out: &mut Vec<u8>, field: u32, side: &Side) {
    if !side.counts.is_empty() {
        message(out, field, |out| {
            sint(out, 1, side.offset);
            packed_uint(out, 2, side.counts.iter().copied());
        });
    }
}

fn example(out: &mut Vec<u8>, field: u32, example: Example<'_>) {
    message(out, field, |out| {
        fixed64(out, 2, example.time);
        double_even_zero(out, 3, example.value);
        bytes(out, 4, &example.exemplar.span_id.to_bytes());
        bytes(out, 5, &example.exemplar.trace_id.to_bytes());
    });
}
