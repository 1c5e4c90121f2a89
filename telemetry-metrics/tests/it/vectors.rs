//! The definitions of the original, as recorded by running it: each case is translated into our
//! builder and compared, or stands in [`DIFFERENT`] with the reason and what holds instead.

mod different;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use telemetry::{Event, EventName, Number, Value, execute};
use telemetry_metrics::{
    Definition, Dimension, Kind, Metric, Skip, Snapshot, Unit, counter, distribution, last_value,
    sum, summary,
};

use crate::support::*;
use crate::units::unit;
use different::{DIFFERENT, Instead::Holds};

pub(crate) fn vectors() -> Json {
    let text = include_str!("../vectors/metrics_definitions.json");
    serde_json::from_str(text).expect("the vectors are JSON")
}

/// A number of the vectors; `None` if it is none.
pub(crate) fn number(json: &Json) -> Option<Number> {
    json.as_i64()
        .map(Number::Signed)
        .or_else(|| json.as_u64().map(Number::Unsigned))
        .or_else(|| json.as_f64().map(Number::Float))
}

const KINDS: [Kind; 5] = [
    Kind::Counter,
    Kind::Sum,
    Kind::LastValue,
    Kind::Summary,
    Kind::Distribution,
];

/// Text, or a list of texts as one with dots; `{"$": "string"}` marks an element that is not an
/// atom, which is the same here.
fn dotted(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(dotted).collect::<Vec<_>>().join("."),
        Json::Object(marked) => dotted(&marked["v"]),
        other => panic!("{other} is not text"),
    }
}

/// Builds what the case builds.
fn metric(kind: Kind, case: &Json) -> Metric {
    let name = dotted(&case["name"]);
    let mut metric = match kind {
        Kind::Counter => counter(name),
        Kind::Sum => sum(name),
        Kind::LastValue => last_value(name),
        Kind::Summary => summary(name),
        _ => distribution(name),
    };
    let mut dimension = Dimension::None;
    for (option, value) in case["options"].as_object().unwrap() {
        metric = match option.as_str() {
            "event_name" => metric.event(dotted(value)),
            "measurement" => match value["fn"].as_str().unwrap() {
                "const" => {
                    let constant = number(&value["value"]);
                    metric.measure_with(move |_| constant)
                }
                "meta_value" => {
                    let key = dotted(&value["meta"]);
                    metric.measure_with(move |event| Some(event.metadata(&key)?.as_i64()?.into()))
                }
                other => panic!("unknown function {other}"),
            },
            "tags" => metric.tags(value.as_array().unwrap().iter().map(dotted)),
            "description" => metric.description(dotted(value)),
            "keep" => metric.keep(predicate(value)),
            "drop" => metric.drop_when(predicate(value)),
            "unit" => match value {
                Json::Array(pair) => {
                    let [from, to] = [0, 1].map(|at| unit(&dotted(&pair[at])).unwrap());
                    dimension = to.dimension();
                    metric.unit((from, to))
                }
                one => {
                    let unit = unit(&dotted(one)).unwrap();
                    dimension = unit.dimension();
                    metric.unit(unit)
                }
            },
            "reporter_options" => {
                let options = value.as_object().unwrap();
                options.iter().fold(metric, |metric, (key, value)| {
                    metric.option(key, value.to_string())
                })
            }
            other => panic!("unknown option {other}"),
        };
    }
    // The original has no default bounds and asks for none.
    if kind == Kind::Distribution && dimension == Dimension::None {
        metric = metric.buckets([1]);
    }
    metric
}

