//! The definitions that an objective brings along.
//!
//! None has tags. So the two counters of a ratio stand at zero from the start and share a row: a
//! share of nothing is told from a share of nothing good.

use std::time::Duration;

use telemetry_metrics::{Amount, Metric, Unit, counter, distribution, sum};

use super::{Count, Measured, Objective, Predicate, What, good};

/// The group of the charts on the dashboard.
pub(crate) const NAV: &str = "Objectives";

/// Bounds of a latency, as shares of the threshold: enough to see on which side of it most are, and
/// how far.
const BOUNDS: [(u32, u32); 7] = [(1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (4, 1), (8, 1)];

pub(super) fn of(objective: &Objective) -> Vec<Metric> {
    let name = &objective.name;
    let metrics = match (&objective.what, objective.measured()) {
        (
            What::Availability {
                events,
                valid,
                good,
            },
            Measured::Ratio {
                good: of_good,
                valid: of_valid,
            },
        ) => {
            let all = |metric: Metric| with(metric.events(events.clone()), valid);
            let good_ones = all(counter(of_good));
            let good_ones = if good.is_empty() {
                good_ones.keep(good::is_good)
            } else {
                with(good_ones, good)
            };
            vec![
                good_ones.description(format!("Events of the objective {name} that were good")),
                all(counter(of_valid)).description(format!("Events of the objective {name}")),
            ]
        }
        (
            What::Ratio { good, valid },
            Measured::Ratio {
                good: of_good,
                valid: of_valid,
            },
        ) => vec![
            count(good, of_good).description(format!("What was good for the objective {name}")),
            count(valid, of_valid).description(format!("What matters to the objective {name}")),
        ],
        (
            What::Latency {
                events,
                valid,
                measurement,
                threshold,
            },
            Measured::Latency { duration, .. },
        ) => {
            let times = distribution(duration)
                .events(events.clone())
                .measurement(measurement)
                .seconds()
                .buckets(bounds(*threshold))
                .description(format!("Time taken by events of the objective {name}"));
            vec![with(times, valid)]
        }
        // What is measured says the same as what is asked for.
        _ => Vec::new(),
    };
    let in_group = |metric: Metric| metric.option("nav", NAV);
    metrics.into_iter().map(in_group).collect()
}

/// In seconds, as the distribution says it of its bound.
pub(super) fn seconds(threshold: Duration) -> f64 {
    i64::try_from(threshold.as_nanos()).map_or(f64::INFINITY, |nanos| {
        Amount::Integer(nanos).in_unit(Unit::Second)
    })
}

fn bounds(threshold: Duration) -> Vec<Duration> {
    let share = |(of, parts): &(u32, u32)| threshold.saturating_mul(*of) / *parts;
    let mut bounds: Vec<Duration> = BOUNDS.iter().map(share).collect();
    // Of a threshold of nanoseconds.
    bounds.retain(|bound| !bound.is_zero());
    bounds.dedup();
    bounds
}

fn count(count: &Count, name: String) -> Metric {
    let metric = match &count.measurement {
        None => counter(name),
        Some(key) => sum(name).measurement(key),
    };
    with(metric.events(count.events.clone()), &count.keep)
}

fn with(metric: Metric, keep: &[Predicate]) -> Metric {
    let add = |metric: Metric, keep: &Predicate| {
        let keep = keep.clone();
        metric.keep(move |event| keep(event))
    };
    keep.iter().fold(metric, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_among_the_bounds_however_short() {
        for nanos in [1, 2, 3, 7, 250_000_000, 1_000_000_007, 3_600_000_000_000] {
            let threshold = Duration::from_nanos(nanos);
            let bounds = bounds(threshold);
            assert!(bounds.contains(&threshold), "{bounds:?}");
            assert!(
                bounds.windows(2).all(|pair| pair[0] < pair[1]),
                "{bounds:?}"
            );
            assert!(bounds.len() <= 7 && !bounds[0].is_zero());
        }
    }

    #[test]
    fn seconds_are_those_of_the_distributions_bound() {
        for nanos in [1_100_000_000, 2_300_000_000, 333_333_333, 123_456_789_123] {
            let threshold = Duration::from_nanos(nanos);
            let objective = Objective::latency("bounds", ["slo.bounds.stop"], threshold);
            let aggregator = telemetry_metrics::Aggregator::builder()
                .metrics(objective.metrics())
                .check_definitions(telemetry_metrics::Check::Off)
                .start()
                .unwrap();
            let bounds = aggregator.definitions()[0].bounds().to_vec();
            assert!(bounds.contains(&seconds(threshold)), "{bounds:?}");
        }
    }
}
