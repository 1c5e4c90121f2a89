//! [`Source`]: where in a snapshot the numbers of objectives and alarms stand.
//!
//! Families keep their places as long as the aggregator runs, so they are looked for once, when it is
//! also found out whether they are what is needed.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use telemetry_metrics::{Amount, Data, Definition, Family, Kind, OVERFLOW_TAG, Series, Snapshot};

use super::alarm::{Point, Tags};
use super::engine::Readings;
use super::objective::Tally;
use crate::alarm::{Alarm, Reading};
use crate::objective::{Measured, Objective};
use crate::problem::{Problem, SloProblem};

/// Where everything stands.
#[derive(Debug)]
pub(super) struct Source {
    objectives: Vec<OfObjective>,
    alarms: Vec<OfAlarm>,
}

#[derive(Debug)]
enum OfObjective {
    Ratio {
        good: usize,
        valid: usize,
    },
    /// The number of buckets that are good.
    Latency {
        duration: usize,
        good: usize,
    },
}

#[derive(Debug)]
enum OfAlarm {
    Latest(usize),
    Share {
        part: usize,
        of: usize,
    },
    Rise {
        places: Vec<usize>,
        within: Duration,
    },
}

impl Source {
    /// Finds everything, or tells all that is not as it should be.
    pub(super) fn find(
        objectives: &[Objective],
        alarms: &[Alarm],
        snapshot: &Snapshot,
    ) -> Result<Self, Vec<SloProblem>> {
        let mut problems = Vec::new();
        let mut found = Self {
            objectives: Vec::new(),
            alarms: Vec::new(),
        };
        for objective in objectives {
            match find_objective(objective, snapshot) {
                Ok(places) => found.objectives.push(places),
                Err(problem) => problems.push(SloProblem {
                    is_alarm: false,
                    name: objective.name().to_owned(),
                    problem,
                }),
            }
        }
        for alarm in alarms {
            match find_alarm(alarm, snapshot) {
                Ok(places) => found.alarms.push(places),
                Err(problem) => problems.push(SloProblem {
                    is_alarm: true,
                    name: alarm.name().to_owned(),
                    problem,
                }),
            }
        }
        if problems.is_empty() {
            Ok(found)
        } else {
            Err(problems)
        }
    }

    /// Whether anything is read that needs a second snapshot.
    pub(super) fn has_ratios(&self) -> bool {
        let is_ratio = |one: &OfObjective| matches!(one, OfObjective::Ratio { .. });
        self.objectives.iter().any(is_ratio)
    }

    /// What the snapshots say. What is good is read from a later one than what counts at all: an event
    /// that is counted in between would otherwise look bad for a moment, which in a quiet hour could
    /// wake somebody.
    pub(super) fn read(&self, snapshot: &Snapshot, of_good: Option<&Snapshot>) -> Readings {
        let total = |snapshot: &Snapshot, at: usize| snapshot.families.get(at).map(total);
        let objectives = self.objectives.iter().map(|one| match one {
            OfObjective::Ratio { good, valid } => Some(Tally {
                valid: total(snapshot, *valid)?,
                good: total(of_good.unwrap_or(snapshot), *good)?,
            }),
            OfObjective::Latency { duration, good } => snapshot
                .families
                .get(*duration)
                .map(|family| times(family, *good)),
        });
        let now = SystemTime::now();
        Readings {
            objectives: objectives.collect(),
            alarms: self
                .alarms
                .iter()
                .map(|alarm| alarm.read(snapshot, now))
                .collect(),
        }
    }
}

impl OfAlarm {
    fn read(&self, snapshot: &Snapshot, now: SystemTime) -> Vec<Point> {
        let series = |at: usize| {
            let family = snapshot.families.get(at);
            let all = family.into_iter().flat_map(|family| {
                let with = move |series| (&*family.definition, series);
                family.series.iter().map(with)
            });
            all.filter_map(|(definition, series)| {
                Some((tags(definition, series), value(definition, series)?, series))
            })
        };
        match self {
            Self::Latest(at) => series(*at)
                .map(|(tags, value, _)| point_of(tags, value))
                .collect(),
            Self::Share { part, of } => {
                let whole: HashMap<Tags, f64> =
                    series(*of).map(|(tags, value, _)| (tags, value)).collect();
                let share = |(tags, part, _): (Tags, f64, &Series)| {
                    let whole = whole.get(&tags)?;
                    // Of nothing there is no share.
                    (*whole > 0.0).then(|| point_of(tags, part / whole))
                };
                series(*part).filter_map(share).collect()
            }
            Self::Rise { places, within } => {
                let mut points: HashMap<Tags, Point> = HashMap::new();
                for (tags, value, series) in places.iter().flat_map(|at| series(*at)) {
                    let age = now.duration_since(series.started).unwrap_or_default();
                    let is_old = age > *within;
                    let point = points.entry(tags);
                    let point = point.or_insert_with_key(|tags| point_of(tags.clone(), 0.0));
                    point.value += value;
                    point.is_old |= is_old;
                }
                points.into_values().collect()
            }
        }
    }
}

