//! What comes of a case here, as each of the five kinds.

use std::collections::BTreeMap;

use telemetry_metrics::{Aggregator, Check};
use telemetry_metrics::{
    Data, Definition, Dimension, Kind, Metric, Skip, Snapshot, StartError, Unit,
};
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::original::{arity, keep_function};
use telemetry_vectors::term::Strange;
use telemetry_vectors::{Answer, Json, emit, kind, metric};

use super::given::{Defined, Extracted, Given, Probed};
use crate::support::{all_skipped, family, handler_failures, label, skipped};

/// What a definition needs that the original does not ask for.
fn whole(kind: Kind, case: &Json, options: &Json) -> Result<Metric, Strange> {
    let mut options = options.clone();
    // Bounds are a method.
    let reporter = options
        .get_mut("reporter_options")
        .and_then(Json::as_object_mut);
    let bounds = reporter.and_then(|options| options.remove("buckets"));
    let mut metric = metric(kind, &case["name"], &options)?;
    if kind == Kind::Sum {
        // There, all sums may fall.
        metric = metric.up_down();
    }
    let is_plain = match Units::of(&options)? {
        Units::Unsaid => true,
        Units::One(unit) | Units::Pair(_, unit) => unit.dimension() == Dimension::None,
    };
    let bounds: Vec<f64> = match bounds.as_ref().and_then(Json::as_array) {
        Some(bounds) => bounds.iter().filter_map(Json::as_f64).collect(),
        None if is_plain => vec![1.0],
        None => Vec::new(),
    };
    Ok(if kind == Kind::Distribution && !bounds.is_empty() {
        metric.buckets(bounds)
    } else {
        metric
    })
}

