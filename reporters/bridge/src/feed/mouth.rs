//! [`Mouth`]: takes deltas and puts them into the recorder, one call after another.
//!
//! The recorder is code of others. A call that panics is isolated, and its numbers stay for the
//! next feed; after the third panic of a series in a row, they are given up. As each panic may cost
//! a backtrace on standard error, a feed ends after ten of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use metrics::{Key, KeyName, Label};
use telemetry_metrics::{
    Amount, Definition, Delta, DeltaData, Kind, Mark, OVERFLOW_TAG, Part, Reader, Snapshot,
};

use super::call::{Call, describe, register};
use super::carry::{Carry, SeriesKey, split, total};
use super::target::{Outcome, Plan, Target};
use super::turn::Turns;

/// Equal numbers are given to the recorder in portions of so many, with a look at the clock between.
const PORTION: u64 = 1_024;

/// After so many numbers the recorder is made to digest them.
const HELD: u64 = 1 << 16;

/// Panics of one series in a row until what it was about is given up.
const STRIKES: u8 = 3;

/// Panics in one feed until it ends.
const PANICS: u32 = 10;

/// Stands for a mark, and for what is kept if it is taken.
#[derive(Debug)]
struct Ticket {
    mark: Mark,
    keep: Option<(SeriesKey, std::time::SystemTime, Amount)>,
}

/// Numbers of one histogram.
struct Numbers {
    /// Its number in the turn.
    at: usize,
    series: SeriesKey,
    key: Key,
    /// Tickets and values, and how many there are.
    parts: Vec<(usize, f64, u64)>,
}

pub(super) struct Mouth<T> {
    pub(super) target: T,
    constant_tags: Vec<Label>,
    plans: HashMap<Kind, HashMap<String, Option<Plan>>>,
    carry: Carry,
    strikes: HashMap<SeriesKey, u8>,
    // Of the feed at hand.
    tickets: Vec<Ticket>,
    /// Of summaries that were primed.
    later: Vec<Numbers>,
    outcome: Outcome,
    deadline: Instant,
    panics: u32,
    held: u64,
    pub(super) turns: Turns,
}

