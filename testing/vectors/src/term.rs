//! The encoding of the BEAM's terms, and the texts that the BEAM makes of them.

use serde_json::Value as Json;

/// A term that has no counterpart here, or a word of the cases that nobody has thought of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strange {
    /// The BEAM only.
    NotHere,
    /// Not known.
    Unknown(String),
}

impl Strange {
    /// A word that is not known.
    pub fn unknown(what: &str, word: impl std::fmt::Display) -> Self {
        Self::Unknown(format!("unknown {what}: {word}"))
    }
}

/// `{"$": kind, "v": value}`.
#[must_use]
pub fn tagged(json: &Json) -> Option<(&str, &Json)> {
    Some((json["$"].as_str()?, &json["v"]))
}

/// What the BEAM's `to_string` makes of a term; what it raises if it cannot.
///
/// # Errors
///
/// The name of the exception.
pub fn to_string(json: &Json) -> Result<String, &'static str> {
    Ok(match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Number(_) => number(json),
        Json::Array(list) => chardata(list)?,
        Json::Object(_) => match tagged(json) {
            Some(("list", Json::Array(list))) => chardata(list)?,
            Some(("atom" | "string" | "charlist", v)) => v.as_str().unwrap_or_default().to_owned(),
            // Modules are atoms with this in front, which is not shown otherwise.
            Some(("module", v)) => {
                let module = v.as_str().unwrap_or_default();
                format!("Elixir.{}", module.trim_start_matches("Elixir."))
            }
            _ => return Err("Protocol.UndefinedError"),
        },
        Json::Bool(flag) => flag.to_string(),
    })
}

/// Whether it has a text at all: lists have, even those that turn out to have none.
#[must_use]
pub fn has_text(json: &Json) -> bool {
    to_string(json) != Err("Protocol.UndefinedError")
}

/// Numbers are characters, and lists nest.
fn chardata(list: &[Json]) -> Result<String, &'static str> {
    let mut text = String::new();
    for one in list {
        let code = one.as_u64().and_then(|code| u32::try_from(code).ok());
        match (one, tagged(one)) {
            (Json::String(part), _) => text.push_str(part),
            (Json::Number(_), _) => {
                text.push(code.and_then(char::from_u32).ok_or("ArgumentError")?);
            }
            (Json::Array(inner), _) | (_, Some(("list", Json::Array(inner)))) => {
                text.push_str(&chardata(inner)?);
            }
            (_, Some(("string" | "charlist", v))) => text.push_str(v.as_str().unwrap_or_default()),
            _ => return Err("ArgumentError"),
        }
    }
    Ok(text)
}

fn number(json: &Json) -> String {
    match json.as_f64() {
        Some(float) if json.is_f64() => float_text(float),
        _ => json.to_string(),
    }
}

/// A float as the BEAM prints it: the shortest digits, with an exponent where that is shorter.
#[must_use]
pub fn float_text(float: f64) -> String {
    let with_point = |digits: &str| {
        let point = if digits.contains('.') { "" } else { ".0" };
        format!("{digits}{point}")
    };
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let scientific = format!("{}e{exponent}", with_point(digits));
    let decimal = with_point(&format!("{float}"));
    if float.abs() >= 9_007_199_254_740_992.0 || scientific.len() < decimal.len() {
        scientific
    } else {
        decimal
    }
}

/// The text that we are given for a term, as a program here would write it; `None` if it is absent.
///
/// # Errors
///
/// What has no text here, such as the id of a process.
pub fn our_text(json: &Json) -> Result<Option<String>, Strange> {
    let elements = |list: &[Json]| -> Result<String, Strange> {
        let texts = list
            .iter()
            .map(|one| Ok(our_text(one)?.unwrap_or_else(|| "none".into())));
        Ok(texts.collect::<Result<Vec<_>, _>>()?.join(", "))
    };
    Ok(Some(match json {
        Json::Null => return Ok(None),
        Json::String(text) => text.clone(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => format!("{float}"),
            _ => number.to_string(),
        },
        Json::Array(list) => format!("[{}]", elements(list)?),
        Json::Object(_) => match tagged(json) {
            Some(("list", Json::Array(list))) => format!("[{}]", elements(list)?),
            Some(("tuple", Json::Array(list))) => format!("({})", elements(list)?),
            Some(("map", map)) => map.to_string(),
            Some(("bytes", bytes)) => bytes.to_string(),
            Some(("atom" | "string" | "charlist" | "module", Json::String(text))) => text.clone(),
            Some(_) => return Err(Strange::NotHere),
            None => json.to_string(),
        },
    }))
}

