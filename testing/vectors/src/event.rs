//! Events of the cases, emitted.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;
use telemetry::{EventName, Number, Value};

use crate::num::Num;
use crate::term::{Strange, our_text};

static INTERNED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

/// The text for as long as the program runs, kept once.
pub fn intern(text: &str) -> &'static str {
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = interned.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    interned.insert(kept);
    kept
}

static ALONE: Mutex<()> = Mutex::new(());

/// Cases share event names, and handlers are the process's: whoever runs some holds this.
pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name: dotted text, or the list of its segments. It makes no difference here whether they are
/// atoms or texts.
///
/// # Errors
///
/// What is neither.
pub fn dotted(json: &Json) -> Result<String, Strange> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Array(segments) => {
            let segments: Result<Vec<String>, Strange> = segments.iter().map(key).collect();
            Ok(segments?.join("."))
        }
        _ => Err(Strange::NotHere),
    }
}

/// A key: an atom or a text.
///
/// # Errors
///
/// What is neither.
pub fn key(json: &Json) -> Result<String, Strange> {
    match (json, crate::term::tagged(json)) {
        (Json::String(text), _) | (_, Some(("string" | "atom", Json::String(text)))) => {
            Ok(text.clone())
        }
        _ => Err(Strange::NotHere),
    }
}

/// The key under which an entry of metadata or measurements is found: atoms and texts are the same.
fn plain(key: &str) -> &str {
    key.strip_prefix("str:").unwrap_or(key)
}

/// A number as it is measured here; what is none is absent.
#[must_use]
pub fn number(json: &Json) -> Option<Number> {
    Num::of(json).map(|number| match number {
        Num::Int(whole) => i64::try_from(whole).map_or(Number::Float(whole as f64), Number::Signed),
        Num::Float(float) => Number::Float(float),
    })
}

/// Emits an event of this name; one that cannot be a name here is not emitted.
///
/// # Errors
///
/// Metadata that has no value here.
pub fn emit(name: &str, event: &Json) -> Result<(), Strange> {
    let Ok(name) = EventName::new(name) else {
        return Ok(());
    };
    let numbers = event["measurements"].as_object().into_iter().flatten();
    let numbers: Vec<(&'static str, Number)> = numbers
        .filter_map(|(key, json)| Some((intern(plain(key)), number(json)?)))
        .collect();
    let metadata = event["metadata"].as_object().into_iter().flatten();
    let texts: Vec<(&'static str, &Json, Option<String>)> = metadata
        .map(|(key, json)| Ok((intern(plain(key)), json, our_text(json)?)))
        .collect::<Result<_, Strange>>()?;
    let metadata: Vec<(&'static str, Value<'_>)> = texts
        .iter()
        .filter_map(|(key, json, text)| Some((*key, value(json, text.as_deref())?)))
        .collect();
    telemetry::emit(name, &numbers, &metadata);
    Ok(())
}

/// A value of metadata: what is no text, number or truth is given as the text that it prints as.
pub(crate) fn value<'v>(json: &Json, text: Option<&'v str>) -> Option<Value<'v>> {
    let text = text?;
    Some(match json {
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(_) => match Num::of(json)? {
            Num::Int(whole) => i64::try_from(whole).map_or(Value::from(text), Value::from),
            Num::Float(float) => Value::from(float),
        },
        _ => Value::from(text),
    })
}
