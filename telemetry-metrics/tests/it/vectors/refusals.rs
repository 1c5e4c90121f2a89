//! What is no definition: there, here, or for both.

use telemetry::EventName;
use telemetry_metrics::{Dimension, Kind};
use telemetry_vectors::num::Units;
use telemetry_vectors::original::{arity, tag_keys};
use telemetry_vectors::term::{Strange, inspect, inspect_value, our_text, tagged};
use telemetry_vectors::{Answer, Holds, Json, dotted, key, metric};

use super::given::Given;
use super::rules::By;

/// Why a case is refused, if it is; the first reason that the original finds.
pub(super) fn refusal(case: &Json, holds: Holds<By>) -> Result<Option<Answer<Given>>, Strange> {
    let (name, options) = (&case["name"], &case["options"]);
    let mut probes = case["probes"].as_array().into_iter().flatten();
    let has_no_value = |probe: &Json| {
        let mut metadata = probe["input"]["metadata"].as_object().into_iter().flatten();
        metadata.any(|(_, json)| our_text(json).is_err())
    };
    let strange = match metric(Kind::LastValue, name, options) {
        Err(Strange::Unknown(what)) => return Err(Strange::Unknown(what)),
        Err(Strange::NotHere) => true,
        Ok(_) => probes.any(has_no_value),
    };
    if strange && holds.has(By::Unwritable) {
        return Ok(Some(Answer::NotHere));
    }
    let ours = ours(name, options, holds);
    Ok(match theirs(name, options, holds) {
        Some((message, part)) => {
            // A name that is wrong in two ways is refused for its characters.
            let other = |ours: &String| part == "NoEvent" || ours.contains("InvalidCharacter");
            let ours = ours.filter(other);
            let part = ours.unwrap_or_else(|| part.into());
            Some(Answer::both_refuse(
                format!("ArgumentError: {message}"),
                part,
            ))
        }
        None => ours.map(Answer::we_refuse),
    })
}

type Reason = (String, &'static str);

fn theirs(name: &Json, options: &Json, holds: Holds<By>) -> Option<Reason> {
    let reason = |message: String, part| Some((message, part));
    let option = |key: &str| options.get(key).filter(|json| !json.is_null());
    name_reason("metric", name, holds).or_else(|| {
        let (keep, drop) = (option("keep"), option("drop"));
        if keep.is_some() && drop.is_some() {
            let message = "either the keep or drop option may be set, but not both";
            return reason(message.into(), "KeepAndDrop");
        }
        let wrong = keep.or(drop).filter(|json| !is_function(json, &[1, 2]));
        if let Some(json) = wrong {
            let message = "expected recording rule to be a function accepting either metadata or \
                           metadata and measurements, got";
            return reason(format!("{message} {}", inspect_value(json)), "");
        }
        let found = match options.get("event_name") {
            Some(event) => name_reason("event_name", event, holds),
            None if segments(name, holds) == 1 => reason(empty("event_name").into(), "NoEvent"),
            None => None,
        };
        found.or_else(|| unit_reason(options, holds))
    })
    .or_else(|| {
        let is_list = |json: &Json| json.is_array() || matches!(tagged(json), Some(("list", _)));
        let is_text = |json: &Json| json.is_string() || matches!(tagged(json), Some(("string", _)));
        let is_options = |json: &Json| {
            (json.is_object() && tagged(json).is_none()) || *json == Json::Array(Vec::new())
        };
        let tags = option("tags").filter(|json| !is_list(json) && !is_function(json, &[1]));
        let values = option("tag_values").filter(|json| !is_function(json, &[1]));
        let text = option("description").filter(|json| !is_text(json));
        let reporter = option("reporter_options").filter(|json| !is_options(json));
        let (what, wrong) = [
            ("tag keys to be a list, got:", tags),
            ("tag_values fun to be a one-argument function, got:", values),
            ("description to be a string, got", text),
            ("reporter options to be a keyword list, got", reporter),
        ]
        .into_iter()
        .find_map(|(what, wrong)| Some((what, wrong?)))?;
        reason(format!("expected {what} {}", inspect_value(wrong)), "")
    })
}

/// How many parts a name has; an atom with dots in it is one.
fn segments(name: &Json, holds: Holds<By>) -> usize {
    match name {
        name if holds.has(By::Texts) => dotted(name).map_or(0, |name| name.split('.').count()),
        Json::String(text) => text.split('.').count(),
        name => name.as_array().map_or(0, Vec::len),
    }
}

fn is_function(json: &Json, arities: &[u64]) -> bool {
    json["fn"].is_string() && arities.contains(&arity(json))
}

fn empty(kind: &str) -> &'static str {
    if kind == "metric" {
        "metric can't be empty"
    } else {
        "event_name can't be empty (metric must be namespaced or :event_name explicitly set)"
    }
}

