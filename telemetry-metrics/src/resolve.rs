//! From [`Metric`] to [`Definition`]: everything that can be wrong is found here, all at once.

use std::collections::HashSet;

use telemetry::{EventName, Number};

use crate::amount::{self, Amount};
use crate::buckets;
use crate::definition::Definition;
use crate::metric::{Kind, Measurement, Metric};
use crate::problem::{DefinitionProblem, Problem};
use crate::unit::{Dimension, Unit, UnitSpec};

/// The prefix of self-metrics.
pub(crate) const RESERVED: &str = "telemetry.";

/// Checks all definitions; returns them and everything that is wrong with them. A definition whose
/// events are wrong has none.
pub(crate) fn resolve(
    metrics: Vec<Metric>,
    constant_tags: &[(String, String)],
) -> (Vec<Definition>, Vec<DefinitionProblem>) {
    let mut definitions = Vec::with_capacity(metrics.len());
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    let mut constants = HashSet::new();
    for (key, _) in constant_tags {
        if key.is_empty() {
            problems.push(aggregator_problem(Problem::EmptyTag));
        } else if !constants.insert(key.as_str()) {
            problems.push(aggregator_problem(Problem::DuplicateTag(key.clone())));
        }
    }
    for metric in metrics {
        let name = metric.name.clone();
        let mut found = Vec::new();
        if !seen.insert((metric.kind, name.clone())) {
            found.push(Problem::Duplicate);
        }
        let definition = resolve_one(metric, &constants, &mut found);
        problems.extend(found.into_iter().map(|problem| DefinitionProblem {
            metric: name.clone(),
            problem,
        }));
        definitions.push(definition);
    }
    (definitions, problems)
}

fn aggregator_problem(problem: Problem) -> DefinitionProblem {
    DefinitionProblem {
        metric: "constant_tag".into(),
        problem,
    }
}

fn resolve_one(
    mut metric: Metric,
    constants: &HashSet<&str>,
    found: &mut Vec<Problem>,
) -> Definition {
    let events = resolve_events(&metric, found);
    let mut hashed: Vec<Option<u32>> = metric.tags.iter().map(|_| None).collect();
    for (tag, buckets) in std::mem::take(&mut metric.hashed) {
        if buckets == 0 {
            found.push(Problem::NoHashBuckets(tag.clone()));
        }
        metric.tags.push(tag);
        hashed.push(Some(buckets));
    }
    if matches!(&metric.measurement, Measurement::Key(key) if key.is_empty()) {
        found.push(Problem::EmptyMeasurement);
    }
    if !metric.keep.is_empty() && !metric.drop_when.is_empty() {
        found.push(Problem::KeepAndDrop);
    }
    if metric.up_down && metric.kind != Kind::Sum {
        found.push(Problem::UpDownOn(metric.kind));
    }
    if metric.max_series == 0 {
        found.push(Problem::NoSeries);
    }
    for (at, tag) in metric.tags.iter().enumerate() {
        if tag.is_empty() {
            found.push(Problem::EmptyTag);
        } else if metric.tags[..at].contains(tag) {
            found.push(Problem::DuplicateTag(tag.clone()));
        } else if constants.contains(tag.as_str()) {
            found.push(Problem::ConstantTag(tag.clone()));
        }
    }
    let spec = resolve_unit(&metric, found);
    let stored_bounds = resolve_bounds(&metric, spec, found);
    let base = spec.shown.dimension().base_unit();
    Definition {
        kind: metric.kind,
        name: metric.name,
        events,
        measurement: metric.measurement,
        tags: metric.tags,
        hashed,
        tag_values: metric.tag_values,
        keep: metric.keep,
        drop_when: metric.drop_when,
        from: spec.from,
        unit: spec.shown,
        unit_is_explicit: metric.unit.is_some(),
        description: metric.description.filter(|text| !text.trim().is_empty()),
        bounds: stored_bounds
            .iter()
            .map(|bound| bound.in_unit(base))
            .collect(),
        stored_bounds,
        max_series: metric.max_series,
        up_down: metric.up_down,
        unchecked: metric.unchecked,
        options: metric.options,
    }
}