fn start(metric: Metric) -> Result<Aggregator, String> {
    let builder = Aggregator::builder()
        .metrics([metric])
        .check_definitions(Check::Off);
    builder.start().map_err(|error| match error {
        StartError::Definitions(problems) => {
            let problem = |one: &telemetry_metrics::DefinitionProblem| {
                format!("{}: {:?}", one.metric, one.problem)
            };
            problems.iter().map(problem).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    })
}

/// The answer that all kinds agree upon.
pub(super) fn answer(case: &Json) -> Result<Answer<Given>, Strange> {
    let mut answers: Vec<(Kind, Answer<Given>)> = Vec::new();
    for name in case["applies_to"].as_array().into_iter().flatten() {
        let kind = kind(name)?;
        let answer = match start(whole(kind, case, &case["options"])?) {
            Err(problems) => Answer::we_refuse(problems),
            Ok(aggregator) => {
                let defined = defined(kind, &aggregator.definitions()[0], case);
                drop(aggregator);
                let mut defined = defined?;
                for probe in case["probes"].as_array().into_iter().flatten() {
                    defined.probes.push(probed(kind, case, probe)?);
                }
                Answer::Gives(Given::Definition(Box::new(defined)))
            }
        };
        if let Some((first, other)) = answers.first() {
            if *other != answer {
                let both = format!("{first}: {other:?}, {kind}: {answer:?}");
                return Err(Strange::Unknown(format!("the kinds do not agree: {both}")));
            }
        }
        answers.push((kind, answer));
    }
    let (_, answer) = answers.into_iter().next().ok_or(Strange::NotHere)?;
    Ok(answer)
}

fn defined(kind: Kind, definition: &Definition, case: &Json) -> Result<Defined, Strange> {
    let options = &case["options"];
    let [event] = definition.events() else {
        return Err(Strange::Unknown(format!("{:?}", definition.events())));
    };
    // There, a conversion is a function around the key; here it belongs to the unit.
    let wraps = Units::of(options)?.ratio() != Num::Int(1);
    let measurement = match definition.measurement() {
        Some(_) if wraps => "function 1".into(),
        Some(key) => format!("key {key}"),
        None => format!("function {}", arity(&options["measurement"])),
    };
    // A counter counts events, whatever unit its definition says.
    let unit = match Units::of(options)? {
        Units::One(unit) | Units::Pair(_, unit) if kind == Kind::Counter => unit,
        Units::Unsaid if kind == Kind::Counter => {
            let summary = start(whole(Kind::Summary, case, options)?);
            summary.map_or(Unit::One, |summary| summary.definitions()[0].unit())
        }
        _ => definition.unit(),
    };
    Ok(Defined {
        name: definition.name().to_owned(),
        event: event.clone(),
        measurement,
        tags: Some(definition.tags().to_vec()),
        tags_are_metadata: options.get("tag_values").is_none(),
        unit: format!("{unit:?}"),
        description: definition.description().map(str::to_owned),
        options: definition.options().iter().cloned().collect(),
        keep: keep_function(options).map(arity),
        probes: Vec::new(),
    })
}

/// Emits the event of a probe for a definition of this kind, and looks at what it made of it.
fn observe<R>(
    kind: Kind,
    case: &Json,
    options: &Json,
    probe: &Json,
    look: impl FnOnce(&Snapshot, &Definition) -> R,
) -> Result<R, Strange> {
    let aggregator = start(whole(kind, case, options)?).map_err(Strange::Unknown)?;
    let definition = &aggregator.definitions()[0];
    let event = &definition.events()[0];
    emit(event, &probe["input"])?;
    assert_eq!(handler_failures(event), 0, "{probe}");
    Ok(look(&aggregator.snapshot(), definition))
}

fn probed(kind: Kind, case: &Json, probe: &Json) -> Result<Probed, Strange> {
    let options = &case["options"];
    let mut unfiltered = options.clone();
    for filter in ["keep", "drop"] {
        unfiltered
            .as_object_mut()
            .map(|options| options.remove(filter));
    }
    // A counter counts, measurement or not; what there is to extract, another kind says.
    let counts = |options: &Json| {
        observe(
            Kind::Counter,
            case,
            options,
            probe,
            |snapshot, definition| {
                let skips = all_skipped(snapshot, definition.name());
                let shown = shown(snapshot, definition);
                let counted = shown.is_some_and(|(count, _)| count == 1.0);
                assert!(
                    counted || shown.is_none_or(|(count, _)| count == 0.0),
                    "{probe}"
                );
                (counted, skips)
            },
        )
    };
    assert_eq!(counts(&unfiltered)?, (true, 0), "{probe}");
    let kind = if kind == Kind::Counter {
        Kind::Sum
    } else {
        kind
    };
    let extracted = observe(kind, case, &unfiltered, probe, extracted)?;
    let kept = match probe.get("keep_result") {
        Some(_) => Some(counts(options)?.0.to_string()),
        None => None,
    };
    let tags = match probe.get("tag_values_result") {
        Some(_) => Some(observe(Kind::Counter, case, options, probe, tags)?),
        None => None,
    };
    Ok(Probed {
        extracted,
        kept,
        tags,
    })
}

/// The only number of a metric in the unit that it is shown in, and how many events it counted.
fn shown(snapshot: &Snapshot, definition: &Definition) -> Option<(f64, u64)> {
    let series = &family(snapshot, definition.kind(), definition.name()).series;
    let (amount, count) = match &series.first()?.data {
        Data::Counter(count) => return Some((*count as f64, *count)),
        Data::Sum(amount) | Data::LastValue(amount) => (*amount, 1),
        Data::Summary(summary) => (summary.sum, summary.count),
        Data::Distribution(distribution) => (distribution.sum, distribution.count),
        other => panic!("{other:?}"),
    };
    Some((amount.in_unit(definition.unit()), count))
}

fn extracted(snapshot: &Snapshot, definition: &Definition) -> Extracted {
    let name = definition.name();
    let reasons = [
        Skip::Missing,
        Skip::Unit,
        Skip::Overflow,
        Skip::NotFinite,
        Skip::Panicked,
    ];
    let skips: u64 = reasons
        .iter()
        .map(|reason| skipped(snapshot, name, *reason))
        .sum();
    match (skips, shown(snapshot, definition)) {
        (0, Some((number, 1))) => Extracted::Number(number),
        (1, _) => Extracted::Nothing,
        other => Extracted::Other(format!("{other:?}")),
    }
}

fn tags(snapshot: &Snapshot, definition: &Definition) -> BTreeMap<String, String> {
    let family = family(snapshot, Kind::Counter, definition.name());
    let series = family.series.first();
    let text = series
        .map(|series| label(family, series))
        .unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, text)| (key.to_owned(), text.to_owned()))
        .collect()
}
