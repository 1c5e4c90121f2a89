//! [`Plan`]: what becomes of each key of the spans of one place in the program, found out once.
//!
//! Each thread keeps plans of its own, so that they can grow: what a span was told while it ran stands
//! behind the keys of its layout, and is not the same each time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use telemetry::{Event, Layout};

use super::attribute::{self, Key};
use super::convention::{Convention, Rules, said};
use super::ending::Outcome;
use super::names::{self, Part};

/// So many plans a thread keeps; then it begins anew. More than a program has places.
const MOST_PLANS: usize = 1_024;

/// So many keys a plan keeps; then it begins anew.
const MOST_KEYS: usize = 256;

/// Whose span, from where, and called what: places with a name chosen at run time have many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    recorder: u64,
    layout: Option<Layout>,
    /// Where the event's name lies: each name lies once, for ever.
    name: usize,
}

#[derive(Debug, Default)]
pub(super) struct Plans(HashMap<Place, Plan, RandomState>);

impl Plans {
    #[inline]
    pub(super) fn of(
        &mut self,
        recorder: u64,
        conventions: &[(String, Convention)],
        event: &Event<'_>,
    ) -> &mut Plan {
        let key = Place {
            recorder,
            layout: event.layout(),
            name: event.name().as_ptr().addr(),
        };
        if self.0.len() >= MOST_PLANS && !self.0.contains_key(&key) {
            self.0.clear();
        }
        if key.layout.is_none() {
            // Put together for this event alone: nothing stands where it stood before.
            self.0.remove(&key);
        }
        match self.0.entry(key) {
            Entry::Occupied(known) => {
                let plan = known.into_mut();
                plan.metadata.limit();
                plan.measurements.limit();
                plan
            }
            Entry::Vacant(place) => place.insert(Plan::new(conventions, event)),
        }
    }
}

#[cfg(test)]
impl Plans {
    /// How many keys the largest of the plans has.
    pub(super) fn most_keys(&self) -> usize {
        let plans = self.0.values();
        let keys = plans.map(|plan| plan.metadata.0.len() + plan.measurements.0.len());
        keys.max().unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rules: Rules,
    /// Where the outcome stands.
    pub(super) outcome: Option<usize>,
    /// Where the time stands at which the span ended.
    pub(super) ended: Option<usize>,
    pub(super) metadata: Keys,
    pub(super) measurements: Keys,
    /// Attributes that are always there, whole; with each the bit that says that the span has its own.
    pub(super) always: Vec<(u8, Vec<u8>)>,
}

/// That the span's own keys have told the type of the error.
pub(super) const ERROR_TYPE: u8 = 1;

/// The same of the server's port.
pub(super) const SERVER_PORT: u8 = 1 << 7;

impl Plan {
    #[cold]
    fn new(conventions: &[(String, Convention)], event: &Event<'_>) -> Self {
        let span = event.span().map_or(event.name(), |span| span.name());
        let rules = Rules::of(event, said(conventions, span));
        let mut always = Vec::new();
        for (at, (name, text)) in rules.always().iter().enumerate() {
            let mut whole = Vec::new();
            attribute::text(&mut whole, &Key::new(name), text);
            always.push((2 << at, whole));
        }
        Self {
            rules,
            outcome: event.metadata_position("outcome"),
            ended: event.measurement_position("monotonic_time"),
            metadata: Keys::default(),
            measurements: Keys::default(),
            always,
        }
    }
}

impl Plan {
    /// How many attributes are written after those of the span's own keys, at most.
    #[inline]
    pub(super) fn at_the_end(&self, outcome: Outcome) -> u32 {
        let has_port = self.rules == Rules::Client;
        let has_type = match self.rules {
            Rules::Plain => outcome == Outcome::Panic,
            _ => outcome.is_failure(),
        };
        self.always.len() as u32 + u32::from(has_port) + u32::from(has_type)
    }