fn point_of(tags: Tags, value: f64) -> Point {
    Point {
        tags,
        value,
        is_old: false,
    }
}

fn tags(definition: &Definition, series: &Series) -> Tags {
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let mut tags: Tags = series.tags(definition).map(text).collect();
    if series.is_overflow {
        tags.push((OVERFLOW_TAG.to_owned(), "true".to_owned()));
    }
    tags.sort_unstable();
    tags
}

/// In the base unit.
fn value(definition: &Definition, series: &Series) -> Option<f64> {
    let base = |amount: Amount| amount.in_unit(definition.dimension().base_unit());
    match &series.data {
        Data::Counter(count) => Some(*count as f64),
        Data::Sum(amount) | Data::LastValue(amount) => Some(base(*amount)),
        _ => None,
    }
}

fn total(family: &Family) -> f64 {
    let series = family.series.iter();
    series
        .filter_map(|series| value(&family.definition, series))
        .sum()
}

fn times(family: &Family, good: usize) -> Tally {
    let mut tally = Tally::default();
    for series in &family.series {
        if let Data::Distribution(distribution) = &series.data {
            let counts = distribution.buckets.iter();
            tally.good += counts.take(good).sum::<u64>() as f64;
            tally.valid += distribution.count as f64;
        }
    }
    tally
}

fn find_objective(objective: &Objective, snapshot: &Snapshot) -> Result<OfObjective, Problem> {
    match objective.measured() {
        Measured::Ratio { good, valid } => {
            let find = |name: &str| find(snapshot, name, true, is_total, "a counter or a sum");
            let (good, valid) = (find(&good)?, find(&valid)?);
            same_units(snapshot, good, valid)?;
            Ok(OfObjective::Ratio { good, valid })
        }
        Measured::Latency {
            duration,
            threshold,
        } => {
            let is_distribution = |one: &Definition| one.kind() == Kind::Distribution;
            let at = find(snapshot, &duration, true, is_distribution, "a distribution")?;
            let bounds = snapshot.families[at].definition.bounds();
            let bound = bounds.iter().position(|bound| *bound == threshold);
            let bound = bound.ok_or(Problem::NoBound {
                definition: duration,
                threshold,
            })?;
            Ok(OfObjective::Latency {
                duration: at,
                good: bound + 1,
            })
        }
    }
}

fn find_alarm(alarm: &Alarm, snapshot: &Snapshot) -> Result<OfAlarm, Problem> {
    let latest = |name: &str| {
        let is_latest = |one: &Definition| one.kind() == Kind::LastValue || one.is_up_down();
        let needed = "a last value, or a sum that may fall";
        find(snapshot, name, false, is_latest, needed)
    };
    let rise = |name: &String| find(snapshot, name, false, is_total, "a counter or a sum");
    match alarm.reading() {
        Reading::Latest(name) => latest(name).map(OfAlarm::Latest),
        Reading::Share { part, of } => {
            let (part, of) = (latest(part)?, latest(of)?);
            same_units(snapshot, part, of)?;
            same_tags(snapshot, part, of)?;
            Ok(OfAlarm::Share { part, of })
        }
        Reading::Rise {
            definitions,
            within,
        } => {
            let places: Result<Vec<usize>, _> = definitions.iter().map(rise).collect();
            let places = places?;
            for other in places.iter().skip(1) {
                same_units(snapshot, places[0], *other)?;
            }
            Ok(OfAlarm::Rise {
                places,
                within: *within,
            })
        }
    }
}

/// Something that only grows.
fn is_total(definition: &Definition) -> bool {
    let is_sum = definition.kind() == Kind::Sum && !definition.is_up_down();
    is_sum || definition.kind() == Kind::Counter
}

fn find(
    snapshot: &Snapshot,
    name: &str,
    is_own: bool,
    fits: impl Fn(&Definition) -> bool,
    needed: &'static str,
) -> Result<usize, Problem> {
    let mut is_there = false;
    for (at, family) in snapshot.families.iter().enumerate() {
        if family.definition.name() == name {
            if fits(&family.definition) {
                return Ok(at);
            }
            is_there = true;
        }
    }
    let definition = name.to_owned();
    Err(if is_there {
        Problem::Kind { definition, needed }
    } else {
        Problem::NotDefined { definition, is_own }
    })
}

fn same_units(snapshot: &Snapshot, one: usize, other: usize) -> Result<(), Problem> {
    let definition = |at: usize| &snapshot.families[at].definition;
    let (one, other) = (definition(one), definition(other));
    if one.dimension() == other.dimension() {
        return Ok(());
    }
    Err(Problem::Units {
        one: one.name().to_owned(),
        other: other.name().to_owned(),
    })
}

fn same_tags(snapshot: &Snapshot, one: usize, other: usize) -> Result<(), Problem> {
    let sorted = |at: usize| {
        let mut tags = snapshot.families[at].definition.tags().to_vec();
        tags.sort_unstable();
        tags
    };
    if sorted(one) == sorted(other) {
        return Ok(());
    }
    let name = |at: usize| snapshot.families[at].definition.name().to_owned();
    Err(Problem::Tags {
        one: name(one),
        other: name(other),
    })
}
