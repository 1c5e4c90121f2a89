//! Definitions of the cases in our words.

use std::panic::resume_unwind;

use serde_json::Value as Json;
use telemetry::{Event, Number, Value};
use telemetry_metrics::{Dimension, Kind, Metric, counter, distribution, last_value, sum, summary};

use crate::event::{dotted, key, number, value};
use crate::num::Units;
use crate::original::{arity, tag_keys};
use crate::term::{Strange, our_text, tagged};

/// The kind of this name.
///
/// # Errors
///
/// A name that no kind has.
pub fn kind(json: &Json) -> Result<Kind, Strange> {
    Ok(match json.as_str() {
        Some("counter") => Kind::Counter,
        Some("sum") => Kind::Sum,
        Some("last_value") => Kind::LastValue,
        Some("summary") => Kind::Summary,
        Some("distribution") => Kind::Distribution,
        _ => return Err(Strange::unknown("kind", json)),
    })
}

/// What a definition of a case says, in our words. The unit that it does not say is left out.
///
/// # Errors
///
/// What cannot be written here, and what nobody has thought of.
pub fn metric(kind: Kind, name: &Json, options: &Json) -> Result<Metric, Strange> {
    let name = dotted(name)?;
    let mut metric = match kind {
        Kind::Counter => counter(name),
        Kind::Sum => sum(name),
        Kind::LastValue => last_value(name),
        Kind::Summary => summary(name),
        _ => distribution(name),
    };
    for (option, json) in options.as_object().into_iter().flatten() {
        metric = set(metric, option, json, options)?;
    }
    Ok(metric)
}

fn set(metric: Metric, option: &str, json: &Json, options: &Json) -> Result<Metric, Strange> {
    Ok(match option {
        "event_name" => metric.event(dotted(json)?),
        "measurement" if json["fn"].is_string() => measure(metric, json)?,
        "measurement" => metric.measurement(key(json)?),
        "tags" => {
            let keys = tag_keys(options)?;
            let plain = keys
                .iter()
                .map(|key| key.strip_prefix("str:").unwrap_or(key));
            metric.tags(plain)
        }
        "tag_values" => tag_values(metric, json, &tag_keys(options)?)?,
        "description" => match json {
            Json::Null => metric,
            Json::String(text) => metric.description(text),
            _ => return Err(Strange::NotHere),
        },
        "keep" if !json.is_null() => metric.keep(predicate(json)?),
        "drop" if !json.is_null() => metric.drop_when(predicate(json)?),
        "keep" | "drop" => metric,
        "unit" => match Units::of(options)? {
            Units::Unsaid => metric,
            // There, a number is of the unit that the definition says.
            Units::One(unit) if unit.dimension() != Dimension::None => metric.unit((unit, unit)),
            Units::One(unit) => metric.unit(unit),
            Units::Pair(from, to) => metric.unit((from, to)),
        },
        "reporter_options" => reporter_options(metric, json)?,
        _ => return Err(Strange::NotHere),
    })
}

fn measure(metric: Metric, json: &Json) -> Result<Metric, Strange> {
    if !(1..=2).contains(&arity(json)) {
        return Err(Strange::NotHere);
    }
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let meta = json["meta"]
        .as_str()
        .map_or_else(|| text("key"), str::to_owned);
    let of_meta = move |event: &Event<'_>| {
        let value = event.metadata(&meta)?;
        let whole = value.as_i64().map(Number::from);
        whole.or_else(|| value.as_f64().map(Number::from))
    };
    let own = text("key");
    Ok(match json["fn"].as_str() {
        Some("const") => {
            let constant = number(&json["value"]);
            metric.measure_with(move |_| constant)
        }
        Some("meta_value" | "meta_value_raw") => metric.measure_with(of_meta),
        Some("mul") => {
            let by = json["by"].as_f64();
            let by = by.ok_or_else(|| Strange::unknown("measurement", json))?;
            metric.measure_with(move |event| {
                let number = event.measurement(&own)?.as_f64()?;
                Some(Number::Float(number * by))
            })
        }
        Some("div_by_meta") => metric.measure_with(move |event| {
            let by = of_meta(event)?.as_f64()?;
            Some(Number::Float(event.measurement(&own)?.as_f64()? / by))
        }),
        Some("raise") => metric.measure_with(|_| resume_unwind(Box::new("boom"))),
        _ => return Err(Strange::unknown("measurement", json)),
    })
}