    /// What becomes of a piece of metadata.
    #[inline]
    pub(super) fn metadata(&mut self, cursor: &mut usize, key: &'static str) -> &Known {
        let at = match self.metadata.find(cursor, key) {
            Some(at) => at,
            None => self.learn_metadata(key),
        };
        *cursor = at + 1;
        &self.metadata.0[at]
    }

    /// What becomes of a measurement.
    #[inline]
    pub(super) fn measurement(&mut self, cursor: &mut usize, key: &'static str) -> &Known {
        let at = match self.measurements.find(cursor, key) {
            Some(at) => at,
            None => self.learn_measurement(key),
        };
        *cursor = at + 1;
        &self.measurements.0[at]
    }

    #[cold]
    fn learn_metadata(&mut self, key: &'static str) -> usize {
        let (part, name) = names::metadata(self.rules, key);
        let known = self.named(key, part, name, "metadata", &[&self.metadata]);
        let at = self.metadata.push(known);
        // It has its name also if a measurement had it first, which then gets another.
        for other in 0..self.measurements.0.len() {
            if self.measurements.0[other].name == self.metadata.0[at].name {
                self.measurements.0[other] = self.measurement_named(self.measurements.0[other].key);
            }
        }
        at
    }

    #[cold]
    fn learn_measurement(&mut self, key: &'static str) -> usize {
        let known = self.measurement_named(key);
        self.measurements.push(known)
    }

    fn measurement_named(&self, key: &'static str) -> Known {
        let (part, name) = names::measurement(self.rules, key);
        let all = [&self.metadata, &self.measurements];
        self.named(key, part, name, "measurement", &all)
    }

    /// Two attributes of one name are not allowed: the second is told by what it is.
    fn named(
        &self,
        key: &'static str,
        part: Part,
        name: &str,
        what: &str,
        others: &[&Keys],
    ) -> Known {
        let is_taken = |name: &str| {
            let mut others = others.iter().flat_map(|keys| &keys.0);
            others.any(|known| known.name == name)
        };
        let mut name = name.to_owned();
        if part != Part::Nothing && is_taken(&name) {
            name = format!("{what}.{key}");
            // Somebody's own key may be called like this.
            while is_taken(&name) {
                name.push('_');
            }
        }
        let mut fills = match &*name {
            "error.type" => ERROR_TYPE,
            "server.port" => SERVER_PORT,
            _ => 0,
        };
        for (at, (always, _)) in self.rules.always().iter().enumerate() {
            if name == *always {
                fills = 2 << at;
            }
        }
        Known {
            key,
            part,
            fills,
            attribute: Key::new(&name),
            name,
        }
    }
}

/// Keys in the order in which they were first seen, which is mostly that in which they come.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Known>);

/// A key, and what becomes of its value.
#[derive(Debug)]
pub(super) struct Known {
    key: &'static str,
    pub(super) part: Part,
    /// What the span then has of its own.
    pub(super) fills: u8,
    /// The attribute that it is.
    pub(super) attribute: Key,
    name: String,
}

impl Keys {
    #[inline]
    fn find(&mut self, cursor: &usize, key: &'static str) -> Option<usize> {
        match self.0.get(*cursor) {
            Some(known) if std::ptr::eq(known.key, key) => Some(*cursor),
            _ => self.look_for(*cursor, key),
        }
    }

    #[inline(never)]
    fn look_for(&mut self, cursor: usize, key: &'static str) -> Option<usize> {
        let is = |at: &usize| std::ptr::eq(self.0[*at].key, key);
        let found = (cursor..self.0.len())
            .chain(0..cursor.min(self.0.len()))
            .find(is);
        if found.is_some() {
            return found;
        }
        // The same text may lie in several places.
        self.0.iter().position(|known| known.key == key)
    }

    /// Between two spans: within one the keys that have been met must be known.
    #[inline]
    fn limit(&mut self) {
        if self.0.len() > MOST_KEYS {
            self.0.clear();
        }
    }

    fn push(&mut self, known: Known) -> usize {
        self.0.push(known);
        self.0.len() - 1
    }
}
