//! What changed between two versions of a section, as the browser is told.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::Card;

/// Sees to it that cards and rows can be told apart: of two cards with one id, the second gets
/// another one; of rows with one key, the first stays. A field that is null is none: so says a delta.
pub(crate) fn tidy(cards: &mut [Card]) {
    let mut taken: HashMap<String, usize> = HashMap::with_capacity(cards.len());
    for card in cards {
        if taken.contains_key(&card.id) {
            card.id = another(&card.id, &mut taken);
        }
        taken.insert(card.id.clone(), 1);
        card.fields.retain(|_, value| !value.is_null());
        if let Some(Json::Array(rows)) = card.fields.get_mut("rows") {
            unique(rows);
        }
    }
}

/// `queues-2`, and so on; remembers how far it came.
fn another(id: &str, taken: &mut HashMap<String, usize>) -> String {
    let mut number = taken.get(id).copied().unwrap_or(1);
    let other = loop {
        number += 1;
        let other = format!("{id}-{number}");
        if !taken.contains_key(&other) {
            break other;
        }
    };
    taken.insert(id.to_owned(), number);
    other
}

fn unique(rows: &mut Vec<Json>) {
    let mut keys = HashSet::with_capacity(rows.len());
    let is_first: Vec<bool> = rows.iter().map(|row| keys.insert(key_of(row))).collect();
    if keys.len() < rows.len() {
        let mut is_first = is_first.into_iter();
        rows.retain(|_| is_first.next().unwrap_or(false));
    }
}

/// The `delta` of a section: from one list of [tidy] cards to another; `None` if nothing changed.
pub(crate) fn delta(before: &[Card], after: &[Card]) -> Option<Json> {
    let old = places(before, Card::id);
    let mut cards = Map::new();
    for card in after {
        let was = old.get(card.id()).map(|place| &before[*place]);
        let change = match was {
            Some(was) if was.kind == card.kind => match of_card(&was.fields, &card.fields) {
                Some(change) => json!({ "delta": change }),
                None => continue,
            },
            _ => card.whole(),
        };
        cards.insert(card.id().to_owned(), change);
    }
    for gone in missing(before, after, Card::id) {
        cards.insert(gone.to_owned(), Json::Null);
    }
    let order = order(&old, after, Card::id);
    if cards.is_empty() && order.is_none() {
        return None;
    }
    let mut delta = json!({ "cards": cards });
    if let Some(order) = order {
        delta["order"] = order;
    }
    Some(delta)
}

/// The `delta` of a card.
fn of_card(before: &Map<String, Json>, after: &Map<String, Json>) -> Option<Json> {
    let mut delta = Map::new();
    let mut set = Map::new();
    for (key, value) in after {
        match (key.as_str(), before.get(key), value) {
            ("rows", Some(Json::Array(before)), Json::Array(after)) => {
                of_rows(before, after, &mut delta);
            }
            (_, Some(before), _) if before == value => {}
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

/// Most often the rows are the same ones in the same order, which is looked at first.
fn of_rows(before: &[Json], after: &[Json], delta: &mut Map<String, Json>) {
    let is_aligned = before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|(was, is)| key_of(was) == key_of(is));
    let mut rows = Map::new();
    if is_aligned {
        let changed = before.iter().zip(after).filter(|(was, is)| was != is);
        rows.extend(changed.map(|(_, is)| (key_of(is).to_owned(), is.clone())));
    } else {
        let old = places(before, key_of);
        let changed = after.iter().filter(|row| {
            let was = old.get(key_of(row)).map(|place| &before[*place]);
            was != Some(*row)
        });
        rows.extend(changed.map(|row| (key_of(row).to_owned(), row.clone())));
        let gone = missing(before, after, key_of);
        rows.extend(gone.map(|key| (key.to_owned(), Json::Null)));
        if let Some(order) = order(&old, after, key_of) {
            delta.insert("order".to_owned(), order);
        }
    }
    if !rows.is_empty() {
        delta.insert("rows".to_owned(), Json::Object(rows));
    }
}

fn key_of(row: &Json) -> &str {
    row.get("key").and_then(Json::as_str).unwrap_or_default()
}

fn places<'i, T>(items: &'i [T], key: impl Fn(&'i T) -> &'i str) -> HashMap<&'i str, usize> {
    let keys = items.iter().map(key);
    keys.enumerate().map(|(place, key)| (key, place)).collect()
}

fn missing<'i, T>(
    before: &'i [T],
    after: &'i [T],
    key: impl Fn(&'i T) -> &'i str + Copy,
) -> impl Iterator<Item = &'i str> {
    let still: HashSet<&str> = after.iter().map(key).collect();
    before
        .iter()
        .map(key)
        .filter(move |key| !still.contains(key))
}

/// What comes first now. What is not named stays behind it, in the order that it was in: something
/// new at the top is one key, and something less is none at all.
fn order<'i, T>(
    old: &HashMap<&str, usize>,
    after: &'i [T],
    key: impl Fn(&'i T) -> &'i str,
) -> Option<Json> {
    let keys: Vec<&str> = after.iter().map(key).collect();
    let mut next = usize::MAX;
    let mut first = keys.len();
    for key in keys.iter().rev() {
        match old.get(key) {
            Some(place) if *place < next => next = *place,
            _ => break,
        }
        first -= 1;
    }
    (first > 0).then(|| json!(keys[..first]))
}

#[cfg(test)]
mod tests;
