//! The catalogue: what the program may emit, where, and who listens.
//!
//! The program's text does not change while it runs, so the table is made once, and again when
//! somebody attached or detached (or, where the catalogue grows while the program runs, when it has
//! grown).

mod line;

use serde_json::{Value as Json, json};
use telemetry::HandlerInfo;

use super::place;
use crate::card::{self, Card, Table, Value};
use crate::live::{Advance, Live};
use crate::moment::Moment;
use line::Line;

/// Rows; no program that we know of has as many.
const MOST: usize = 2_000;

/// Places and listeners that are named in a row.
const NAMED: usize = 3;

#[derive(Default)]
pub(super) struct Catalogue {
    lines: Vec<Line>,
    callsites: usize,
    /// Who listens to what.
    heard: Vec<(String, String, bool)>,
    cards: Vec<Card>,
}

impl Catalogue {
    /// Whether there are other lines than before.
    fn read(&mut self) -> bool {
        if !self.lines.is_empty() && telemetry::catalogue_is_complete() {
            return false;
        }
        let callsites: Vec<_> = telemetry::catalogue().collect();
        if callsites.len() == self.callsites {
            return false;
        }
        self.callsites = callsites.len();
        self.lines = line::fold(&callsites);
        true
    }

    /// Whether others listen than before.
    fn listen(&mut self, handlers: &[HandlerInfo]) -> bool {
        let now: Vec<_> = handlers
            .iter()
            .map(|row| (row.id.clone(), row.pattern.clone(), row.spans_only))
            .collect();
        if now == self.heard {
            return false;
        }
        self.heard = now;
        true
    }
}

impl Live for Catalogue {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let handlers = moment.handlers();
        let is_first = self.cards.is_empty();
        let (is_read, is_heard) = (self.read(), self.listen(handlers));
        if !is_read && !is_heard && !is_first {
            return Advance::Same;
        }
        let table = table(&self.lines, handlers);
        let before = std::mem::replace(&mut self.cards, vec![table]);
        if is_first {
            return Advance::Whole;
        }
        card::delta(&before, &self.cards).map_or(Advance::Same, Advance::Delta)
    }

    fn whole(&self) -> Json {
        let cards: Vec<_> = self.cards.iter().map(Card::whole).collect();
        json!({ "title": "Catalogue", "cards": cards })
    }
}

fn table(lines: &[Line], handlers: &[HandlerInfo]) -> Card {
    let labels = [
        "Event",
        "Kind",
        "Measurements",
        "Metadata",
        "Where",
        "Who listens",
    ];
    let mut table = Table::new(labels)
        .empty("This program emits nothing.")
        .searchable();
    for line in lines.iter().take(MOST) {
        let cells = [
            Value::code(&*line.name),
            line.kind().into(),
            words(&line.measurements),
            words(&line.metadata),
            few(&line.places),
            few(&line.listeners(handlers)),
        ];
        let pattern = line.pattern();
        let href = pattern
            .as_ref()
            .map(|pattern| format!("events?tail={pattern}"));
        table.row_with(&*line.key, cells, None, href.as_deref());
    }
    Card::table("catalogue", table)
        .wide()
        .hint(&hint(lines.len()))
}

fn hint(lines: usize) -> String {
    let mut hint = match telemetry::catalogue_is_complete() {
        true => "All that the text of this program can emit, but for `emit` with names made at run time.",
        false => "What has been emitted so far: on this platform the list grows while the program runs.",
    }
    .to_owned();
    hint.push_str(
        " A span is one row for its start, stop and exception: besides what is listed they have times, \
         and at the end whatever was added meanwhile.",
    );
    if lines > MOST {
        hint.push_str(&format!(" {} rows are left out.", lines - MOST));
    }
    hint
}

fn words(keys: &[&str]) -> Value {
    match keys {
        [] => Value::missing(),
        keys => keys.join(", ").into(),
    }
}

/// The first few, and how many more.
fn few(all: &[String]) -> Value {
    let named = all[..all.len().min(NAMED)].join(", ");
    match all.len() {
        0 => Value::missing(),
        1..=NAMED => named.into(),
        more => format!("{named} and {} more", more - NAMED).into(),
    }
}