fn predicate(json: &Json) -> impl Fn(&Event<'_>) -> bool + Send + Sync + use<> + 'static {
    let json = json.clone();
    move |event| match json["fn"].as_str().unwrap() {
        "const" => json["value"].as_bool().unwrap(),
        "meta_eq" => {
            let text = dotted(&json["value"]);
            event.metadata_is(&dotted(&json["key"]), &*text)
        }
        "measurement_gt" => {
            let limit = json["value"].as_f64().unwrap();
            let number = event
                .measurement(&dotted(&json["key"]))
                .and_then(Number::as_f64);
            number.is_some_and(|number| number > limit)
        }
        other => panic!("unknown function {other}"),
    }
}

/// The problem that stands for an error of the original.
fn problem_for(message: &str) -> &'static str {
    if message.starts_with("metric can't be empty") {
        "Name(Empty)"
    } else if message.starts_with("event_name can't be empty") {
        "NoEvent"
    } else if message.contains("contains leading, trailing or consecutive dots") {
        if message.starts_with("event_name") {
            "error: EmptySegment"
        } else {
            "Name(EmptySegment)"
        }
    } else if message.starts_with("either the keep or drop option") {
        "KeepAndDrop"
    } else if message.starts_with("expected both elements of the unit conversion tuple") {
        "UnitPair"
    } else {
        panic!("no problem stands for: {message}")
    }
}

fn compare(kind: Kind, definition: &Definition, case: &Json) {
    let (expected, id) = (&case["expected"], case["id"].as_str().unwrap());
    assert_eq!(definition.name(), dotted(&expected["name"]), "{id}");
    assert_eq!(
        definition.events(),
        [dotted(&expected["event_name"])],
        "{id}"
    );
    let computed = case["options"].get("measurement").is_some();
    // There, a conversion is a function around the key; here it belongs to the unit.
    let key = dotted(&expected["name"])
        .rsplit('.')
        .next()
        .unwrap()
        .to_owned();
    if let Some(there) = expected["measurement"]["key"].as_str() {
        assert_eq!(there, key, "{id}");
    }
    assert_eq!(
        definition.measurement(),
        (!computed).then_some(&*key),
        "{id}"
    );
    let tags: Vec<String> = expected["tags"]
        .as_array()
        .unwrap()
        .iter()
        // How a string is told from an atom there.
        .map(|tag| dotted(tag).trim_matches('"').to_owned())
        .collect();
    assert_eq!(definition.tags(), tags, "{id}");
    // A counter counts events, whatever unit its name or definition suggests.
    let shown = unit(&dotted(&expected["unit"])).unwrap();
    let shown = if kind == Kind::Counter {
        Unit::One
    } else {
        shown
    };
    assert_eq!(definition.unit(), shown, "{id}");
    assert_eq!(
        definition.description(),
        expected["description"].as_str(),
        "{id}"
    );
    let options: Vec<(String, String)> = expected["reporter_options"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect();
    assert_eq!(definition.options(), options, "{id}");
}

/// Emits an event with what the probe says; these are all the keys that any probe has.
fn emit(event: &str, input: &Json) {
    let (numbers, metadata) = (&input["measurements"], &input["metadata"]);
    for key in numbers.as_object().unwrap().keys() {
        assert!(
            ["latency", "count", "value", "duration", "c"].contains(&&**key),
            "{key}"
        );
    }
    for key in metadata.as_object().unwrap().keys() {
        assert!(["repo", "size", "m", "z"].contains(&&**key), "{key}");
    }
    let n = |key: &str| number(&numbers[key]);
    fn meta<'j>(metadata: &'j Json, key: &str) -> Option<Value<'j>> {
        let value = &metadata[key];
        value
            .as_str()
            .map(Value::from)
            .or_else(|| value.as_i64().map(Value::from))
    }
    let name = EventName::new(event).unwrap();
    execute!(name, {
        latency: n("latency"),
        count: n("count"),
        value: n("value"),
        duration: n("duration"),
        c: n("c"),
    }, {
        repo: meta(metadata, "repo"),
        size: meta(metadata, "size"),
        m: meta(metadata, "m"),
        z: meta(metadata, "z"),
    });
}