fn resolve_events(metric: &Metric, found: &mut Vec<Problem>) -> Vec<String> {
    if metric.name.starts_with(RESERVED) {
        found.push(Problem::Reserved);
    }
    if let Err(error) = EventName::check(&metric.name) {
        found.push(Problem::Name(error));
        return Vec::new();
    }
    let Some(given) = &metric.events else {
        let Some((event, _)) = metric.name.rsplit_once('.') else {
            found.push(Problem::NoEvent);
            return Vec::new();
        };
        return vec![event.to_owned()];
    };
    if given.is_empty() {
        found.push(Problem::EmptyEvents);
    }
    let mut events: Vec<String> = Vec::with_capacity(given.len());
    let mut all_are_names = true;
    for event in given {
        if let Err(error) = EventName::check(event) {
            all_are_names = false;
            found.push(Problem::Event {
                event: event.clone(),
                error,
            });
        } else if !events.contains(event) {
            events.push(event.clone());
        }
    }
    if !all_are_names {
        events.clear();
    }
    events
}

fn resolve_unit(metric: &Metric, found: &mut Vec<Problem>) -> UnitSpec {
    if let Some(UnitSpec {
        from: Some(from),
        shown,
    }) = metric.unit
    {
        let same = from.dimension() == shown.dimension() && from.dimension() != Dimension::None;
        if !same && from != shown {
            found.push(Problem::UnitPair(from, shown));
        }
    }
    // A counter counts events, whatever its last segment is called.
    if metric.kind == Kind::Counter {
        return Unit::One.into();
    }
    metric.unit.unwrap_or_else(|| {
        let key = match &metric.measurement {
            Measurement::Key(key) => Some(key.as_str()),
            Measurement::LastSegment | Measurement::With(_) => metric.name.rsplit('.').next(),
        };
        if key.is_some_and(sounds_like_time) {
            Unit::Second
        } else {
            Unit::One
        }
        .into()
    })
}

fn sounds_like_time(key: &str) -> bool {
    key == "duration" || key.ends_with("_time") || key.ends_with("_duration")
}

