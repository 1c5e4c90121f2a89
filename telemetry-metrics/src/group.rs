//! A group: the metrics that one lookup serves, and how an event is counted by them.
//!
//! Code of users comes first: the closures of the definitions, and whatever prints a tag. It may
//! panic, and it may emit events that come here again. Only when all of it has run is the row looked
//! up and its cells are touched, so nothing is ever counted by half. A group without tags and
//! closures has one row and no such code, and goes there directly.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telemetry::Event;

use crate::amount::Amount;
use crate::definition::Definition;
use crate::isolate::isolated;
use crate::metric::TagValuesWith;
use crate::reading::Reading;
use crate::row::{END_OF_TAG, Row, Rows};
use crate::skip::{Account, Skip};
use crate::tag::{self, TagValues};

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) metrics: Vec<Arc<Definition>>,
    /// One per metric.
    readings: Vec<Reading>,
    /// One per metric.
    pub(crate) accounts: Vec<Account>,
    pub(crate) tags: Vec<String>,
    tag_values: Option<Compute>,
    /// Whether counting an event runs no code but ours.
    is_plain: bool,
    max_series: usize,
    pub(crate) rows: Rows,
}

struct Compute(TagValuesWith);

impl std::fmt::Debug for Compute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tag_values")
    }
}

/// What a metric makes of an event.
#[derive(Debug, Clone, Copy)]
enum Update {
    Nothing,
    Count,
    Add(Amount),
}

/// Buffers that events of one thread use one after the other.
#[derive(Default)]
struct Scratch {
    updates: Vec<Update>,
    key: Vec<u8>,
    texts: Vec<Option<Vec<u8>>>,
}

thread_local! {
    /// Thread locals are dropped in the reverse order of their making. Papaya's is made before
    /// this one, so as long as this one is there, rows can be looked up.
    static SCRATCH: Cell<Option<Box<Scratch>>> = {
        papaya::HashMap::<(), ()>::new().pin();
        Cell::default()
    };
}

impl Group {
    fn new(metrics: Vec<Arc<Definition>>) -> Self {
        let first = metrics[0].clone();
        Self {
            accounts: metrics.iter().map(|_| Account::default()).collect(),
            tags: first.tags().to_vec(),
            tag_values: first.tag_values.clone().map(Compute),
            is_plain: first.tags().is_empty()
                && metrics.iter().all(|metric| !metric.has_closures()),
            max_series: first.max_series,
            rows: Rows::new(&metrics, first.tags().len()),
            readings: metrics.iter().map(|metric| Reading::new(metric)).collect(),
            metrics,
        }
    }

    /// Counts an event.
    pub(crate) fn record(&self, event: &Event<'_>, values_wanted: &AtomicBool) {
        match self.rows.only() {
            Some(row) if self.is_plain => {
                for (at, (reading, cell)) in self.readings.iter().zip(&row.cells).enumerate() {
                    let bounds = &self.metrics[at].stored_bounds;
                    let counted = reading
                        .amount(event, None)
                        .and_then(|amount| cell.record(amount, bounds, values_wanted));
                    if let Err(reason) = counted {
                        self.accounts[at].skip(reason);
                    }
                }
            }
            _ => self.record_guarded(event, values_wanted),
        }
    }

    /// Counts an event with the help of users' code.
    // A call of its own, so that the short way does not pay for what this one keeps in registers.
    #[inline(never)]
    fn record_guarded(&self, event: &Event<'_>, values_wanted: &AtomicBool) {
        // Taken out, not borrowed: a closure of a definition may emit an event that comes here
        // again, and finds an empty buffer then.
        let taken = SCRATCH.try_with(Cell::take);
        let alive = taken.is_ok();
        let mut scratch = taken.ok().flatten().unwrap_or_default();
        self.record_with(event, values_wanted, &mut scratch, alive);
        let _ = SCRATCH.try_with(|place| place.set(Some(scratch)));
    }

