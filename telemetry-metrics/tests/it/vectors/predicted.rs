//! What the content of a case leads to: the original's definition without the rules, ours with them.

use std::collections::BTreeMap;

use telemetry_metrics::{Dimension, Unit};
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::original::{
    Measured, arity, converted, holds as predicate_holds, keep_function, kept, kept_here, measured,
    tag_keys, tag_values,
};
use telemetry_vectors::term::{Strange, inspect, our_text, tagged};
use telemetry_vectors::{Answer, Holds, Json, dotted};

use super::conversion::shown;
use super::given::{self, Defined, Extracted, Given, Probed, extracted_of, plain, unit_text};
use super::refusals::refusal;
use super::rules::By;

pub(super) fn answer(case: &Json, holds: Holds<By>) -> Result<Answer<Given>, Strange> {
    if let Some(refusal) = refusal(case, holds)? {
        return Ok(refusal);
    }
    let options = &case["options"];
    let name = dotted(&case["name"])?;
    let event = match options.get("event_name") {
        Some(event) => dotted(event)?,
        None => name
            .rsplit_once('.')
            .map_or("", |(event, _)| event)
            .to_owned(),
    };
    let last = name.rsplit('.').next().unwrap_or_default().to_owned();
    let probes = case["probes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let probes = probes
        .iter()
        .map(|probe| probed(probe, &last, options, holds));
    Ok(Answer::Gives(Given::Definition(Box::new(Defined {
        measurement: measurement(options, &last),
        tags: tags(options, holds),
        tags_are_metadata: options.get("tag_values").is_none(),
        unit: unit(options, &last, holds),
        description: {
            let text = options["description"].as_str();
            let text =
                text.filter(|text| !(text.trim().is_empty() && holds.has(By::EmptyDescription)));
            text.map(str::to_owned)
        },
        options: match options.get("reporter_options") {
            None => BTreeMap::new(),
            Some(Json::Null) => BTreeMap::from([("nil".into(), "nil".into())]),
            Some(options) => given::options(options).unwrap_or_default(),
        },
        keep: keep_function(options).map(arity),
        probes: probes.collect::<Result<_, _>>()?,
        name,
        event,
    }))))
}

fn measurement(options: &Json, last: &str) -> String {
    let wraps = Units::of(options).is_ok_and(|units| units.ratio() != Num::Int(1));
    match options.get("measurement") {
        Some(function) if function["fn"].is_string() => match arity(function) {
            other if wraps && other != 2 => "function 1".into(),
            other => format!("function {other}"),
        },
        _ if wraps => "function 1".into(),
        None => format!("key {last}"),
        Some(Json::Null) => "key nil".into(),
        Some(key) => match telemetry_vectors::key(key) {
            Ok(key) => format!("key {key}"),
            Err(_) => format!("key {}", inspect(key)),
        },
    }
}

fn tags(options: &Json, holds: Holds<By>) -> Option<Vec<String>> {
    match options.get("tags") {
        None => Some(Vec::new()),
        Some(Json::Null) => Some(vec!["nil".into()]),
        Some(function) if function["fn"].is_string() => {
            let keys = tag_keys(options)
                .ok()
                .filter(|_| holds.has(By::TagsFunction));
            keys.map(|keys| {
                keys.iter()
                    .map(|key| key.trim_start_matches("str:").into())
                    .collect()
            })
        }
        Some(list) => {
            let text = |key: &Json| match key {
                Json::String(atom) => atom.clone(),
                key => match tagged(key) {
                    Some(("atom" | "string", Json::String(text))) => text.clone(),
                    _ => plain(&inspect(key)),
                },
            };
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            Some(list.iter().map(text).collect())
        }
    }
}

/// Whether the unit is not said, and the measurement sounds like time.
fn sounds_like_time(options: &Json, last: &str) -> bool {
    let key = options["measurement"].as_str().unwrap_or(last);
    options.get("unit").is_none()
        && (key == "duration" || key.ends_with("_time") || key.ends_with("_duration"))
}

fn unit(options: &Json, last: &str, holds: Holds<By>) -> String {
    if sounds_like_time(options, last) && holds.has(By::Time) {
        return format!("{:?}", Unit::Second);
    }
    match options.get("unit") {
        None => format!("{:?}", Unit::One),
        Some(Json::Array(pair)) => pair.last().map(unit_text).unwrap_or_default(),
        Some(unit) => unit_text(unit),
    }
}

fn probed(probe: &Json, last: &str, options: &Json, holds: Holds<By>) -> Result<Probed, Strange> {
    let input = &probe["input"];
    let kept = match probe.get("keep_result") {
        Some(_) => Some(kept_as(options, input, holds)?),
        None => None,
    };
    let tags = match probe.get("tag_values_result") {
        Some(_) => Some(tag_texts(options, input, holds)?),
        None => None,
    };
    Ok(Probed {
        extracted: extracted(options, last, input, holds)?,
        kept,
        tags,
    })
}

fn extracted(
    options: &Json,
    last: &str,
    input: &Json,
    holds: Holds<By>,
) -> Result<Extracted, Strange> {
    let units = match Units::of(options)? {
        // A number of the unit that the definition says.
        Units::One(unit) if unit.dimension() != Dimension::None => Units::Pair(unit, unit),
        units => units,
    };
    let there = measured(options, last, input)?;
    Ok(match (converted(there.clone(), units), there) {
        (Measured::Number(_), _) if sounds_like_time(options, last) && holds.has(By::Time) => {
            Extracted::Nothing
        }
        (Measured::Number(_), Measured::Number(number)) => {
            shown(units, number, holds).map_or(Extracted::Nothing, Extracted::Number)
        }
        (Measured::Not(_) | Measured::Fails(_), _) if holds.has(By::Typed) => Extracted::Nothing,
        (Measured::Fails(exception), _) => Extracted::Raises(exception.into()),
        (Measured::Not(term), _) => extracted_of(&term),
        (Measured::Number(number), _) => Extracted::Number(number.as_f64()),
    })
}

/// What the predicate says: there whatever the function gives, here a bool.
fn kept_as(options: &Json, input: &Json, holds: Holds<By>) -> Result<String, Strange> {
    let function = keep_function(options).cloned().unwrap_or_default();
    let Some(kept) = kept(options, input)? else {
        return Ok(if holds.has(By::Typed) {
            "false"
        } else {
            "raises RuntimeError"
        }
        .into());
    };
    if holds.has(By::Typed) {
        return Ok(kept_here(options, input)?.unwrap_or_default().to_string());
    }
    let raw = match function["fn"].as_str() {
        Some("const") => function["value"].clone(),
        Some("meta_value_raw" | "meta_value") => {
            let key = function["meta"].as_str().or(function["key"].as_str());
            input["metadata"][key.unwrap_or_default()].clone()
        }
        _ => Json::Bool(predicate_holds(&function, input)?.unwrap_or_default()),
    };
    Ok(match raw {
        Json::Bool(_) => kept.to_string(),
        other => inspect(&other),
    })
}

fn tag_texts(
    options: &Json,
    input: &Json,
    holds: Holds<By>,
) -> Result<BTreeMap<String, String>, Strange> {
    let keys = tag_keys(options)?;
    let values = tag_values(options, input)?.unwrap_or_default();
    let mut texts = BTreeMap::new();
    for (key, value) in &values {
        if !holds.has(By::Listed) || keys.contains(key) {
            if let Some(text) = our_text(value)? {
                texts.insert(key.trim_start_matches("str:").to_owned(), text);
            }
        }
    }
    Ok(texts)
}
