//! What is compared: what the cases expect, read strictly.

use std::collections::BTreeMap;

use telemetry_vectors::num::{Num, unit};
use telemetry_vectors::term::{inspect, our_text};
use telemetry_vectors::{Answer, Json};

use super::conversion::{self, Conversion};

/// What comes of a case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Definition(Box<Defined>),
    Conversion(Conversion),
}

/// A definition, and what comes of the events of its probes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Defined {
    pub(super) name: String,
    pub(super) event: String,
    /// `key latency`, or `function 1` of one argument.
    pub(super) measurement: String,
    /// Keys; `None` for a function.
    pub(super) tags: Option<Vec<String>>,
    pub(super) tags_are_metadata: bool,
    pub(super) unit: String,
    pub(super) description: Option<String>,
    pub(super) options: BTreeMap<String, String>,
    /// How many arguments the predicate has.
    pub(super) keep: Option<u64>,
    pub(super) probes: Vec<Probed>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Probed {
    pub(super) extracted: Extracted,
    /// If the probe asks.
    pub(super) kept: Option<String>,
    /// If the probe asks.
    pub(super) tags: Option<BTreeMap<String, String>>,
}

/// What a measurement gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Extracted {
    Number(f64),
    Nothing,
    /// A term that is no number.
    Other(String),
    Raises(String),
}

/// How a unit is shown.
pub(super) fn unit_text(json: &Json) -> String {
    json.as_str()
        .map_or_else(|| "nil".into(), |name| format!("{:?}", unit(name)))
}

/// Strings are shown in quotes there, to tell them from atoms.
pub(super) fn plain(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

pub(super) fn expected(case: &Json) -> Result<Answer<Given>, String> {
    if conversion::is_one(case) {
        return conversion::expected(case);
    }
    let expected = &case["expected"];
    if let Some(error) = expected["error"].as_str() {
        let message = expected["message"]
            .as_str()
            .ok_or("an error without a message")?;
        return Ok(Answer::they_refuse(format!("{error}: {message}")));
    }
    let defined = defined(case, expected).ok_or("the expectation is not whole")?;
    Ok(Answer::Gives(Given::Definition(Box::new(defined))))
}

fn defined(case: &Json, expected: &Json) -> Option<Defined> {
    let texts = |json: &Json| -> Option<Vec<String>> {
        json.as_array()?
            .iter()
            .map(|one| Some(one.as_str()?.to_owned()))
            .collect()
    };
    let measurement = &expected["measurement"];
    let probes = case["probes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let tags = &expected["tags"];
    Some(Defined {
        name: texts(&expected["name"])?.join("."),
        event: texts(&expected["event_name"])?.join("."),
        measurement: match measurement["kind"].as_str()? {
            "function" => format!("function {}", measurement["arity"].as_u64()?),
            "key" => match &measurement["key"] {
                Json::Null => "key nil".into(),
                Json::String(key) => format!("key {}", plain(key)),
                key => format!("key {}", inspect(key)),
            },
            _ => return None,
        },
        tags: match tags {
            Json::Object(_) if tags["kind"] == "function" => None,
            Json::Null => Some(vec!["nil".into()]),
            tags => Some(texts(tags)?.iter().map(|tag| plain(tag)).collect()),
        },
        tags_are_metadata: expected["tag_values_is_identity"].as_bool()?,
        unit: match &expected["unit"] {
            Json::Null | Json::String(_) => unit_text(&expected["unit"]),
            _ => return None,
        },
        description: match &expected["description"] {
            Json::Null => None,
            text => Some(text.as_str()?.to_owned()),
        },
        options: match &expected["reporter_options"] {
            Json::Null => BTreeMap::from([("nil".into(), "nil".into())]),
            options => self::options(options)?,
        },
        keep: match &expected["keep"] {
            Json::Null => None,
            keep => Some(keep["arity"].as_u64()?),
        },
        probes: probes.iter().map(probed).collect::<Option<_>>()?,
    })
}

/// Reporters' options, as text; bounds are a method here.
pub(super) fn options(json: &Json) -> Option<BTreeMap<String, String>> {
    let options = json.as_object()?.iter();
    let options = options.filter(|(key, value)| *key != "buckets" && !value.is_null());
    let option = |(key, value): (&String, &Json)| {
        Some((key.clone(), our_text(value).ok()?.unwrap_or_default()))
    };
    options.map(option).collect()
}

fn probed(probe: &Json) -> Option<Probed> {
    let extracted = &probe["extracted_measurement"];
    Some(Probed {
        extracted: match extracted["raises"].as_str() {
            Some(exception) => Extracted::Raises(exception.to_owned()),
            None => extracted_of(typed(&extracted["ok"])?),
        },
        kept: match probe.get("keep_result") {
            None => None,
            Some(kept) => Some(match kept["raises"].as_str() {
                Some(exception) => format!("raises {exception}"),
                None => inspect(typed(&kept["ok"])?),
            }),
        },
        tags: match probe.get("tag_values_result") {
            None => None,
            Some(tags) => {
                let tag = |(key, value): (&String, &Json)| {
                    let text = our_text(typed(value)?).ok()??;
                    Some((plain(key), text))
                };
                Some(tags.as_object()?.iter().map(tag).collect::<Option<_>>()?)
            }
        },
    })
}

pub(super) fn extracted_of(term: &Json) -> Extracted {
    match (Num::of(term), term) {
        (Some(number), _) => Extracted::Number(number.as_f64()),
        (None, Json::Null) => Extracted::Nothing,
        (None, other) => Extracted::Other(other.to_string()),
    }
}

/// A value that is of the type that it says.
fn typed(json: &Json) -> Option<&Json> {
    let value = json.get("value")?;
    let is_so = match json["type"].as_str()? {
        "integer" => conversion::is_integer(value),
        "float" => value.is_f64(),
        "string" => value.is_string(),
        "atom" => value.is_null() || value.is_boolean() || value.is_string(),
        _ => value.is_object() || value.is_array(),
    };
    is_so.then_some(value)
}

pub(super) fn expectations(case: &Json) -> Vec<String> {
    if conversion::is_one(case) {
        return conversion::expectations(case);
    }
    let mut all = vec!["/expected".to_owned()];
    let probes = case["probes"].as_array().into_iter().flatten();
    for (at, probe) in probes.enumerate() {
        for what in ["extracted_measurement", "keep_result", "tag_values_result"] {
            if probe.get(what).is_some() {
                all.push(format!("/probes/{at}/{what}"));
            }
        }
    }
    all
}
