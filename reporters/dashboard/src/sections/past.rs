//! [`Book`]: which series there are of the definitions that a section is about.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use telemetry_metrics::history::{History, PastSeries, Range, SeriesId, Stats, Tick};
use telemetry_metrics::{Amount, Definition};

use crate::moment::Moment;

/// So long a list of series is good: looking through all of them each second would cost more than all
/// that is shown.
const GOOD_FOR: Duration = Duration::from_secs(2);

/// The series of some definitions, as they were known a moment ago.
#[derive(Debug, Default)]
pub(super) struct Book {
    names: Vec<String>,
    series: HashMap<String, Vec<PastSeries>>,
    read_at: Option<Tick>,
}

impl Book {
    /// Of the definitions of these names.
    pub(super) fn of<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        Self {
            names,
            ..Self::default()
        }
    }

    /// Looks again, if it is time to.
    pub(super) fn update(&mut self, moment: &Moment<'_>) {
        let history = &moment.sources.history;
        // All books are read at the same samples, so that figures of different sections agree.
        let ticks = GOOD_FOR.as_nanos() / history.interval().as_nanos().max(1);
        let period = |at: Tick| u128::from(at.number()) / ticks.max(1);
        let is_good = |at: Tick| period(at) == period(moment.tick);
        if self.read_at.is_some_and(is_good) {
            return;
        }
        self.read_at = Some(moment.tick);
        self.series.clear();
        for name in &self.names {
            self.series.insert(name.clone(), history.series_of(name));
        }
    }

    /// All series of this name, the busiest first; those that are gone included.
    pub(super) fn named(&self, name: &str) -> &[PastSeries] {
        self.series.get(name).map_or(&[], Vec::as_slice)
    }

    /// All series of this definition, which others may share the name of.
    pub(super) fn series<'b>(
        &'b self,
        definition: &'b Arc<Definition>,
    ) -> impl Iterator<Item = &'b PastSeries> {
        let named = self.named(definition.name()).iter();
        named.filter(|one| Arc::ptr_eq(&one.definition, definition))
    }

    /// The series of this definition that are there.
    pub(super) fn present<'b>(
        &'b self,
        definition: &'b Arc<Definition>,
    ) -> impl Iterator<Item = &'b PastSeries> {
        self.series(definition).filter(|one| one.gone.is_none())
    }
}

/// What all series of this definition counted together.
pub(super) fn stats_of_all(moment: &Moment<'_>, definition: &Definition, range: Range) -> Stats {
    let total = moment.totals().of(definition).map(|total| total.id);
    let ids: Vec<SeriesId> = total.into_iter().collect();
    moment.sources.history.stats(&ids, range)
}

/// Something that takes a while to find out, and so is not found out at each tick.
#[derive(Debug)]
pub(super) struct Cached<T> {
    every: Duration,
    made: Option<(Tick, T)>,
}

impl<T> Cached<T> {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, made: None }
    }

    /// As it is, or was a moment ago.
    pub(super) fn get(&mut self, moment: &Moment<'_>, make: impl FnOnce() -> T) -> &T {
        let history = &moment.sources.history;
        let before = self.made.take();
        let good = before.filter(|(at, _)| !is_past(*at, moment.tick, self.every, history));
        let (_, made) = self
            .made
            .insert(good.unwrap_or_else(|| (moment.tick, make())));
        made
    }
}

/// Whether so much time went by between two samples.
pub(super) fn is_past(since: Tick, now: Tick, time: Duration, history: &History) -> bool {
    now < since || time_between(since, now, history) >= time
}

/// How much time went by between two samples.
pub(super) fn time_between(since: Tick, now: Tick, history: &History) -> Duration {
    let ticks = now.number().saturating_sub(since.number());
    let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
    history.interval().saturating_mul(ticks)
}

/// So long up to the moment, for all who ask at that moment.
pub(super) fn last(moment: &Moment<'_>, time: Duration) -> Range {
    let begin = before(moment.tick, time, &moment.sources.history);
    Range::between(begin, moment.tick)
}

/// The sample so long before another, or the first one.
pub(super) fn before(tick: Tick, time: Duration, history: &History) -> Tick {
    let interval = history.interval().as_nanos().max(1);
    let ticks = u64::try_from(time.as_nanos() / interval).unwrap_or(u64::MAX);
    Tick::new(tick.number().saturating_sub(ticks))
}

/// The last value of a series, in seconds, bytes or ones.
pub(super) fn value(series: &PastSeries) -> Option<f64> {
    series
        .latest
        .value
        .map(|value| base(value, &series.definition))
}

/// With six digits, which are more than anybody reads, and short on the wire.
pub(super) fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// An amount in seconds, bytes or ones.
pub(super) fn base(amount: Amount, definition: &Definition) -> f64 {
    amount.in_unit(definition.dimension().base_unit())
}

/// A number as stored in seconds, bytes or ones.
pub(super) fn base_of(stored: f64, definition: &Definition) -> f64 {
    stored / definition.dimension().base_unit().factor() as f64
}

/// The value of a series' tag; empty if it has none.
pub(super) fn tag<'s>(series: &'s PastSeries, key: &str) -> &'s str {
    let mut tags = series.tags();
    tags.find(|(known, _)| *known == key)
        .map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_are_read() {
        let all = [0.013_687_499_999_999_915, 0.1, 1.0 / 3.0, 0.0, 1e9].map(rounded);
        assert_eq!(all, [0.013_687_5, 0.1, 0.333_333, 0.0, 1e9]);
        assert!(rounded(f64::NAN).is_nan());
    }

    #[test]
    fn times_are_counted_in_samples() {
        let aggregator = telemetry_metrics::Aggregator::builder().start().unwrap();
        let history = History::start(&aggregator).unwrap();
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let now = Tick::new(4_000);
        let since = before(now, minutes(5), &history);
        assert_eq!(since, Tick::new(3_700));
        assert_eq!(before(since, minutes(60), &history), Tick::new(100));
        assert_eq!(before(now, minutes(600), &history), Tick::new(0));
        assert_eq!(time_between(since, now, &history), minutes(5));
        assert!(is_past(since, now, minutes(5), &history));
        assert!(!is_past(since, now, minutes(6), &history));
        assert!(
            is_past(now, since, minutes(6), &history),
            "of an earlier process"
        );
    }
}
