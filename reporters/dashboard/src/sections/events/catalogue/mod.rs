//! The catalogue: what the program may emit, where, and who listens.
//!
//! The program's text does not change while it runs, so the table is made once, and again when
//! somebody attached or detached (or, where the catalogue grows while the program runs, when it has
//! grown).

mod line;
mod names;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use telemetry::HandlerInfo;

use super::place;
use crate::card::{self, Card, Table, Value};
use crate::live::{Advance, Live};
use crate::moment::Moment;
use line::Line;
pub(super) use names::known;

/// Rows; no program that we know of has as many.
const MOST: usize = 2_000;

/// Places and listeners that are named in a row.
const NAMED: usize = 3;

/// Events that are.
const EVENTS: usize = 60;

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
    let names = names::names(lines, handlers);
    for (line, names) in lines.iter().zip(&names).take(MOST) {
        let cells = [
            Value::code(&*line.name),
            kind(line, names),
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
        true => {
            "Every place in the code that emits. `*` stands for a prefix chosen at run time. Not listed: \
             `telemetry::emit`."
        }
        false => "What has been emitted so far: on this platform the list grows while the program runs.",
    }
    .to_owned();
    hint.push_str(
        " The events of a span are one row: they have times as well, and at the end whatever was added \
         meanwhile.",
    );
    if lines > MOST {
        hint.push_str(&format!(" {} rows are left out.", lines - MOST));
    }
    hint
}

/// With the full names of its events, where the row's own is not that: somebody may look for one.
fn kind(line: &Line, names: &BTreeSet<String>) -> Value {
    if names.iter().eq([&line.name]) || names.is_empty() {
        return line.kind().into();
    }
    let named: Vec<_> = names
        .iter()
        .take(EVENTS)
        .map(|name| format!("`{name}`"))
        .collect();
    let link = if line.has_runtime_name() {
        ", may be"
    } else {
        ":"
    };
    let mut text = format!("{}{link} {}", line.kind(), named.join(", "));
    if names.len() > EVENTS {
        text.push_str(&format!(" and {} more", names.len() - EVENTS));
    }
    Value::prose(text)
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
