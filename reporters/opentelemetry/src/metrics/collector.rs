//! [`Collector`]: reads the aggregator and makes requests of it.

use std::collections::HashMap;
use std::time::SystemTime;

use telemetry_metrics::{
    Aggregator, Data, Delta, DeltaData, Family, Mark, Needs, Reader, Snapshots,
};

use super::collected::Collected;
use super::draft::Route;
use super::observed::Observed;
use super::plan::{Plan, Series, nanos};
use super::plans::Plans;
use super::points::Times;
use super::request::Requests;
use super::settings::{MetricSettings, Temporality};
use super::stream;
use crate::problem::Problem;

/// Makes requests of an aggregator's numbers.
///
/// To be used by one at a time: [`collect`](Self::collect), deliver, tell what was
/// [`delivered`](Self::delivered), and only then again.
#[derive(Debug)]
pub(crate) struct Collector {
    settings: MetricSettings,
    plans: Plans,
    snapshots: Snapshots,
    deltas: Option<Deltas>,
    observed: Observed,
    clock: Clock,
    round: u64,
    /// Exemplars up to then were delivered.
    examples_until: u64,
}

/// What it takes to tell deltas.
#[derive(Debug)]
struct Deltas {
    reader: Reader,
    /// When it last read. What has no delta then was all taken.
    read: u64,
    /// Of series with a delta that was not delivered yet: since when that is.
    since: HashMap<(u64, usize), u64>,
}

/// The time, which never stands still: points of one series are told apart by it.
#[derive(Debug, Default)]
struct Clock {
    last: u64,
}

impl Clock {
    fn now(&mut self) -> u64 {
        self.last = nanos(SystemTime::now()).max(self.last + 1);
        self.last
    }
}

impl Collector {
    /// Everything that is wrong with the definitions in the eyes of OpenTelemetry otherwise.
    pub(crate) fn new(
        aggregator: &Aggregator,
        settings: MetricSettings,
    ) -> Result<Self, Vec<Problem>> {
        let plans = Plans::new(aggregator, settings.clone())?;
        aggregator.keep_exemplars();
        let is_exponential = plans.needs_exponential();
        let snapshots = aggregator.snapshots();
        let deltas = match settings.temporality {
            Temporality::Cumulative => None,
            Temporality::Delta | Temporality::LowMemory => Some(Deltas {
                reader: aggregator.reader(if is_exponential {
                    Needs::Exponential
                } else {
                    Needs::Buckets
                }),
                read: 0,
                since: HashMap::new(),
            }),
        };
        Ok(Self {
            snapshots: if is_exponential && deltas.is_none() {
                snapshots.with_exponential()
            } else {
                snapshots
            },
            settings,
            plans,
            deltas,
            observed: Observed::default(),
            clock: Clock::default(),
            round: 0,
            examples_until: 0,
        })
    }

    /// All there is to tell now, for this resource (the message, without key and length).
    pub(crate) fn collect(&mut self, resource: &[u8]) -> Vec<Collected> {
        self.round += 1;
        let mut requests = Requests::new(
            resource,
            self.settings.max_points_per_request,
            self.settings.max_bytes_per_request,
        );
        // Before the reader reads: what it takes is not later than what is told beside it.
        let snapshot = self.snapshots.take();
        if let Some(deltas) = &mut self.deltas {
            deltas.collect(&mut self.plans, &mut self.clock, &mut requests);
        }
        let time = match &self.deltas {
            Some(deltas) => deltas.read,
            None => self.clock.now(),
        };
        self.observed.begin();
        for (at, family) in snapshot.families.iter().enumerate() {
            let number = self.plans.number(at, &family.definition);
            match self.plans.plan(number).route {
                Route::Reader => {}
                Route::Snapshot => self.cumulative(number, family, time, &mut requests),
                Route::Observed => self.observed(number, family, time, &mut requests),
            }
        }
        self.observed.end();
        let mut collected = requests.finish(&self.plans);
        for one in &mut collected {
            one.taken.time = time;
            one.taken.round = self.round;
        }
        collected
    }

    /// The request was delivered: what it told is not told again, as far as it was a delta.
    pub(crate) fn delivered(&mut self, collected: &Collected) {
        let taken = &collected.taken;
        if taken.round != self.round {
            return;
        }
        self.examples_until = taken.time;
        if let Some(deltas) = &mut self.deltas {
            for (mark, series) in &taken.marks {
                deltas.reader.take(*mark);
                deltas.since.remove(series);
            }
        }
        for (key, total) in &taken.observed {
            self.observed.delivered(key, total, taken.time);
        }
    }