fn resolve_bounds(metric: &Metric, spec: UnitSpec, found: &mut Vec<Problem>) -> Vec<Amount> {
    let dimension = spec.shown.dimension();
    if metric.kind != Kind::Distribution {
        if metric.buckets.is_some() {
            found.push(Problem::BucketsOn(metric.kind));
        }
        return Vec::new();
    }
    let store_all = |bounds: &[f64], unit| -> Vec<Amount> {
        bounds
            .iter()
            .filter_map(|bound| amount::store(&Number::Float(*bound), dimension, Some(unit)).ok())
            .collect()
    };
    let Some(given) = &metric.buckets else {
        return match dimension {
            Dimension::Time => store_all(&buckets::TIME, Unit::Second),
            Dimension::Bytes => store_all(&buckets::BYTES, Unit::Byte),
            Dimension::None => {
                found.push(Problem::NoBuckets);
                Vec::new()
            }
        };
    };
    if given.is_empty() {
        found.push(Problem::EmptyBuckets);
    }
    let mut bounds: Vec<Amount> = Vec::with_capacity(given.len());
    for bound in given {
        let Ok(stored) = amount::store(bound, dimension, Some(spec.shown)) else {
            found.push(Problem::Bound(bound.to_string()));
            continue;
        };
        let last = bounds
            .last()
            .filter(|last| stored.as_f64() <= last.as_f64());
        if let Some(last) = last {
            let unit = spec.shown;
            let (first, then) = (last.in_unit(unit), stored.in_unit(unit));
            found.push(Problem::BucketOrder { first, then });
        }
        bounds.push(stored);
    }
    bounds
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use telemetry::NameError;

    use super::*;
    use crate::metric::{counter, distribution, last_value, sum, summary};

    fn one(metric: Metric) -> Definition {
        let (mut definitions, problems) = resolve(vec![metric], &[]);
        assert_eq!(problems, []);
        definitions.remove(0)
    }

    fn problems(metrics: Vec<Metric>) -> Vec<Problem> {
        let (_, problems) = resolve(metrics, &[("env".into(), "prod".into())]);
        let problems = problems.into_iter();
        problems.map(|problem| problem.problem).collect()
    }

    #[test]
    fn the_last_segment_is_the_measurement_and_the_rest_the_event() {
        let definition = one(summary("shop.repo.query.total_time"));
        assert_eq!(definition.events(), ["shop.repo.query"]);
        assert_eq!(definition.measurement(), Some("total_time"));
        let definition = one(sum("sold").event("shop.order").measurement("items"));
        assert_eq!(definition.events(), ["shop.order"]);
        assert_eq!(definition.measurement(), Some("items"));
    }

    #[test]
    fn a_measurement_that_sounds_like_time_is_time_unless_told_otherwise() {
        for name in ["a.duration", "a.queue_time", "a.stop_duration"] {
            assert_eq!(one(summary(name)).unit(), Unit::Second, "{name}");
        }
        for name in ["a.time", "a.times", "a.durations", "a.count"] {
            assert_eq!(one(summary(name)).unit(), Unit::One, "{name}");
        }
        assert_eq!(one(summary("a.duration").unit(Unit::One)).unit(), Unit::One);
        assert_eq!(one(counter("a.duration")).unit(), Unit::One);
        assert_eq!(
            one(summary("a.x").measurement("wait_time")).unit(),
            Unit::Second
        );
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let found = problems(vec![
            counter("a..b"),
            counter("single"),
            counter("telemetry.x.count"),
            counter("a.count").tags(["", "k", "k", "env"]),
            counter("a.count"),
            counter("c.count").keep(|_| true).drop_when(|_| true),
            summary("d.x").unit((Unit::Byte, Unit::Second)),
            distribution("e.items"),
            sum("f.x").buckets([1.0]),
            last_value("g.x").up_down(),
            counter("h.count").max_series(0),
            counter("i.count").events(["ok.event", "not ok"]),
            summary("j.x").measurement(""),
        ]);
        assert_eq!(
            found,
            [
                Problem::Name(NameError::EmptySegment),
                Problem::NoEvent,
                Problem::Reserved,
                Problem::EmptyTag,
                Problem::DuplicateTag("k".into()),
                Problem::ConstantTag("env".into()),
                Problem::Duplicate,
                Problem::KeepAndDrop,
                Problem::UnitPair(Unit::Byte, Unit::Second),
                Problem::NoBuckets,
                Problem::BucketsOn(Kind::Sum),
                Problem::UpDownOn(Kind::LastValue),
                Problem::NoSeries,
                Problem::Event {
                    event: "not ok".into(),
                    error: NameError::InvalidCharacter { at: 3 }
                },
                Problem::EmptyMeasurement,
            ]
        );
    }

    #[test]
    fn two_definitions_share_a_name_only_if_their_kinds_differ() {
        assert_eq!(problems(vec![counter("a.b"), sum("a.b")]), []);
        assert_eq!(
            problems(vec![sum("a.b"), sum("a.b").event("c")]),
            [Problem::Duplicate]
        );
        // What the message says works.
        assert!(Problem::Duplicate.to_string().contains("another name"));
        let apart = sum("a.eu.b").event("a").measurement("b");
        let again = counter("a.other").keep(|_| true);
        assert_eq!(
            problems(vec![sum("a.b"), apart, counter("a.count"), again]),
            []
        );
    }

    #[test]
    fn bounds_are_in_the_definitions_unit_and_read_in_the_base_unit() {
        let millis = distribution("a.duration")
            .unit(Unit::Millisecond)
            .buckets([5, 300]);
        assert_eq!(one(millis).bounds(), [0.005, 0.3]);
        let durations = distribution("a.duration").buckets([Duration::from_millis(300)]);
        assert_eq!(one(durations).bounds(), [0.3]);
        assert_eq!(one(distribution("a.duration")).bounds(), buckets::TIME);
        assert_eq!(one(distribution("a.size").bytes()).bounds(), buckets::BYTES);
    }

    #[test]
    fn bounds_must_be_finite_and_ascend() {
        let bad = |bounds: &[f64]| problems(vec![distribution("a.n").buckets(bounds.to_vec())]);
        assert_eq!(bad(&[]), [Problem::EmptyBuckets]);
        assert_eq!(
            bad(&[1.0, 1.0]),
            [Problem::BucketOrder {
                first: 1.0,
                then: 1.0
            }]
        );
        assert_eq!(bad(&[f64::INFINITY]), [Problem::Bound("inf".into())]);
        assert_eq!(
            problems(vec![distribution("a.n").buckets([Duration::ZERO])]),
            [Problem::Bound("0ns".into())]
        );
    }
}
