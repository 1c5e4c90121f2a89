//! Sections of charts and other cards.

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::counter;

use super::super::{Line, Mixed, Number, Of, Piece, Role, Spec};
use super::*;
use crate::card::Card;

fn ids(section: &Json) -> Vec<&str> {
    let cards = section["cards"].as_array().unwrap().iter();
    cards.map(|card| card["id"].as_str().unwrap()).collect()
}

#[test]
fn a_section_of_both_goes_on_by_deltas() {
    let stage = stage([counter("charts_mixed.both.count")]);
    let definition = stage.definition(0);
    let mut turn = 0_u64;
    let live = Mixed::new(Some("Both"), move |_| {
        turn += 1;
        let chart = |id: &str| {
            let line = Line::new(
                "rate",
                "rate",
                Role::Total,
                Of::all(&definition),
                Number::Total,
            );
            short(Spec::new(id, id, Range(60)).line(line), 1, 6_000).compact()
        };
        let mut pieces = vec![
            Piece::Card(Card::figures("turn").figure("turn", turn, None)),
            Piece::Chart(chart("a").hint(&format!("turn {turn}"))),
            // Not shown: there is one of this id.
            Piece::Card(Card::text("a", "twice")),
        ];
        match turn {
            1..=4 => pieces.push(Piece::Chart(chart("b").hint("only at first"))),
            5..=8 => pieces.insert(0, Piece::Chart(chart("c"))),
            // A chart becomes a card.
            _ => pieces.insert(1, Piece::Card(Card::text("c", "text"))),
        }
        pieces
    });
    let mut shown = Shown::new(Box::new(live));
    for turn in 1..=12_u64 {
        execute!("charts_mixed.both");
        stage.wait(1);
        shown.advance(&stage);
        let section = &shown.section;
        let expected = match turn {
            1..=4 => ["turn", "a", "b"],
            5..=8 => ["c", "turn", "a"],
            _ => ["turn", "c", "a"],
        };
        assert_eq!(ids(section), expected, "turn {turn}");
        assert_eq!(section["title"], json!("Both"));
        let whole = shown.live.whole();
        for (sent, whole) in section["cards"]
            .as_array()
            .unwrap()
            .iter()
            .zip(whole["cards"].as_array().unwrap())
        {
            assert_eq!(sent, whole, "turn {turn}");
        }
    }
    assert_eq!(shown.wholes, 1);
    let card = shown.section["cards"]
        .as_array()
        .unwrap()
        .iter()
        .find(|card| card["id"] == json!("a"));
    let card = card.unwrap();
    assert_eq!(newest(card, "rate"), Some(12.0));
    assert_eq!(card["hint"], json!("turn 12"));
    assert_eq!(card["compact"], json!(true));
    assert_eq!(
        (&card["stat"], &card["by"]),
        (&json!("total"), &json!("total"))
    );
}

#[test]
fn a_spec_with_other_lines_begins_anew() {
    let stage = stage([counter("charts_mixed.anew.count").tags(["route"])]);
    execute!("charts_mixed.anew", {}, { route: "/a" });
    execute!("charts_mixed.anew", {}, { route: "/b" });
    stage.wait(1);
    let series = stage.sources.history.series_of("charts_mixed.anew.count");
    let spec = |count: usize| {
        let of = Of::some(
            &stage.definition(0),
            series[..count].iter().map(|one| one.id),
        );
        let line = Line::new("total", "", Role::Total, of, Number::Total);
        short(Spec::new("anew", "", Range(60)).line(line), 1, 6_000)
    };
    let mut drawn = Drawn::new(spec(1));
    drawn.advance(&stage.moment());
    assert_eq!(newest(&drawn.card, "total"), Some(1.0));
    drawn.chart.show(spec(2));
    drawn.advance(&stage.moment());
    assert_eq!(newest(&drawn.card, "total"), Some(2.0));
    drawn.chart.show(spec(2));
    stage.wait(1);
    assert!(!matches!(
        drawn.chart.advance(&stage.moment()),
        CardChange::Whole
    ));
}
