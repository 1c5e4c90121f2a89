//! The live tail: events as they are emitted, of the names that a viewer asks for.
//!
//! It listens from the first tick after somebody asked until nobody watches any more, with what was
//! asked for as its pattern, so that no other callsite is lit. All who watch one pattern share one.

mod bucket;
mod entry;
mod feed;
mod slip;
mod watched;

use std::collections::VecDeque;

use serde_json::{Value as Json, json};

use super::catalogue::known;
use crate::live::{Advance, Live};
use crate::moment::Moment;
pub(crate) use watched::Tails;
use watched::{Refused, Watched};

/// So many are shown; those before them are gone.
const KEPT: usize = 200;

pub(super) struct Tail {
    pattern: String,
    state: State,
    /// What is shown, the newest last.
    events: VecDeque<Json>,
    held_back: u64,
    hint: Option<String>,
}

enum State {
    Asked,
    Watched(Watched),
    Refused(Refused),
}

impl Tail {
    pub(super) fn new(pattern: &str) -> Self {
        Self {
            pattern: pattern.to_owned(),
            state: State::Asked,
            events: VecDeque::new(),
            held_back: 0,
            hint: None,
        }
    }

    fn start(&mut self, moment: &Moment<'_>) -> Advance {
        let sources = moment.sources;
        let started = Watched::start(&self.pattern, &sources.visible, &sources.tails);
        let next = match started {
            Ok(watched) => State::Watched(watched),
            Err(refused) => State::Refused(refused),
        };
        // Those that wait for room are not told each time that there is none.
        let is_same = matches!(
            (&self.state, &next),
            (State::Refused(before), State::Refused(after)) if before == after
        );
        self.hint = if telemetry::catalogue_is_complete() {
            slip::hint(&self.pattern, &known(moment.handlers()))
        } else {
            None
        };
        self.state = next;
        match is_same {
            true => Advance::Same,
            false => Advance::Whole,
        }
    }
}

impl Live for Tail {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let feed = match &self.state {
            State::Asked | State::Refused(Refused::Full(_)) => return self.start(moment),
            State::Refused(Refused::Pattern(_)) => return Advance::Same,
            State::Watched(watched) => &watched.feed,
        };
        let has_traces = moment.sources.traces.is_some();
        let entries = feed.collect();
        let events: Vec<_> = entries.iter().map(|entry| entry.json(has_traces)).collect();
        let held_back = feed.held_back();
        if events.is_empty() && held_back == self.held_back {
            return Advance::Same;
        }
        let mut delta = json!({});
        if held_back != self.held_back {
            self.held_back = held_back;
            delta["set"]["held_back"] = json!(held_back);
        }
        // Something has that name, after all.
        if self.hint.take().is_some() {
            delta["set"]["hint"] = Json::Null;
        }
        if !events.is_empty() {
            self.events.extend(events.iter().cloned());
            let too_many = self.events.len().saturating_sub(KEPT);
            self.events.drain(..too_many);
            delta["events"] = json!(events);
        }
        Advance::Delta(json!({ "cards": { "tail": { "delta": delta } } }))
    }

    fn whole(&self) -> Json {
        let mut card = json!({
            "id": "tail",
            "kind": "tail",
            "wide": true,
            "pattern": self.pattern,
            "events": self.events,
            "held_back": self.held_back,
        });
        if let Some(hint) = &self.hint {
            card["hint"] = json!(hint);
        }
        if let State::Refused(Refused::Pattern(problem) | Refused::Full(problem)) = &self.state {
            card["problem"] = json!(problem);
        }
        json!({ "title": "Live tail", "cards": [card] })
    }
}