/// Whether it is this text, or the atom that prints so.
#[must_use]
pub fn is(json: &Json, text: &str) -> bool {
    our_text(json).is_ok_and(|own| own.as_deref() == Some(text))
}

/// A term as the BEAM's messages show it, where a plain text stands for an atom: names, keys, units.
#[must_use]
pub fn inspect(json: &Json) -> String {
    shown(json, inspect_atom)
}

/// The same where a plain text is one.
#[must_use]
pub fn inspect_value(json: &Json) -> String {
    shown(json, |text| format!("{text:?}"))
}

fn shown(json: &Json, plain: fn(&str) -> String) -> String {
    let shown = |json: &Json| shown(json, plain);
    let list = |list: &[Json]| list.iter().map(shown).collect::<Vec<_>>().join(", ");
    match json {
        Json::Null => "nil".into(),
        Json::String(text) => plain(text),
        Json::Number(_) => number(json),
        Json::Array(all) => match printable(all) {
            Some(text) => format!("'{text}'"),
            None => format!("[{}]", list(all)),
        },
        Json::Object(object) => match tagged(json) {
            Some(("atom", Json::String(atom))) => inspect_atom(atom),
            Some(("string", v)) => v.to_string(),
            Some(("charlist", v)) => format!("'{}'", v.as_str().unwrap_or_default()),
            Some(("list", v @ Json::Array(_))) => inspect_value(v),
            Some(("tuple", Json::Array(all))) => format!("{{{}}}", list(all)),
            Some(("bytes", Json::Array(all))) => format!("<<{}>>", list(all)),
            Some((_, Json::String(text))) => text.clone(),
            _ if json["fn"].is_string() => "#Function<...>".into(),
            _ if json["range"].is_array() => {
                let [first, last] = [0, 1].map(|at| json["range"][at].as_i64().unwrap_or_default());
                let down = if first > last { "//-1" } else { "" };
                format!("{{{first}..{last}{down}, {}}}", shown(&json["step"]))
            }
            _ => {
                let pair = |(key, value): (&String, &Json)| format!("{key}: {}", shown(value));
                let pairs: Vec<String> = object.iter().map(pair).collect();
                format!("%{{{}}}", pairs.join(", "))
            }
        },
        Json::Bool(flag) => flag.to_string(),
    }
}

fn inspect_atom(atom: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_@?!".contains(c);
    if matches!(atom, "nil" | "true" | "false") {
        atom.to_owned()
    } else if !atom.is_empty() && atom.chars().all(is_word) {
        format!(":{atom}")
    } else {
        format!(":{atom:?}")
    }
}

/// A list of numbers that are all characters is shown as text.
fn printable(list: &[Json]) -> Option<String> {
    let code = |one: &Json| {
        let code = one.as_u64().and_then(|code| u32::try_from(code).ok())?;
        char::from_u32(code).filter(|c| matches!(code, 7..=13 | 27 | 32..=126) && *c != '\'')
    };
    let text: Option<String> = list.iter().map(code).collect();
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_printed_as_short_as_can_be() {
        for (float, text) in [
            (1000.0, "1.0e3"),
            (1200.0, "1.2e3"),
            (100.0, "100.0"),
            (1.0e-4, "0.0001"),
            (1.0e-5, "1.0e-5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-1.5, "-1.5"),
            (5.0, "5.0"),
            (0.0, "0.0"),
            (1e22, "1.0e22"),
            (76.5, "76.5"),
            (1e-7, "1.0e-7"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }

    #[test]
    fn messages_show_terms_as_the_original_does() {
        for (term, text) in [
            (json!(null), "nil"),
            (json!(12), "12"),
            (
                json!(["my", {"$": "string", "v": "event"}]),
                "[:my, \"event\"]",
            ),
            (json!({"$": "tuple", "v": [1, 2, 3]}), "{1, 2, 3}"),
            (json!({"$": "bytes", "v": [255, 254]}), "<<255, 254>>"),
            (json!({"fn": "const", "arity": 2}), "#Function<...>"),
            (json!([0, 200, 100]), "[0, 200, 100]"),
            (
                json!({"range": [300, 100], "step": 100}),
                "{300..100//-1, 100}",
            ),
        ] {
            assert_eq!(inspect(&term), text);
        }
    }

    #[test]
    fn lists_are_text_if_they_are_made_of_it() {
        assert_eq!(
            to_string(&json!({"$": "list", "v": [65, 66]})),
            Ok("AB".into())
        );
        let atoms = json!({"$": "list", "v": [{"$": "atom", "v": "a"}]});
        assert_eq!(to_string(&atoms), Err("ArgumentError"));
        let map = json!({"$": "map", "v": {"a": 1}});
        assert_eq!(to_string(&map), Err("Protocol.UndefinedError"));
    }
}
