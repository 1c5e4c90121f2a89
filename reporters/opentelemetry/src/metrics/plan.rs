//! [`Plan`]: how the numbers of a definition are written, found out once.

use std::time::SystemTime;

use telemetry_metrics::{
    Amount, Distribution, Exemplar, ExponentialBuckets, HistogramDelta, Summary, Unit,
};

use super::attributes::Attributes;
use super::draft::Route;
use super::exponential::Exponential;
use super::points::{self, Example, Number, Times, Totals};
use super::stream::Data;

/// How a definition's series are written.
#[derive(Debug)]
pub(super) struct Plan {
    /// The number of its stream.
    pub(super) stream: usize,
    pub(super) route: Route,
    pub(super) data: Data,
    pub(super) attributes: Attributes,
    /// That of its numbers.
    pub(super) unit: Unit,
    pub(super) is_integer: bool,
    /// In the unit.
    pub(super) bounds: Vec<f64>,
    /// By how many exponential buckets numbers move in the unit.
    pub(super) shift: i32,
}

/// A series of a plan, at some moment.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    /// The texts of the tags.
    pub(super) tags: &'a [Box<str>],
    pub(super) is_overflow: bool,
    pub(super) times: Times,
    /// Exemplars are shown that came after that.
    pub(super) examples_after: u64,
}

impl Plan {
    /// The tags of the definition became more.
    pub(super) fn retag(&mut self, metric: &str, tags: &[String], fixed: &[(&str, &str)]) {
        self.attributes = Attributes::new(self.data.attributes(), metric, tags, fixed);
    }

    pub(super) fn write_count(&self, out: &mut Vec<u8>, series: Series<'_>, count: u64) {
        let count = match i64::try_from(count) {
            Ok(count) => Number::Integer(count),
            Err(_) => Number::Real(count as f64),
        };
        self.write_number(out, series, count);
    }

    pub(super) fn write_amount(&self, out: &mut Vec<u8>, series: Series<'_>, amount: Amount) {
        // Of what is below, in real numbers, every integer is one of these.
        const EXACT: f64 = (1_u64 << 53) as f64;
        let number = match amount {
            Amount::Integer(number) if self.is_integer => Number::Integer(number),
            amount => match self.shown(amount) {
                real if self.is_integer && real.fract() == 0.0 && real.abs() <= EXACT => {
                    Number::Integer(real as i64)
                }
                real => Number::Real(real),
            },
        };
        self.write_number(out, series, number);
    }

    fn write_number(&self, out: &mut Vec<u8>, series: Series<'_>, number: Number) {
        let mut times = series.times;
        if self.data == Data::Gauge {
            times.start = 0;
        }
        let attributes = |out: &mut Vec<u8>| self.write_attributes(out, series);
        points::number(out, times, number, attributes);
    }

    pub(super) fn write_summary(&self, out: &mut Vec<u8>, series: Series<'_>, summary: &Summary) {
        let extremes = (self.shown_real(summary.min), self.shown_real(summary.max));
        let buckets = summary.exponential();
        self.write_exponential(out, series, &buckets, summary.sum, Some(extremes), &[]);
    }

    pub(super) fn write_distribution(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        distribution: &Distribution,
    ) {
        let exemplars: Vec<_> = distribution.exemplars.iter().flatten().copied().collect();
        let sum = distribution.sum;
        match (self.data, &distribution.exponential) {
            (Data::Exponential { .. }, Some(buckets)) => {
                self.write_exponential(out, series, buckets, sum, None, &exemplars);
            }
            _ => self.write_explicit(out, series, &distribution.buckets, sum, &exemplars),
        }
    }

    /// Whether there was anything to write.
    pub(super) fn write_delta(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        delta: &HistogramDelta,
    ) -> bool {
        match (self.data, &delta.exponential) {
            (Data::Exponential { .. }, Some(buckets)) => {
                let exemplars = &delta.exemplars;
                self.write_exponential(out, series, buckets, delta.sum, None, exemplars);
                buckets.count() > 0
            }
            _ => {
                self.write_explicit(out, series, &delta.buckets, delta.sum, &delta.exemplars);
                delta.count > 0
            }
        }
    }

    fn write_explicit(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        buckets: &[u64],
        sum: Amount,
        exemplars: &[Exemplar],
    ) {
        let mut below_zero = self.bounds.iter().zip(buckets);
        let below_zero = below_zero.any(|(bound, count)| *bound < 0.0 && *count > 0);
        let totals = Totals {
            times: series.times,
            count: buckets
                .iter()
                .fold(0, |all, count| all.saturating_add(*count)),
            sum: (!below_zero && !sum.is_negative()).then(|| self.shown(sum)),
            extremes: None,
        };
        points::histogram(
            out,
            totals,
            &self.bounds,
            buckets,
            self.examples(series, exemplars),
            |out| self.write_attributes(out, series),
        );
    }

    fn write_exponential(
        &self,
        out: &mut Vec<u8>,
        series: Series<'_>,
        buckets: &ExponentialBuckets,
        sum: Amount,
        extremes: Option<(f64, f64)>,
        exemplars: &[Exemplar],
    ) {
        let buckets = Exponential::of(buckets, self.shift);
        let below_zero = !buckets.negative.counts.is_empty();
        let totals = Totals {
            times: series.times,
            count: buckets.count(),
            sum: (!below_zero && !sum.is_negative()).then(|| self.shown(sum)),
            extremes,
        };
        points::exponential(
            out,
            totals,
            &buckets,
            self.examples(series, exemplars),
            |out| self.write_attributes(out, series),
        );
    }

    fn examples<'a>(
        &self,
        series: Series<'_>,
        exemplars: &'a [Exemplar],
    ) -> impl Iterator<Item = Example<'a>> {
        let Times { start, time: end } = series.times;
        let is_wanted =
            move |time: u64| start <= time && time <= end && time > series.examples_after;
        exemplars.iter().filter_map(move |exemplar| {
            let time = nanos(exemplar.time);
            is_wanted(time).then(|| Example {
                exemplar,
                time,
                value: self.shown(exemplar.value),
            })
        })
    }

    fn write_attributes(&self, out: &mut Vec<u8>, series: Series<'_>) {
        self.attributes.write(out, series.tags, series.is_overflow);
    }

    /// In the unit, and finite: a difference of two extremes may not be.
    fn shown(&self, amount: Amount) -> f64 {
        amount.in_unit(self.unit).clamp(f64::MIN, f64::MAX)
    }

    /// The same of a number as stored.
    fn shown_real(&self, stored: f64) -> f64 {
        self.shown(Amount::Real(stored))
    }
}

/// Nanoseconds since the epoch; a clock that is before it, or centuries after, stands still there.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
