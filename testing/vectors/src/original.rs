//! What the functions of the cases give there: measurements, predicates, tags.

use serde_json::{Map, Value as Json};

use crate::num::{Num, Units};
use crate::term::{Strange, tagged};

/// What a measurement gives there.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// A number.
    Number(Num),
    /// Nothing, or something that is not a number.
    Not(Json),
    /// It raises this.
    Fails(&'static str),
}

fn word(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// How many arguments a function of the cases takes.
#[must_use]
pub fn arity(function: &Json) -> u64 {
    let own = match word(&function["fn"]) {
        "measurement_gt" | "meta_value" | "div_by_meta" => 2,
        _ => 1,
    };
    function["arity"].as_u64().unwrap_or(own)
}

/// The measurement of a definition, whose name ends in `last`, before its unit is converted.
///
/// # Errors
///
/// A function that is not known.
pub fn measured(options: &Json, last: &str, event: &Json) -> Result<Measured, Strange> {
    let (measurements, metadata) = (&event["measurements"], &event["metadata"]);
    let of = |json: &Json| match Num::of(json) {
        Some(number) => Measured::Number(number),
        None => Measured::Not(json.clone()),
    };
    let Some(measurement) = options.get("measurement") else {
        return Ok(of(&measurements[last]));
    };
    let by = |a: &Json, b: &Json, divide: bool| match (Num::of(a), Num::of(b)) {
        (Some(_), Some(b)) if divide && b.as_f64() == 0.0 => Measured::Fails("ArithmeticError"),
        (Some(a), Some(b)) if divide => Measured::Number(Num::Float(a.as_f64() / b.as_f64())),
        (Some(a), Some(b)) => Measured::Number(a.times(b)),
        _ => Measured::Fails("ArithmeticError"),
    };
    Ok(match measurement {
        Json::String(key) => of(&measurements[key]),
        json if json["fn"].is_string() => {
            let own = &measurements[word(&json["key"])];
            let meta = &metadata[word(json.get("meta").unwrap_or(&json["key"]))];
            match word(&json["fn"]) {
                _ if !(1..=2).contains(&arity(json)) => Measured::Not(Json::Null),
                "const" => of(&json["value"]),
                "meta_value" | "meta_value_raw" => of(meta),
                "mul" => by(own, &json["by"], false),
                "div_by_meta" => by(own, meta, true),
                "raise" => Measured::Fails("RuntimeError"),
                other => return Err(Strange::unknown("measurement", other)),
            }
        }
        json => match tagged(json) {
            Some(("string", Json::String(key))) => of(&measurements[format!("str:{key}")]),
            Some(("atom", Json::String(key))) => of(&measurements[key]),
            _ => Measured::Not(Json::Null),
        },
    })
}

/// As [`measured`] where it makes no difference whether keys are atoms or texts.
///
/// # Errors
///
/// A function that is not known.
pub fn measured_by_text(options: &Json, last: &str, event: &Json) -> Result<Measured, Strange> {
    match measured(options, last, event)? {
        Measured::Not(Json::Null) => measured(options, last, &swapped(event)),
        found => Ok(found),
    }
}

/// The event with texts for atoms and atoms for texts as its keys.
fn swapped(event: &Json) -> Json {
    let swap = |all: &Json| {
        let all = all.as_object().into_iter().flatten();
        let pairs = all.map(|(key, value)| (other_key(key), value.clone()));
        Json::Object(pairs.collect())
    };
    let (measurements, metadata) = (swap(&event["measurements"]), swap(&event["metadata"]));
    serde_json::json!({ "measurements": measurements, "metadata": metadata })
}

/// The text that prints as the atom, or the other way round.
#[must_use]
pub fn other_key(key: &str) -> String {
    match key.strip_prefix("str:") {
        Some(atom) => atom.to_owned(),
        None => format!("str:{key}"),
    }
}

/// The same in the unit that is shown.
#[must_use]
pub fn converted(measured: Measured, units: Units) -> Measured {
    let ratio = units.ratio();
    match measured {
        _ if ratio == Num::Int(1) => measured,
        Measured::Number(number) => Measured::Number(number.times(ratio)),
        Measured::Not(Json::Null | Json::Bool(false)) => Measured::Not(Json::Null),
        Measured::Not(_) => Measured::Fails("ArithmeticError"),
        fails => fails,
    }
}

/// Whether a predicate holds there, where what is absent is larger than any number; `None` if it
/// raises.
///
/// # Errors
///
/// A function that is not known.
pub fn holds(predicate: &Json, event: &Json) -> Result<Option<bool>, Strange> {
    let key = word(&predicate["key"]);
    let is_true = |json: &Json| !matches!(json, Json::Null | Json::Bool(false));
    Ok(Some(match word(&predicate["fn"]) {
        "raise" => return Ok(None),
        "const" => is_true(&predicate["value"]),
        "meta_eq" => event["metadata"][key] == predicate["value"],
        "meta_value_raw" | "meta_value" => {
            let key = predicate["meta"].as_str().unwrap_or(key);
            is_true(&event["metadata"][key])
        }
        "measurement_gt" => {
            let number = Num::of(&event["measurements"][key]).map(Num::as_f64);
            number.is_none_or(|number| number > predicate["value"].as_f64().unwrap_or_default())
        }
        other => return Err(Strange::unknown("predicate", other)),
    }))
}

/// Whether the event is kept; `None` if that raises.
///
/// # Errors
///
/// A function that is not known.
pub fn kept(options: &Json, event: &Json) -> Result<Option<bool>, Strange> {
    if let Some(keep) = options.get("keep").filter(|json| !json.is_null()) {
        return holds(keep, event);
    }
    match options.get("drop").filter(|json| !json.is_null()) {
        Some(drop) => Ok(holds(drop, event)?.map(|dropped| !dropped)),
        None => Ok(Some(true)),
    }
}

/// The same here, where what is absent is not larger than a number.
///
/// # Errors
///
/// A function that is not known.
pub fn kept_here(options: &Json, event: &Json) -> Result<Option<bool>, Strange> {
    let compares = keep_function(options).filter(|function| function["fn"] == "measurement_gt");
    match compares.map(|function| &event["measurements"][word(&function["key"])]) {
        Some(number) if Num::of(number).is_none() => {
            let drops = options.get("drop").is_some_and(|drop| !drop.is_null());
            Ok(Some(drops))
        }
        _ => kept(options, event),
    }
}

/// The function that decides whether events are kept.
#[must_use]
pub fn keep_function(options: &Json) -> Option<&Json> {
    let of = |key| options.get(key).filter(|json: &&Json| !json.is_null());
    of("keep").or_else(|| of("drop"))
}

/// The keys of the tags as they are looked up, `str:` before those that are texts; a function that
/// takes some is the list of them.
///
/// # Errors
///
/// What is no list of keys.
pub fn tag_keys(options: &Json) -> Result<Vec<String>, Strange> {
    let list = match options.get("tags") {
        None => return Ok(Vec::new()),
        Some(json) if json["fn"] == "take" && arity(json) == 1 => &json["keys"],
        Some(json) => json,
    };
    let key = |json: &Json| match (json, tagged(json)) {
        (Json::String(atom), _) | (_, Some(("atom", Json::String(atom)))) => Ok(atom.clone()),
        (_, Some(("string", Json::String(text)))) => Ok(format!("str:{text}")),
        _ => Err(Strange::NotHere),
    };
    let list = list.as_array().ok_or(Strange::NotHere)?;
    list.iter().map(key).collect()
}

/// Where the tags' values are looked up; `None` if that raises.
///
/// # Errors
///
/// A function that is not known.
pub fn tag_values(options: &Json, event: &Json) -> Result<Option<Map<String, Json>>, Strange> {
    let metadata = event["metadata"].as_object().cloned().unwrap_or_default();
    let Some(function) = options.get("tag_values") else {
        return Ok(Some(metadata));
    };
    Ok(Some(match word(&function["fn"]) {
        "raise" => return Ok(None),
        "const_tags" => function["map"].as_object().cloned().unwrap_or_default(),
        "put_tag" => {
            let mut metadata = metadata;
            let value = function["value"].clone();
            metadata.insert(word(&function["key"]).to_owned(), value);
            metadata
        }
        "take" => {
            let keys = tag_keys(&serde_json::json!({ "tags": function["keys"] }))?;
            let taken = metadata.into_iter().filter(|(key, _)| keys.contains(key));
            taken.collect()
        }
        _ => return Err(Strange::unknown("tag_values", function)),
    }))
}
