//! [`Live`]: a section that is kept up to date while anybody watches it.

use serde_json::{Value as Json, json};

use crate::card::{self, Card};
use crate::moment::Moment;

/// A section while it is watched. One for all who watch the same.
pub(crate) trait Live: Send {
    /// Brings it up to a moment; called once per tick, the first time before anything else.
    fn advance(&mut self, moment: &Moment<'_>) -> Advance;

    /// The whole section as of the last `advance`, without its id: `{"title"?, "cards": [..]}`.
    fn whole(&self) -> Json;
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Advance {
    /// It is as it was.
    Same,
    /// What changed: the `delta` of the section.
    Delta(Json),
    /// So much that whoever watches gets all of it.
    Whole,
}

/// A section that is made anew each time, and compared.
pub(crate) struct Made<F> {
    title: Option<String>,
    make: F,
    cards: Vec<Card>,
    is_made: bool,
}

impl<F: FnMut(&Moment<'_>) -> Vec<Card> + Send> Made<F> {
    pub(crate) fn new(title: Option<&str>, make: F) -> Self {
        Self {
            title: title.map(ToOwned::to_owned),
            make,
            cards: Vec::new(),
            is_made: false,
        }
    }
}

impl<F: FnMut(&Moment<'_>) -> Vec<Card> + Send> Live for Made<F> {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let mut cards = (self.make)(moment);
        card::tidy(&mut cards);
        let before = std::mem::replace(&mut self.cards, cards);
        if !std::mem::replace(&mut self.is_made, true) {
            return Advance::Whole;
        }
        card::delta(&before, &self.cards).map_or(Advance::Same, Advance::Delta)
    }

    fn whole(&self) -> Json {
        let cards: Vec<_> = self.cards.iter().map(Card::whole).collect();
        let mut whole = json!({ "cards": cards });
        if let Some(title) = &self.title {
            whole["title"] = json!(title);
        }
        whole
    }
}
