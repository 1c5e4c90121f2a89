//! Applies deltas as a browser does, and compares with the newest whole.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{delta, tidy};
use crate::card::apply::apply;
use crate::card::{Card, Table};

fn whole(cards: &[Card]) -> Json {
    let cards: Vec<_> = cards.iter().map(Card::whole).collect();
    json!({ "cards": cards })
}

fn check(before: &[Card], after: &[Card]) {
    match delta(before, after) {
        None => assert_eq!(whole(before), whole(after)),
        Some(delta) => {
            // As it arrives.
            let delta: Json = serde_json::from_str(&delta.to_string()).unwrap();
            let mut applied = whole(before);
            apply(&mut applied, &delta);
            assert_eq!(applied, whole(after), "{delta:#}");
            assert_ne!(whole(before), whole(after), "nothing changed: {delta:#}");
        }
    }
}

fn cards() -> impl Strategy<Value = Vec<Card>> {
    let rows = prop::collection::vec((0..12_u8, 0..3_u64, prop::bool::ANY), 0..12);
    let table = (0..5_u8, rows).prop_map(|(id, rows)| {
        let mut table = Table::new(["Name"]).numbers(["Count"]);
        for (key, value, is_linked) in rows {
            let href = is_linked.then_some("events");
            table.row_with(format!("k{key}"), [value.into()], None, href);
        }
        Card::table(format!("card-{id}"), table)
    });
    let figures = (0..5_u8, 0..3_u64, prop::bool::ANY).prop_map(|(id, value, is_hinted)| {
        let card = Card::figures(format!("card-{id}")).figure("n", value, None);
        if is_hinted { card.hint("so") } else { card }
    });
    let odd = (0..5_u8, 0..4_u8).prop_map(|(id, kind)| {
        let card = Card::text(format!("card-{id}"), "text");
        match kind {
            0 => card.set("rows", Json::Null),
            1 => card.set(
                "rows",
                json!([{ "key": "k1" }, { "no": "key" }, 7, { "key": 3 }]),
            ),
            2 => card.set("rows", json!("none")),
            _ => card.wide(),
        }
    });
    prop::collection::vec(prop_oneof![table, figures, odd], 0..6)
}

proptest! {
    #[test]
    fn a_delta_leads_from_one_whole_to_the_next(mut before in cards(), mut after in cards()) {
        tidy(&mut before);
        tidy(&mut after);
        check(&before, &after);
    }

    #[test]
    fn tidy_cards_and_rows_can_be_told_apart(mut cards in cards()) {
        let count = cards.len();
        tidy(&mut cards);
        prop_assert_eq!(cards.len(), count, "no card is lost");
        let mut ids: Vec<_> = cards.iter().map(|card| card.id().to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
        let again = cards.clone();
        tidy(&mut cards);
        prop_assert_eq!(again, cards);
    }
}

fn table(keys: &[&str]) -> Vec<Card> {
    let mut table = Table::new(["Key"]);
    for key in keys {
        table.row(*key, [(*key).into()]);
    }
    vec![Card::table("t", table)]
}

#[test]
fn of_rows_with_one_key_the_first_is_shown() {
    let mut cards = vec![Card::table("t", {
        let mut table = Table::new(["n"]);
        table.row("a", [1_u64.into()]);
        table.row("b", [2_u64.into()]);
        table.row("a", [3_u64.into()]);
        table
    })];
    tidy(&mut cards);
    let rows = cards[0].whole()["rows"].clone();
    assert_eq!(
        rows,
        json!([{"key":"a","cells":[1]}, {"key":"b","cells":[2]}])
    );
}

#[test]
fn a_row_that_goes_or_comes_at_the_top_is_all_that_is_said() {
    let gone = delta(&table(&["a", "b", "c"]), &table(&["a", "c"])).unwrap();
    assert_eq!(
        gone,
        json!({"cards": {"t": {"delta": {"rows": {"b": null}}}}})
    );
    let come = delta(&table(&["a", "b"]), &table(&["c", "a", "b"])).unwrap();
    assert_eq!(
        come["cards"]["t"]["delta"],
        json!({"rows": {"c": {"key": "c", "cells": ["c"]}}, "order": ["c"]})
    );
    let moved = delta(&table(&["a", "b", "c"]), &table(&["b", "a", "c"])).unwrap();
    assert_eq!(moved["cards"]["t"]["delta"], json!({"order": ["b"]}));
}

#[test]
fn a_card_of_another_kind_is_sent_whole() {
    let before = [Card::text("a", "x")];
    let after = [Card::figures("a")];
    let delta = delta(&before, &after).unwrap();
    assert_eq!(delta["cards"]["a"], after[0].whole());
}

#[test]
fn fields_are_compared_whatever_their_order() {
    let one = Card::text("a", "x").title("t").hint("h");
    let two = Card::text("a", "x").hint("h").title("t");
    assert_eq!(delta(&[one], &[two]), None);
    let mut map = Map::new();
    map.insert("b".to_owned(), json!(1));
    map.insert("a".to_owned(), json!(2));
    let (one, two) = (Json::Object(map), json!({"a": 2, "b": 1}));
    let card = |value: Json| Card::text("a", "x").set("deep", value);
    assert_eq!(delta(&[card(one)], &[card(two)]), None);
}

/// With a square of 50,000 rows this would take minutes.
#[test]
fn long_tables_take_as_long_as_they_are() {
    let keys: Vec<String> = (0..50_000).map(|n| format!("row-{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let reversed: Vec<&str> = keys.iter().rev().copied().collect();
    let begun = Instant::now();
    let (mut before, mut after) = (table(&keys), table(&reversed[..25_000]));
    tidy(&mut before);
    tidy(&mut after);
    let delta = delta(&before, &after).unwrap();
    let rows = delta["cards"]["t"]["delta"]["rows"].as_object().unwrap();
    assert_eq!(rows.len(), 25_000, "the other half is gone");
    assert!(begun.elapsed() < Duration::from_secs(20));
}