    fn record_with(
        &self,
        event: &Event<'_>,
        values_wanted: &AtomicBool,
        scratch: &mut Scratch,
        alive: bool,
    ) {
        let Scratch {
            updates,
            key,
            texts,
        } = scratch;
        updates.clear();
        // All closures run before any cell is touched.
        let metrics = self.metrics.iter().zip(&self.readings);
        for ((metric, reading), account) in metrics.zip(&self.accounts) {
            updates.push(update(metric, reading, event).unwrap_or_else(|reason| {
                account.skip(reason);
                Update::Nothing
            }));
        }
        let counted = || {
            updates
                .iter()
                .enumerate()
                .filter(|(_, update)| !matches!(update, Update::Nothing))
        };
        if counted().next().is_none() {
            return;
        }

        // A tag's text comes from code of users: `tag_values`, or a `Display` of theirs.
        let Some(all_there) = isolated(|| self.write_key(event, key, texts)) else {
            return counted().for_each(|(at, _)| self.accounts[at].skip(Skip::Panicked));
        };
        let count = |row: &Row| {
            for (at, update) in counted() {
                let account = &self.accounts[at];
                let amount = match update {
                    Update::Add(amount) => Some(*amount),
                    Update::Nothing | Update::Count => None,
                };
                let bounds = &self.metrics[at].stored_bounds;
                if let Err(reason) = row.cells[at].record(amount, bounds, values_wanted) {
                    account.skip(reason);
                    continue;
                }
                if !all_there {
                    account.tags_missing.fetch_add(1, Ordering::Relaxed);
                }
                if row.is_overflow {
                    account.overflowed.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        self.rows
            .with(key, &self.metrics, self.max_series, alive, count);
    }

    /// Writes the tags' texts, each with an end; returns whether none is empty.
    fn write_key(
        &self,
        event: &Event<'_>,
        key: &mut Vec<u8>,
        texts: &mut Vec<Option<Vec<u8>>>,
    ) -> bool {
        key.clear();
        texts.clear();
        if let Some(compute) = &self.tag_values {
            texts.resize(self.tags.len(), None);
            (compute.0)(event, &mut TagValues::new(&self.tags, texts));
        }
        let mut all_there = true;
        for (at, name) in self.tags.iter().enumerate() {
            let start = key.len();
            if let Some(text) = texts.get(at).and_then(Option::as_deref) {
                key.extend_from_slice(text);
            } else if let Some(value) = event.metadata(name) {
                tag::write(key, value);
            }
            all_there &= key.len() > start;
            key.push(END_OF_TAG);
        }
        all_there
    }
}

/// What this metric makes of the event, or why it makes nothing of it.
fn update(metric: &Definition, reading: &Reading, event: &Event<'_>) -> Result<Update, Skip> {
    if !metric.keep.is_empty() || !metric.drop_when.is_empty() {
        let kept = || {
            metric.keep.iter().all(|keep| keep(event))
                && !metric.drop_when.iter().any(|drop| drop(event))
        };
        match isolated(kept) {
            Some(true) => {}
            Some(false) => return Ok(Update::Nothing),
            None => return Err(Skip::Panicked),
        }
    }
    Ok(match reading.amount(event, metric.measure_with())? {
        Some(amount) => Update::Add(amount),
        None => Update::Count,
    })
}

/// Puts metrics of the same events, tags and limit into one group. Returns the groups, and for
/// each definition its group and its place there.
pub(crate) fn make(definitions: &[Arc<Definition>]) -> (Vec<Arc<Group>>, Vec<(usize, usize)>) {
    let mut members: Vec<Vec<Arc<Definition>>> = Vec::new();
    let mut places = Vec::with_capacity(definitions.len());
    for definition in definitions {
        let same = |group: &Vec<Arc<Definition>>| {
            let Some(first) = group.first() else {
                return false;
            };
            first.tag_values.is_none()
                && definition.tag_values.is_none()
                && first.events() == definition.events()
                && first.tags() == definition.tags()
                && first.max_series == definition.max_series
        };
        let at = members.iter().position(same).unwrap_or_else(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        places.push((at, members[at].len()));
        members[at].push(definition.clone());
    }
    (
        members
            .into_iter()
            .map(|metrics| Arc::new(Group::new(metrics)))
            .collect(),
        places,
    )
}
