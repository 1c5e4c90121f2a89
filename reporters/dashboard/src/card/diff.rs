//! What changed between two versions of a section, as the browser is told.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use super::Card;

/// The `delta` of a section: from one list of cards to another; `None` if nothing changed.
pub(crate) fn delta(before: &[Card], after: &[Card]) -> Option<Json> {
    let old: HashMap<&str, &Card> = before.iter().map(|card| (card.id(), card)).collect();
    let mut cards = Map::new();
    for card in after {
        let change = match old.get(card.id()) {
            Some(old) if old.kind == card.kind => match of_card(&old.fields, &card.fields) {
                Some(change) => json!({ "delta": change }),
                None => continue,
            },
            _ => card.whole(),
        };
        cards.insert(card.id().to_owned(), change);
    }
    for card in before {
        if !after.iter().any(|still| still.id() == card.id()) {
            cards.insert(card.id().to_owned(), Json::Null);
        }
    }
    let order = |cards: &[Card]| cards.iter().map(|card| card.id().to_owned()).collect();
    let (was, is): (Vec<String>, Vec<String>) = (order(before), order(after));
    if cards.is_empty() && was == is {
        return None;
    }
    let mut delta = json!({ "cards": cards });
    if was != is {
        delta["order"] = json!(is);
    }
    Some(delta)
}

/// The `delta` of a card.
fn of_card(before: &Map<String, Json>, after: &Map<String, Json>) -> Option<Json> {
    let mut delta = Map::new();
    let mut set = Map::new();
    for (key, value) in after {
        if before.get(key) == Some(value) {
            continue;
        }
        match (key.as_str(), before.get(key), value) {
            ("rows", Some(Json::Array(before)), Json::Array(after)) => {
                of_rows(before, after, &mut delta);
            }
            _ => {
                set.insert(key.clone(), value.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        set.insert(key.clone(), Json::Null);
    }
    if !set.is_empty() {
        delta.insert("set".to_owned(), Json::Object(set));
    }
    (!delta.is_empty()).then_some(Json::Object(delta))
}

fn of_rows(before: &[Json], after: &[Json], delta: &mut Map<String, Json>) {
    let key = |row: &Json| row["key"].as_str().unwrap_or_default().to_owned();
    let mut old: HashMap<String, &Json> = before.iter().map(|row| (key(row), row)).collect();
    let mut rows = Map::new();
    for row in after {
        let key = key(row);
        if old.remove(&key) != Some(row) {
            rows.insert(key, row.clone());
        }
    }
    rows.extend(old.into_keys().map(|key| (key, Json::Null)));
    let (was, is): (Vec<_>, Vec<_>) = (
        before.iter().map(key).collect(),
        after.iter().map(key).collect(),
    );
    if !rows.is_empty() {
        delta.insert("rows".to_owned(), Json::Object(rows));
    }
    if was != is {
        delta.insert("order".to_owned(), json!(is));
    }
}