/// What is wrong with the name of a metric or event.
fn name_reason(kind: &str, name: &Json, holds: Holds<By>) -> Option<Reason> {
    let is_event = kind == "event_name";
    match name {
        Json::String(text) if text.is_empty() => {
            let part = if is_event {
                "error: Empty"
            } else {
                "Name(Empty)"
            };
            Some((empty(kind).into(), part))
        }
        Json::Array(list) if list.is_empty() => name_reason(kind, &Json::from(""), holds),
        Json::String(text) if text.split('.').any(str::is_empty) => {
            let part = if is_event {
                "error: EmptySegment"
            } else {
                "Name(EmptySegment"
            };
            let message = format!("{kind} {text} contains leading, trailing or consecutive dots");
            Some((message, part))
        }
        Json::String(_) => None,
        Json::Array(list) => {
            let is_text = |json: &Json| matches!(tagged(json), Some(("string", _)));
            let is_atom = |json: &Json| match json {
                Json::Null | Json::String(_) | Json::Bool(_) => true,
                json => matches!(tagged(json), Some(("atom", _))),
            };
            let allowed = |json: &Json| is_atom(json) || is_text(json) && holds.has(By::Texts);
            (!list.iter().all(allowed)).then(|| {
                let message = "to be a list of atoms or a string, got";
                (format!("expected {kind} {message} {}", inspect(name)), "")
            })
        }
        other => {
            let message = "to be a string or a list of atoms, got";
            Some((format!("expected {kind} {message} {}", inspect(other)), ""))
        }
    }
}

fn unit_reason(options: &Json, holds: Holds<By>) -> Option<Reason> {
    let unit = options.get("unit")?;
    let is_atom = unit.is_string()
        || unit.is_null()
        || unit.is_boolean()
        || matches!(tagged(unit), Some(("atom", _)));
    let Some(pair) = unit.as_array().filter(|pair| pair.len() == 2) else {
        let message = "expected unit to be an atom or a two-element tuple, got";
        let shown = match unit {
            Json::Array(_) => tuple(unit),
            other => inspect(other),
        };
        return (!is_atom).then(|| (format!("{message} {shown}"), ""));
    };
    let known = |units: &[&str]| {
        pair.iter()
            .all(|unit| unit.as_str().is_some_and(|unit| units.contains(&unit)))
    };
    let is_known = known(&[
        "native",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ]) || known(&["byte", "kilobyte", "megabyte"]);
    let is_ours = match Units::of(options) {
        Ok(Units::Pair(from, to)) => {
            from == to || from.dimension() == to.dimension() && from.dimension() != Dimension::None
        }
        _ => false,
    };
    let message = "expected both elements of the unit conversion tuple to represent time or byte \
                   units, got";
    let refused = !(is_known || is_ours && holds.has(By::Units));
    refused.then(|| (format!("{message} {}", tuple(unit)), "UnitPair"))
}

fn tuple(list: &Json) -> String {
    let all: Vec<String> = list.as_array().into_iter().flatten().map(inspect).collect();
    format!("{{{}}}", all.join(", "))
}

/// What is refused here only.
fn ours(name: &Json, options: &Json, holds: Holds<By>) -> Option<String> {
    let name = dotted(name).ok()?;
    if holds.has(By::Names) {
        if let Err(error) = EventName::check(&name) {
            return Some(format!("Name({error:?})"));
        }
        let event = options
            .get("event_name")
            .and_then(|event| dotted(event).ok());
        if let Some(error) = event.and_then(|event| EventName::check(&event).err()) {
            return Some(format!("error: {error:?}"));
        }
        let measurement = options.get("measurement").and_then(|json| key(json).ok());
        if measurement.is_some_and(|key| key.is_empty()) {
            return Some("EmptyMeasurement".into());
        }
    }
    let keys = tag_keys(options).ok()?;
    if holds.has(By::Names)
        && keys
            .iter()
            .any(|key| key.trim_start_matches("str:").is_empty())
    {
        return Some("EmptyTag".into());
    }
    let plain = |key: &str| key.strip_prefix("str:").unwrap_or(key).to_owned();
    let mut twice = keys
        .iter()
        .enumerate()
        .filter(|(at, key)| keys[..*at].iter().any(|other| plain(other) == plain(key)));
    let (_, twice) = twice.next().filter(|_| holds.has(By::SameTag))?;
    Some(format!("DuplicateTag({:?})", plain(twice)))
}
