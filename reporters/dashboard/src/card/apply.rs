//! What a browser makes of deltas, as the contract with it says; for tests.

use serde_json::{Value as Json, json};

/// Applies the delta of a section to what was its whole.
pub(crate) fn apply(section: &mut Json, delta: &Json) {
    let mut cards = section["cards"].as_array().cloned().unwrap_or_default();
    for (id, change) in members(&delta["cards"]) {
        let at = cards.iter().position(|card| card["id"] == json!(id));
        match (at, change) {
            (Some(at), Json::Null) => drop(cards.remove(at)),
            (Some(at), change) if change.get("delta").is_some() => {
                apply_to_card(&mut cards[at], &change["delta"]);
            }
            (None, change) if change.get("delta").is_some() => panic!("a delta of nothing"),
            (Some(at), change) => cards[at] = change.clone(),
            (None, Json::Null) => panic!("{id} is not there to be removed"),
            (None, change) => cards.push(change.clone()),
        }
    }
    section["cards"] = Json::Array(ordered(cards, &delta["order"], "id"));
}

fn apply_to_card(card: &mut Json, delta: &Json) {
    for (name, value) in members(&delta["set"]) {
        match value {
            Json::Null => drop(card.as_object_mut().and_then(|card| card.remove(name))),
            value => card[name] = value.clone(),
        }
    }
    if delta.get("rows").is_none() && delta.get("order").is_none() {
        return;
    }
    let mut rows = card["rows"].as_array().cloned().unwrap_or_default();
    for (key, row) in members(&delta["rows"]) {
        let at = rows.iter().position(|row| row["key"] == json!(key));
        match (at, row) {
            (Some(at), Json::Null) => drop(rows.remove(at)),
            (None, Json::Null) => panic!("{key} is not there to be removed"),
            (Some(at), row) => rows[at] = row.clone(),
            (None, row) => rows.push(row.clone()),
        }
    }
    card["rows"] = Json::Array(ordered(rows, &delta["order"], "key"));
}

/// What is not named comes last, as it was.
fn ordered(mut items: Vec<Json>, order: &Json, key: &str) -> Vec<Json> {
    let order: Vec<&Json> = order.as_array().into_iter().flatten().collect();
    let place = |item: &Json| {
        let place = order.iter().position(|named| **named == item[key]);
        place.unwrap_or(usize::MAX)
    };
    items.sort_by_key(place);
    items
}

fn members(object: &Json) -> impl Iterator<Item = (&String, &Json)> {
    object.as_object().into_iter().flatten()
}