impl<T: Target> Mouth<T> {
    pub(super) fn new(target: T, constant_tags: &[(String, String)]) -> Self {
        let constant_tags = constant_tags
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| target.label(key, value))
            .collect();
        Self {
            target,
            constant_tags,
            plans: HashMap::new(),
            carry: Carry::default(),
            strikes: HashMap::new(),
            tickets: Vec::new(),
            later: Vec::new(),
            outcome: Outcome::default(),
            deadline: Instant::now(),
            panics: 0,
            held: 0,
            turns: Turns::default(),
        }
    }

    /// Describes definitions before anything was counted; untagged ones are registered, so that an
    /// exporter that shows zeros can.
    pub(super) fn introduce(&mut self, definitions: &[Arc<Definition>]) {
        for definition in definitions {
            let Some(plan) = self.plan(definition) else {
                continue;
            };
            if !definition.tags().is_empty() {
                continue;
            }
            let key = Key::from_parts(KeyName::from(plan.name), self.constant_tags.clone());
            register(self.target.recorder(), definition, &key);
        }
    }

    fn plan(&mut self, definition: &Definition) -> Option<Plan> {
        let plans = self.plans.entry(definition.kind()).or_default();
        if let Some(plan) = plans.get(definition.name()) {
            return plan.clone();
        }
        let plan = self.target.plan(definition);
        if let Some(plan) = &plan {
            describe(self.target.recorder(), definition, plan);
        }
        plans.insert(definition.name().to_owned(), plan.clone());
        plan
    }

    pub(super) fn begin(&mut self, deadline: Instant) {
        // Left over only if the last feed panicked.
        self.tickets.clear();
        self.later.clear();
        self.carry.begin();
        self.outcome = Outcome::default();
        self.deadline = deadline;
        self.panics = 0;
        self.target.begin(deadline);
    }

    /// Records a delta.
    pub(super) fn put(&mut self, delta: &Delta<'_>) {
        let Some(at) = self.turns.is_of(delta) else {
            return;
        };
        if !self.goes_on() {
            self.outcome.failed += 1;
            self.turns.stop(at);
            return;
        }
        let Some(plan) = self.plan(delta.definition) else {
            return self.give_up(delta.mark);
        };
        let unit = plan.unit;
        match &delta.data {
            DeltaData::Counter(count) => {
                let key = self.key(plan, delta);
                let ticket = self.ticket(delta.mark, None);
                self.one(&key, Call::Counter(*count), ticket, delta);
            }
            DeltaData::Sum(added) => self.sum(plan, *added, delta),
            DeltaData::LastValue(value) => {
                let value = value.in_unit(unit);
                if !value.is_finite() {
                    return self.give_up(delta.mark);
                }
                let key = self.key(plan, delta);
                let ticket = self.ticket(delta.mark, None);
                self.one(&key, Call::Gauge(value), ticket, delta);
            }
            DeltaData::Values(parts) => {
                let mut numbers = self.numbers(plan, parts, delta, at);
                if T::PRIMES && delta.definition.kind() == Kind::Summary {
                    self.prime(&mut numbers);
                    self.later.push(numbers);
                } else {
                    self.record_all(&numbers);
                }
            }
            // For readers of totals, and this is not one.
            _ => {}
        }
    }

    fn sum(&mut self, plan: Plan, added: Amount, delta: &Delta<'_>) {
        let series = SeriesKey::of(delta);
        if !self.carry.reserve(&series) {
            return self.give_up(delta.mark);
        }
        let unit = plan.unit;
        let total = total(self.carry.get(&series, delta.started), added);
        if delta.definition.is_up_down() {
            let value = total.in_unit(unit);
            if !value.is_finite() {
                return self.give_up(delta.mark);
            }
            let key = self.key(plan, delta);
            let keep = (series, delta.started, total);
            let ticket = self.ticket(delta.mark, Some(keep));
            return self.one(&key, Call::Gauge(value), ticket, delta);
        }
        let Some((whole, rest)) = split(total, unit.factor()) else {
            return self.give_up(delta.mark);
        };
        let ticket = self.ticket(delta.mark, Some((series, delta.started, rest)));
        if whole == 0 {
            // Nothing to record yet, and nothing that could fail.
            self.outcome.settle(ticket, u64::MAX);
        } else {
            let key = self.key(plan, delta);
            self.one(&key, Call::Counter(whole), ticket, delta);
        }
    }

    fn one(&mut self, key: &Key, call: Call, ticket: usize, delta: &Delta<'_>) {
        if self.record(key, call, ticket) {
            self.fared_well(delta);
        } else if self.strikes_out(&SeriesKey::of(delta)) {
            self.outcome.dropped += 1;
            self.outcome.settle(ticket, u64::MAX);
        } else {
            self.outcome.failed += 1;
        }
    }

    /// What of the parts can be recorded.
    fn numbers(&mut self, plan: Plan, parts: &[Part], delta: &Delta<'_>, at: usize) -> Numbers {
        let factor = plan.unit.factor() as f64;
        let mut numbers = Numbers {
            at,
            series: SeriesKey::of(delta),
            key: self.key(plan, delta),
            parts: Vec::with_capacity(parts.len()),
        };
        for part in parts {
            let value = part.value / factor;
            let ticket = self.ticket(part.mark, None);
            if value.is_finite() && self.target.takes(value) {
                numbers.parts.push((ticket, value, part.count));
            } else {
                self.outcome.dropped += part.count;
                self.outcome.settle(ticket, part.count);
            }
        }
        numbers
    }

    /// Records one of them.
    fn prime(&mut self, numbers: &mut Numbers) {
        if let Some((ticket, value, left)) = numbers.parts.first_mut() {
            // If it panics, it is met again with all the others.
            let done = self.record(&numbers.key, Call::Histogram(*value, 1), *ticket);
            *left -= u64::from(done);
        }
    }

    fn record_all(&mut self, numbers: &Numbers) {
        let mut bad = Vec::new();
        for (ticket, value, left) in numbers.parts.iter().copied() {
            let mut left = left;
            while left > 0 && self.goes_on() {
                let portion = left.min(PORTION);
                if !self.record(&numbers.key, Call::Histogram(value, portion), ticket) {
                    bad.push((ticket, left));
                    break;
                }
                left -= portion;
                self.held += portion;
                if self.held >= HELD {
                    self.drain();
                }
            }
            if left > 0 && !self.goes_on() {
                self.outcome.failed += 1;
                // The others first, the next time: there may be more of these by then.
                self.turns.stop(numbers.at + 1);
                break;
            }
        }
        if bad.is_empty() {
            self.strikes.remove(&numbers.series);
        } else if self.strikes_out(&numbers.series) {
            for (ticket, left) in bad {
                self.outcome.dropped += left;
                self.outcome.settle(ticket, left);
            }
        } else {
            self.outcome.failed += bad.len() as u64;
        }
    }

    /// One call; `false` if it panicked.
    fn record(&mut self, key: &Key, call: Call, ticket: usize) -> bool {
        let each = matches!(call, Call::Histogram(..));
        self.target.expect(ticket, each);
        if !call.make(self.target.recorder(), key) {
            self.panics += 1;
            self.outcome.why.get_or_insert_with(|| {
                format!("the recorder panicked at {}", key.name().escape_debug())
            });
            return false;
        }
        let count = match call {
            Call::Histogram(_, count) => count,
            _ => u64::MAX,
        };
        self.target.recorded(ticket, count);
        true
    }

    fn drain(&mut self) {
        self.held = 0;
        self.target.drain();
    }

    /// Whether there is time and hope.
    fn goes_on(&mut self) -> bool {
        if self.target.is_stuck() || self.panics >= PANICS {
            return false;
        }
        if Instant::now() < self.deadline {
            return true;
        }
        self.outcome
            .why
            .get_or_insert_with(|| "no time was left".into());
        false
    }

    fn ticket(
        &mut self,
        mark: Mark,
        keep: Option<(SeriesKey, std::time::SystemTime, Amount)>,
    ) -> usize {
        self.tickets.push(Ticket { mark, keep });
        self.tickets.len() - 1
    }

    fn give_up(&mut self, mark: Mark) {
        let ticket = self.ticket(mark, None);
        self.outcome.dropped += 1;
        self.outcome.settle(ticket, u64::MAX);
    }

    fn fared_well(&mut self, delta: &Delta<'_>) {
        if !self.strikes.is_empty() {
            self.strikes.remove(&SeriesKey::of(delta));
        }
    }

    /// One more panic in a row; whether that was the last.
    fn strikes_out(&mut self, series: &SeriesKey) -> bool {
        let strikes = self.strikes.entry(series.clone()).or_default();
        *strikes += 1;
        let out = *strikes >= STRIKES;
        if out {
            self.strikes.remove(series);
        }
        out
    }

    fn key(&self, plan: Plan, delta: &Delta<'_>) -> Key {
        let mut labels: Vec<Label> = delta
            .tags()
            .map(|(key, value)| self.target.label(key, value))
            .collect();
        if delta.is_overflow {
            labels.push(self.target.label(OVERFLOW_TAG, "true"));
        }
        labels.extend_from_slice(&self.constant_tags);
        labels.extend(plan.hint);
        Key::from_parts(KeyName::from(plan.name), labels)
    }

    /// Forgets what was kept of series that are gone. Everything was settled.
    pub(super) fn forget_gone(&mut self, now: impl FnOnce() -> Snapshot) {
        self.carry.forget_gone(now);
        // All went well, or was given up.
        self.strikes.clear();
    }

    /// Ends a turn: moves the reader's cursor over what is settled.
    pub(super) fn settle(&mut self, reader: &mut Reader) -> Outcome {
        self.drain();
        if !self.later.is_empty() {
            for numbers in std::mem::take(&mut self.later) {
                self.record_all(&numbers);
            }
            self.drain();
        }
        let mut outcome = self.target.end();
        outcome.add(std::mem::take(&mut self.outcome));
        for (ticket, count) in outcome.settled.drain(..) {
            let Some(ticket) = self.tickets.get_mut(ticket) else {
                continue;
            };
            reader.take(ticket.mark.of(count));
            if let Some((series, started, amount)) = ticket.keep.take() {
                self.carry.put(series, started, amount);
            }
        }
        self.tickets.clear();
        outcome
    }
}
