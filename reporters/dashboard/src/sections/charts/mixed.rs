//! [`Mixed`]: a section of charts and other cards.

use serde_json::{Map, Value as Json, json};

use super::card::{CardChange, ChartCard};
use super::spec::Spec;
use crate::card::{self, Card};
use crate::live::{Advance, Live};
use crate::moment::Moment;

/// One card of a section.
#[derive(Debug)]
pub(crate) enum Piece {
    Card(Card),
    Chart(Spec),
}

/// A section whose list of cards is made anew at each tick. Cards are compared; charts go on.
#[derive(Debug)]
pub(crate) struct Mixed<F> {
    title: Option<String>,
    make: F,
    cards: Vec<Card>,
    charts: Vec<ChartCard>,
    /// The ids of all, as they stand.
    order: Vec<String>,
    is_made: bool,
}

impl<F: FnMut(&Moment<'_>) -> Vec<Piece> + Send> Mixed<F> {
    pub(crate) fn new(title: Option<&str>, make: F) -> Self {
        Self {
            title: title.map(ToOwned::to_owned),
            make,
            cards: Vec::new(),
            charts: Vec::new(),
            order: Vec::new(),
            is_made: false,
        }
    }

    /// Brings one chart up to date, or begins it.
    fn chart(&mut self, spec: Spec) -> ChartCard {
        let known = self.charts.iter().position(|chart| chart.id() == spec.id);
        match known {
            Some(at) => {
                let mut chart = self.charts.swap_remove(at);
                chart.show(spec);
                chart
            }
            None => ChartCard::new(spec),
        }
    }
}

impl<F: FnMut(&Moment<'_>) -> Vec<Piece> + Send> Live for Mixed<F> {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let (mut cards, mut charts) = (Vec::new(), Vec::new());
        let mut order: Vec<String> = Vec::new();
        let mut changes = Map::new();
        for piece in (self.make)(moment) {
            let id = match &piece {
                Piece::Card(card) => card.id().to_owned(),
                Piece::Chart(spec) => spec.id.clone(),
            };
            // Of two with one id, the first is shown.
            if order.contains(&id) {
                continue;
            }
            match piece {
                Piece::Card(card) => cards.push(card),
                Piece::Chart(spec) => {
                    let mut chart = self.chart(spec);
                    let change = match chart.advance(moment) {
                        CardChange::Same => None,
                        CardChange::Delta(delta) => Some(json!({ "delta": delta })),
                        CardChange::Whole => Some(chart.whole()),
                    };
                    changes.extend(change.map(|change| (id.clone(), change)));
                    charts.push(chart);
                }
            }
            order.push(id);
        }
        let before = std::mem::replace(&mut self.cards, cards);
        let gone = std::mem::replace(&mut self.charts, charts);
        let was = std::mem::replace(&mut self.order, order);
        if !std::mem::replace(&mut self.is_made, true) {
            return Advance::Whole;
        }
        for chart in gone {
            if !self.order.iter().any(|id| id == chart.id()) {
                changes.insert(chart.id().to_owned(), Json::Null);
            }
        }
        let mut delta = card::delta(&before, &self.cards).unwrap_or_else(|| json!({}));
        if let Some(Json::Object(cards)) = delta.get_mut("cards").map(Json::take) {
            for (id, change) in cards {
                // A card that became a chart is no card any more.
                changes.entry(id).or_insert(change);
            }
        }
        if changes.is_empty() && was == self.order {
            return Advance::Same;
        }
        let mut delta = json!({ "cards": changes });
        if was != self.order {
            delta["order"] = json!(self.order);
        }
        Advance::Delta(delta)
    }

    fn whole(&self) -> Json {
        let of = |id: &String| {
            let card = self.cards.iter().find(|card| card.id() == id);
            let chart = || self.charts.iter().find(|chart| chart.id() == id);
            card.map(Card::whole)
                .or_else(|| chart().map(ChartCard::whole))
        };
        let cards: Vec<_> = self.order.iter().filter_map(of).collect();
        let mut whole = json!({ "cards": cards });
        if let Some(title) = &self.title {
            whole["title"] = json!(title);
        }
        whole
    }
}
