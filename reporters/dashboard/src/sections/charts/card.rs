//! [`ChartCard`]: a card with a chart that goes on.

use serde_json::{Map, Value as Json, json};

use super::plot::{Change, Plot};
use super::spec::Spec;
use super::timing::Reach;
use crate::moment::Moment;

/// The field with what else there is to say.
const MORE: &str = "more";

/// A chart while it is watched. Each advance asks the history only for what came since the last one.
#[derive(Debug)]
pub(crate) struct ChartCard {
    spec: Spec,
    plot: Plot,
    /// Fields around it that are others since the last advance.
    set: Map<String, Json>,
    /// What else there is to say, without how far back it goes.
    more: Option<Json>,
    is_new: bool,
}

/// What became of a card.
#[derive(Debug, PartialEq)]
pub(crate) enum CardChange {
    Same,
    /// The `delta` of the card.
    Delta(Json),
    /// All of it.
    Whole,
}

impl ChartCard {
    /// Asks for nothing yet.
    pub(crate) fn new(spec: Spec) -> Self {
        Self {
            plot: Plot::new(&spec),
            more: spec.fields.get(MORE).cloned(),
            spec,
            set: Map::new(),
            is_new: true,
        }
    }

    /// Shows this from the next advance on: goes on if it draws the same, begins anew if not.
    pub(crate) fn show(&mut self, mut spec: Spec) {
        if !self.spec.draws_as(&spec) {
            *self = Self::new(spec);
            return;
        }
        self.more = spec.fields.remove(MORE);
        let more = self.with_reach();
        spec.fields.extend(more.map(|more| (MORE.to_owned(), more)));
        let gone = self.spec.fields.keys();
        let gone = gone.filter(|key| !spec.fields.contains_key(*key));
        self.set.extend(gone.map(|key| (key.clone(), Json::Null)));
        for (key, value) in &spec.fields {
            if self.spec.fields.get(key) != Some(value) {
                self.set.insert(key.clone(), value.clone());
            }
        }
        self.spec = spec;
    }

    /// Sets a field of the card.
    pub(super) fn set(&mut self, key: &str, value: Json) {
        if self.spec.fields.get(key) != Some(&value) {
            self.set.insert(key.to_owned(), value.clone());
            self.spec.fields.insert(key.to_owned(), value);
        }
    }

    /// A field of the card as it stands.
    pub(super) fn field(&self, key: &str) -> Option<Json> {
        self.spec.fields.get(key).cloned()
    }

    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.spec.lines.len()
    }

    /// What is held of one, in the chart's unit, oldest first.
    pub(super) fn values_of(&self, line: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        self.plot.values(line)
    }

    /// Brings it up to a moment, and tells what is new since the last time it was asked.
    pub(crate) fn advance(&mut self, moment: &Moment<'_>) -> CardChange {
        let change = self.draw(moment);
        self.tell(change)
    }

    /// The first half of an advance: the lines. What surrounds them may depend on them.
    pub(super) fn draw(&mut self, moment: &Moment<'_>) -> Change {
        let change = self.plot.advance(moment);
        match self.with_reach() {
            Some(more) => self.set(MORE, more),
            None if self.spec.fields.remove(MORE).is_some() => {
                self.set.insert(MORE.to_owned(), Json::Null);
            }
            None => {}
        }
        change
    }

    /// What else there is to say.
    fn with_reach(&self) -> Option<Json> {
        let reach = self.plot.reach().filter(|_| self.spec.tells_reach);
        let reach = reach.map(Reach::told);
        match (self.more.as_ref().and_then(Json::as_str), reach) {
            (Some(more), Some(reach)) => Some(json!(format!("{more}. {reach}"))),
            (None, Some(reach)) => Some(json!(reach)),
            (_, None) => self.more.clone(),
        }
    }

    /// The second half.
    pub(super) fn tell(&mut self, change: Change) -> CardChange {
        let set = std::mem::take(&mut self.set);
        let is_new = std::mem::replace(&mut self.is_new, false);
        let mut delta = Map::new();
        match change {
            _ if is_new => return CardChange::Whole,
            Change::Whole => return CardChange::Whole,
            Change::Appended(count) => {
                let appended = self.plot.appended(&self.spec, count);
                delta.insert("append".to_owned(), appended);
            }
            Change::Same if set.is_empty() => return CardChange::Same,
            Change::Same => {}
        }
        if !set.is_empty() {
            delta.insert("set".to_owned(), Json::Object(set));
        }
        CardChange::Delta(Json::Object(delta))
    }

    /// As the browser gets it.
    pub(crate) fn whole(&self) -> Json {
        let mut card = self.spec.fields.clone();
        card.insert("id".to_owned(), json!(self.spec.id));
        card.insert("kind".to_owned(), json!("chart"));
        self.plot.write(&self.spec, &mut card);
        Json::Object(card)
    }

    pub(crate) fn id(&self) -> &str {
        &self.spec.id
    }
}