/// The only number of a metric in the unit that it is shown in, and how many events it counted.
fn shown(snapshot: &Snapshot, definition: &Definition) -> Option<(f64, u64)> {
    use telemetry_metrics::Data;
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

/// Runs a probe; `false` if it cannot be written here.
fn probe(kind: Kind, case: &Json, probe: &Json) -> bool {
    let input = &probe["input"];
    if input["measurements"]
        .as_object()
        .unwrap()
        .values()
        .any(|n| number(n).is_none())
    {
        return false;
    }
    let aggregator = start_unchecked([metric(kind, case)]);
    let definition = &aggregator.definitions()[0];
    emit(&definition.events()[0], input);
    let snapshot = aggregator.snapshot();
    let what = format!("{} as {kind}: {probe}", case["id"]);
    assert_eq!(handler_failures(&definition.events()[0]), 0, "{what}");

    let extracted = &probe["extracted_measurement"]["ok"]["value"];
    let kept = probe
        .get("keep_result")
        .is_none_or(|result| result["ok"]["value"] == true);
    let skips = all_skipped(&snapshot, definition.name());
    match (kept, extracted.as_f64()) {
        (false, _) => {
            let nothing = shown(&snapshot, definition).is_none_or(|shown| shown.0 == 0.0);
            assert!(nothing && skips == 0, "{what}");
        }
        // A counter needs no measurement.
        (true, _) if kind == Kind::Counter => {
            assert_eq!(
                (shown(&snapshot, definition), skips),
                (Some((1.0, 1)), 0),
                "{what}"
            );
        }
        (true, None) => {
            assert!(extracted.is_null(), "{what}");
            let missing = skipped(&snapshot, definition.name(), Skip::Missing);
            assert_eq!((missing, skips), (1, 1), "{what}");
        }
        (true, Some(there)) => {
            let (here, count) = shown(&snapshot, definition).unwrap_or_else(|| panic!("{what}"));
            // There, multiplied with a reciprocal, which may differ in the last bit.
            assert!(close(here, there, 1e-15), "{what}: {here}");
            assert_eq!((count, skips), (1, 0), "{what}");
        }
    }
    true
}

#[test]
fn definitions_are_understood_as_the_original_understands_them() {
    let vectors = vectors();
    let (mut ran, mut probes, mut not_expressible) = (0, 0, 0);
    for case in vectors["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if DIFFERENT.iter().any(|(known, _, _)| *known == id) {
            continue;
        }
        ran += 1;
        assert_eq!(
            case["applies_to"].as_array().unwrap().len(),
            KINDS.len(),
            "{id}"
        );
        for kind in KINDS {
            if let Some(message) = case["expected"]["message"].as_str() {
                let problem = problem_for(message);
                let found = problems([metric(kind, case)]);
                assert!(
                    found.len() == 1 && found[0].contains(problem),
                    "{id} {kind}: {found:?}"
                );
                continue;
            }
            let aggregator = start_unchecked([metric(kind, case)]);
            compare(kind, &aggregator.definitions()[0], case);
            drop(aggregator);
            for one in case["probes"].as_array().into_iter().flatten() {
                if probe(kind, case, one) {
                    probes += 1;
                } else {
                    not_expressible += 1;
                }
            }
        }
    }
    assert_eq!(
        ran + DIFFERENT.len(),
        vectors["cases"].as_array().unwrap().len()
    );
    // `def-112` has a text for a measurement, once per kind.
    assert_eq!((not_expressible, probes % KINDS.len()), (KINDS.len(), 0));
    assert!(probes >= 100, "{probes}");
}

#[test]
fn where_we_differ_something_else_holds() {
    let mut held = 0;
    for (id, reason, instead) in DIFFERENT {
        assert!(!reason.is_empty(), "{id}");
        if let Holds(check) = instead {
            check();
            held += 1;
        }
    }
    assert_eq!(held, 13);
}

#[test]
fn every_case_is_either_run_or_in_the_table() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(
        cases.len(),
        vectors["case_count"].as_u64().unwrap() as usize
    );
    let ids: BTreeSet<&str> = cases
        .iter()
        .map(|case| case["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), cases.len(), "ids are unique");
    let different: BTreeSet<&str> = DIFFERENT.iter().map(|(id, _, _)| *id).collect();
    assert_eq!(
        different.len(),
        DIFFERENT.len(),
        "nothing stands twice in the table"
    );
    assert!(
        different.is_subset(&ids),
        "the table speaks of cases that there are"
    );
    // What is not in the table is run, and an option or error that is not known panics there.
    assert_eq!(ids.difference(&different).count(), 65 - DIFFERENT.len());
}