fn tag_values(metric: Metric, json: &Json, keys: &[String]) -> Result<Metric, Strange> {
    let known = ["raise", "const_tags", "put_tag", "take"];
    match json["fn"].as_str() {
        None => return Err(Strange::NotHere),
        Some(_) if arity(json) != 1 => return Err(Strange::NotHere),
        Some(function) if !known.contains(&function) => {
            return Err(Strange::unknown("tag_values", json));
        }
        Some("raise") => return Ok(metric.tag_values(|_, _| resume_unwind(Box::new("boom")))),
        Some(_) => {}
    }
    // Each tag: left as it is, or set to this.
    let mut set: Vec<(String, Option<Json>)> = Vec::new();
    for key in keys {
        let taken = tag_keys(&serde_json::json!({ "tags": json["keys"] }));
        match json["fn"].as_str() {
            Some("const_tags") => set.push((key.clone(), Some(json["map"][key].clone()))),
            Some("put_tag") if json["key"] == **key => {
                set.push((key.clone(), Some(json["value"].clone())));
            }
            Some("take") if !taken?.contains(key) => set.push((key.clone(), Some(Json::Null))),
            _ => {}
        }
    }
    let set: Vec<(String, Json, Option<String>)> = set
        .into_iter()
        .filter_map(|(key, json)| Some((key, json?)))
        .map(|(key, json)| {
            let text = our_text(&json)?;
            Ok((
                key.strip_prefix("str:").unwrap_or(&key).to_owned(),
                json,
                text,
            ))
        })
        .collect::<Result<_, Strange>>()?;
    Ok(metric.tag_values(move |_, tags| {
        for (key, json, text) in &set {
            tags.set(key, value(json, text.as_deref()));
        }
    }))
}

type Predicate = Box<dyn Fn(&Event<'_>) -> bool + Send + Sync>;

fn predicate(json: &Json) -> Result<Predicate, Strange> {
    if !(1..=2).contains(&arity(json)) {
        return Err(Strange::NotHere);
    }
    let own = json["meta"].as_str().or(json["key"].as_str());
    let own = own.unwrap_or_default().to_owned();
    let wanted = json["value"].clone();
    Ok(match json["fn"].as_str() {
        Some("raise") => Box::new(|_| resume_unwind(Box::new("boom"))),
        Some("const") => {
            let constant = !matches!(wanted, Json::Null | Json::Bool(false));
            Box::new(move |_| constant)
        }
        Some("meta_eq") => {
            let text = our_text(&wanted)?;
            Box::new(move |event| match value(&wanted, text.as_deref()) {
                Some(value) => event.metadata_is(&own, value),
                None => event.metadata(&own).is_none(),
            })
        }
        Some("meta_value_raw" | "meta_value") => Box::new(move |event| {
            let value = event.metadata(&own);
            value.is_some_and(|value| value != Value::from(false))
        }),
        Some("measurement_gt") => {
            let limit = wanted.as_f64();
            let limit = limit.ok_or_else(|| Strange::unknown("predicate", json))?;
            Box::new(move |event| {
                let number = event.measurement(&own).and_then(Number::as_f64);
                number.is_some_and(|number| number > limit)
            })
        }
        Some(_) => return Err(Strange::unknown("predicate", json)),
        None => return Err(Strange::NotHere),
    })
}

fn reporter_options(mut metric: Metric, json: &Json) -> Result<Metric, Strange> {
    let options = json.as_object().filter(|_| tagged(json).is_none());
    let options = options.ok_or(Strange::NotHere)?.iter();
    for (key, json) in options.filter(|(_, json)| !json.is_null()) {
        metric = if key == "buckets" {
            let bounds = json.as_array().ok_or(Strange::NotHere)?.iter();
            let bounds = bounds.map(|bound| bound.as_f64().ok_or(Strange::NotHere));
            metric.buckets(bounds.collect::<Result<Vec<f64>, _>>()?)
        } else {
            metric.option(key, our_text(json)?.unwrap_or_default())
        };
    }
    Ok(metric)
}
