//! [`Figures`]: the small numbers beside a chart.

use std::time::Duration;

use serde_json::{Value as Json, json};
use telemetry_metrics::history::{History, Stats};
use telemetry_metrics::{Amount, Kind};

use super::card::ChartCard;
use super::latest::counted;
use super::number::Number;
use super::scale::Scale;
use super::source::Source;
use super::spec::Of;
use crate::moment::Moment;

/// What is said to be now.
const NOW: Duration = Duration::from_secs(60);

/// The figures about a range are brought up to date every 720th part of it: each second for twelve
/// minutes, every two minutes for a day. So long at least.
const PARTS: u32 = 720;
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Figures {
    source: Source,
    range: Duration,
    /// Whether it is about all series, so that there is a total since the start.
    is_of_all: bool,
    /// Those about the range, and when they were made.
    of_range: Vec<Json>,
    made: Option<u64>,
}

impl Figures {
    pub(super) fn new(of: &Of, range: Duration) -> Self {
        Self {
            source: Source::new(of),
            range,
            is_of_all: of.series.is_none(),
            of_range: Vec::new(),
            made: None,
        }
    }

    pub(super) fn make(&mut self, moment: &Moment<'_>, card: &ChartCard) -> Json {
        let kind = self.source.definition().kind();
        if kind == Kind::LastValue {
            return self.of_values(moment, card);
        }
        let history = &*moment.sources.history;
        let tick = moment.tick.number();
        let totals = moment.totals();
        self.source.find(history, totals);
        let mut figures = Vec::new();
        let now = self.stats(history, tick, NOW).rate();
        figures.push(figure("now", self.scale(&Number::Rate).value(now)));
        if self.is_of_all {
            let total = totals.of(self.source.definition());
            let total = total.map(|total| counted(kind, &total.latest));
            let total = match kind {
                Kind::Sum => self.scale(&Number::Total).value(total),
                // How many, whatever it is that they measure.
                _ => json!(total),
            };
            figures.push(figure("since start", total));
        }
        if self.is_due(history, tick) {
            self.made = Some(tick);
            self.of_range = self.about_range(&self.stats(history, tick, self.range));
        }
        figures.extend(self.of_range.iter().cloned());
        Json::Array(figures)
    }

    fn about_range(&self, stats: &Stats) -> Vec<Json> {
        match self.source.definition().kind() {
            Kind::Counter => vec![figure("in range", json!(stats.count()))],
            Kind::Sum => {
                let sum = stats.sum().map_or(0.0, Amount::as_f64);
                vec![figure(
                    "in range",
                    self.scale(&Number::Total).value(Some(sum)),
                )]
            }
            _ => {
                let scale = self.scale(&Number::Mean);
                let numbers = [
                    ("p50", stats.quantile(0.5)),
                    ("p95", stats.quantile(0.95)),
                    ("p99", stats.quantile(0.99)),
                    ("mean", stats.mean()),
                ];
                let numbers = numbers.into_iter();
                numbers
                    .map(|(label, number)| figure(label, scale.value(number)))
                    .collect()
            }
        }
    }

    /// Of last values: what stands in the lines.
    fn of_values(&self, moment: &Moment<'_>, card: &ChartCard) -> Json {
        let mut newest: Vec<f64> = Vec::new();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let lines = card.lines();
        for line in 0..lines {
            let values: Vec<_> = card.values_of(line).collect();
            for value in values.iter().flatten() {
                low = low.min(*value);
                high = high.max(*value);
            }
            // A sample that was late left a gap, one that is longer is the end.
            newest.extend(values.iter().rev().take(2).flatten().next());
        }
        let scale = Scale {
            divide: 1.0,
            ..self.scale(&Number::Value)
        };
        let known = |number: f64| Some(number).filter(|number| number.is_finite());
        let mut figures = Vec::new();
        if lines <= 1 {
            // Slots may be long.
            let total = moment.totals().of(self.source.definition());
            let now = total.and_then(|total| total.latest.value);
            let now = match now {
                Some(now) => self.scale(&Number::Value).value(Some(now.as_f64())),
                None => scale.value(newest.first().copied()),
            };
            figures.push(figure("now", now));
        }
        figures.push(figure("lowest", scale.value(known(low))));
        figures.push(figure("highest", scale.value(known(high))));
        Json::Array(figures)
    }

    fn stats(&self, history: &History, tick: u64, time: Duration) -> Stats {
        let ticks = ticks(history, time);
        self.source.stats(history, tick.saturating_sub(ticks), tick)
    }

    fn scale(&self, number: &Number) -> Scale {
        Scale::of(self.source.definition(), number)
    }

    fn is_due(&self, history: &History, tick: u64) -> bool {
        let every = (self.range / PARTS).clamp(SOONEST, LATEST);
        let since = self.made.map(|made| tick.saturating_sub(made));
        since.is_none_or(|since| since >= ticks(history, every))
    }
}

/// How many ticks a time is, at least one.
pub(super) fn ticks(history: &History, time: Duration) -> u64 {
    let ticks = time.as_nanos() / history.interval().as_nanos().max(1);
    u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
}

fn figure(label: &str, value: impl Into<Json>) -> Json {
    json!({ "label": label, "value": value.into() })
}