    fn cumulative(&self, number: usize, family: &Family, time: u64, requests: &mut Requests<'_>) {
        let plan = self.plans.plan(number);
        for one in &family.series {
            let series = Series {
                tags: &one.tags,
                is_overflow: one.is_overflow,
                times: Times {
                    start: nanos(one.started).min(time),
                    time,
                },
                examples_after: self.examples_until,
            };
            let write = |out: &mut Vec<u8>| write_data(plan, out, series, &one.data);
            requests.point(&self.plans, plan.stream, write, |_| {});
        }
    }

    fn observed(&mut self, number: usize, family: &Family, time: u64, requests: &mut Requests<'_>) {
        let plan = self.plans.plan(number);
        for one in &family.series {
            let key = (number, one.tags.clone());
            let started = nanos(one.started).min(time);
            let Some((delta, start)) = self.observed.delta(&key, &one.data, started, time) else {
                continue;
            };
            let series = Series {
                tags: &one.tags,
                is_overflow: one.is_overflow,
                times: Times { start, time },
                examples_after: 0,
            };
            let write = |out: &mut Vec<u8>| write_data(plan, out, series, &delta);
            requests.point(&self.plans, plan.stream, write, |taken| {
                taken.observed.push((key, one.data.clone()));
            });
        }
    }
}

/// Whether there was anything to write.
fn write_data(plan: &Plan, out: &mut Vec<u8>, series: Series<'_>, data: &Data) -> bool {
    match data {
        Data::Counter(count) => plan.write_count(out, series, *count),
        Data::Sum(amount) => plan.write_amount(out, series, *amount),
        // What only grows is not below zero, whatever was read.
        Data::LastValue(amount) if amount.is_negative() && plan.only_grows() => return false,
        Data::LastValue(amount) => plan.write_amount(out, series, *amount),
        Data::Summary(summary) => plan.write_summary(out, series, summary),
        Data::Distribution(distribution) => plan.write_distribution(out, series, distribution),
        _ => return false,
    }
    true
}

impl Deltas {
    fn collect(&mut self, plans: &mut Plans, clock: &mut Clock, requests: &mut Requests<'_>) {
        let Self {
            reader,
            read,
            since,
        } = self;
        let before = std::mem::take(since);
        let last = *read;
        let mut now = None;
        let mut told_otherwise: Vec<Mark> = Vec::new();
        reader.scan(|delta| {
            // Now all series are known that there will be, and none began later.
            let time = *now.get_or_insert_with(|| clock.now());
            let number = plans.number(delta.series.1, delta.definition);
            let plan = plans.plan(number);
            if plan.route != Route::Reader {
                told_otherwise.push(delta.mark);
                return;
            }
            let started = nanos(delta.started).max(last);
            let start = *before.get(&delta.series).unwrap_or(&started);
            let start = start.min(time);
            since.insert(delta.series, start);
            let series = Series {
                tags: delta.tags,
                is_overflow: delta.is_overflow,
                times: Times { start, time },
                examples_after: 0,
            };
            let write = |out: &mut Vec<u8>| write_delta(plan, out, series, &delta);
            requests.point(plans, plan.stream, write, |taken| {
                taken.marks.push((delta.mark, delta.series));
            });
        });
        *read = now.unwrap_or_else(|| clock.now());
        told_otherwise
            .into_iter()
            .for_each(|mark| reader.take(mark));
    }
}

/// Whether there was anything to write.
fn write_delta(plan: &Plan, out: &mut Vec<u8>, series: Series<'_>, delta: &Delta<'_>) -> bool {
    match &delta.data {
        DeltaData::Counter(count) => plan.write_count(out, series, *count),
        DeltaData::Sum(amount) => plan.write_amount(out, series, *amount),
        DeltaData::Histogram(histogram) => return plan.write_delta(out, series, histogram),
        _ => return false,
    }
    true
}

impl Plan {
    fn only_grows(&self) -> bool {
        matches!(
            self.data,
            stream::Data::Sum {
                is_monotonic: true,
                ..
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn a_clock_that_is_set_back_goes_on() {
        let mut clock = Clock { last: u64::MAX - 5 };
        assert_eq!([clock.now(), clock.now()], [u64::MAX - 4, u64::MAX - 3]);
        let mut clock = Clock::default();
        assert!(clock.now() < clock.now());
    }
}
